"""The reasons of eligibility.py as SQL, for millions of customers at once (pure: it only writes text)."""

from app.campaigns.eligibility import HOLDOUT_SALT, REASONS
from app.campaigns.policy_sets import POLICY_SETS
from app.scoring.holding import ENDED, HELD, ORDERED, refused


def hash_of(salt: str, customer_id: str) -> str:
    """eligibility.hash_number of `:seed` as SQL."""
    return _first_bytes(f":seed || '/{salt}/' || {customer_id}")


def _first_bytes(text: str) -> str:
    hashed = f"sha256(convert_to({text}, 'UTF8'))"
    return f"CAST(CAST('x' || encode(substring({hashed} FROM 1 FOR 4), 'hex') AS bit(32)) AS bigint)"


_HELD_OUT = _first_bytes(f"'{HOLDOUT_SALT}/' || c.customer_no")
# Each is true where the reason holds, over the sources of `joins()`; `{uplift}` is the column that has it.
_CONDITIONS = {
    "invalid": (
        "(:channel IN ('call', 'sms') AND c.phone IS NULL)"
        " OR (:channel = 'visit' AND c.address IS NULL AND (c.latitude IS NULL OR c.longitude IS NULL))"
        " OR (:must_hold AND held.customer_id IS NULL) OR (:must_have_lost AND ended.customer_id IS NULL)"
    ),
    "do_not_disturb": "refused.customer_id IS NOT NULL",
    "already_owns": "NOT :must_hold AND (held.customer_id IS NOT NULL OR ordered.customer_id IS NOT NULL)",
    "contacted_too_recently": "contacted.customer_id IS NOT NULL",
    "locked_by_other_campaign": "locked.customer_id IS NOT NULL",
    "negative_uplift": "{uplift} < 0",
    "permanent_holdout": f"{_HELD_OUT} < :holdout_below",
    "control": f"{hash_of('control', 'c.id')} < :control_below",
    **{reason: f"{reason}.customer_id IS NOT NULL" for reason in POLICY_SETS},
}

# A set of distinct customers for each question, so that the planner hashes each table once.
# `only` narrows all of them to one customer.
_ONLY = "(CAST(:only AS bigint) IS NULL OR s.customer_id = :only)"
_SETS = {
    "held": HELD,
    "ended": f"{ENDED} AND :must_have_lost",
    "refused": refused("'all', :channel, :family"),
    "ordered": ORDERED,
    "contacted": (
        "FROM (SELECT customer_id FROM contact_history WHERE product_id = ANY(:family_ids)"
        " AND contacted_at >= :rested_since AND arm IS DISTINCT FROM 'control'"
        " UNION ALL SELECT f.customer_id FROM contact_feedback f JOIN work_orders o ON o.id = f.work_order_id"
        " WHERE o.product_family = :family AND f.contacted_at >= :rested_since"
        " UNION ALL SELECT customer_id FROM work_orders WHERE product_family = :family AND state = 'done'"
        " AND closed_at >= :rested_since) s WHERE :rests"
    ),
    "locked": (
        "FROM work_orders s WHERE s.product_family = :family AND s.state IN ('open', 'in_progress')"
        " AND s.campaign_id <> :campaign_id"
    ),
    **POLICY_SETS,
}


def reason_case(*, with_control: bool, uplift: str) -> str:
    """A CASE that gives the first reason that holds, in the order of REASONS, or null. `uplift`: the column that has it."""
    asked = [reason for reason in REASONS if with_control or reason != "control"]
    return "CASE " + " ".join(f"WHEN {_condition(reason, uplift)} THEN '{reason}'" for reason in asked) + " END"


def joins(customer_id: str) -> str:
    """What `reason_case` looks at, joined to a source whose column `customer_id` names the customer."""
    sets = [
        f"LEFT JOIN (SELECT DISTINCT s.customer_id {source} AND {_ONLY}) {name} ON {name}.customer_id = {customer_id}"
        for name, source in _SETS.items()
    ]
    return " ".join([f"JOIN customers c ON c.id = {customer_id}", *sets])


def fact_columns(*, uplift: str) -> str:
    """One boolean column for each reason, named after it. `uplift`: as in `reason_case`."""
    return ", ".join(f"coalesce({_condition(reason, uplift)}, false) AS {reason}" for reason in _CONDITIONS)


def bears_tag(parameter: str) -> str:
    """Whether customer `c` bears the tag `:parameter`, by the operator's feed or by a rule.

    Of a rule that was changed today the members are those of the version before, until the night; a retired one has none.
    """
    return (
        f"(:{parameter} = ANY(c.tags) OR c.id IN (SELECT b.customer_id FROM customer_tags b"  # noqa: S608 - our own text
        f" JOIN tag_definitions d ON d.id = b.tag_id WHERE d.code = :{parameter}))"
    )


def _condition(reason: str, uplift: str) -> str:
    return _CONDITIONS[reason].replace("{uplift}", uplift)
