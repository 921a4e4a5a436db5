"""The gate as one statement over the sets of the run, for the contacts that are asked about (pure: it only writes text)."""

from collections.abc import Collection

from app.campaigns.policy.sets import POLICY_SETS, contacts
from app.scoring.holding import refused

# The first that holds is the reason.
GATE_REASONS = (
    "do_not_disturb",
    "complaint_open",
    "resting_after_refusal",
    "resting_after_success",
    "contact_limit",
    "quiet_day",
)
_SETS = {"do_not_disturb": refused("'all', :channel, :family"), **POLICY_SETS}
# What counts against one contact are the others: all that were made and, of those to come, the ones that were there before it;
# where it takes room that it had not, all of them. What was begun may be finished whatever the limit says by now.
_LIMITED = f"""
SELECT DISTINCT c.customer_id, c.asked FROM ({contacts(asked=True)}) c
GROUP BY c.customer_id, c.asked, c.nth, c.most HAVING count(*) >= c.most"""  # noqa: S608 - our own text


def gate_statement(reasons: Collection[str]) -> str:
    """(customer_id, contact, reason) of those asked about whom one of `reasons` speaks against.

    Parameters: those of the sets, and the arrays `:asked_customers`, `:asked_contacts`, `:asked_new` and `:asked_begun`.
    """
    asked = [reason for reason in GATE_REASONS if reason in reasons]
    joins = [_join(reason) for reason in asked]
    case = " ".join(f"WHEN {reason}.customer_id IS NOT NULL THEN '{reason}'" for reason in asked)
    return f"""
WITH a AS MATERIALIZED (
    SELECT * FROM unnest(CAST(:asked_customers AS bigint[]), CAST(:asked_contacts AS bigint[]),
        CAST(:asked_new AS boolean[]), CAST(:asked_begun AS boolean[])) AS a (customer_id, contact, is_new, is_begun)
)
SELECT * FROM (SELECT a.customer_id, a.contact, CASE {case} END AS reason FROM a {" ".join(joins)}) r
WHERE reason IS NOT NULL ORDER BY contact, customer_id"""  # noqa: S608 - our own text


def _join(reason: str) -> str:
    if reason == "contact_limit":
        return f"LEFT JOIN ({_LIMITED}) {reason} ON {reason}.customer_id = a.customer_id AND {reason}.asked = a.contact"
    source = f"SELECT DISTINCT s.customer_id {_SETS[reason]} AND s.customer_id = ANY(CAST(:asked_customers AS bigint[]))"
    return f"LEFT JOIN ({source}) {reason} ON {reason}.customer_id = a.customer_id"
