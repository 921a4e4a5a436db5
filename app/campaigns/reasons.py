"""The reasons of eligibility.py as SQL: each is a set of customers (pure: it only writes text).

Said once, for one customer and for millions: a run reads whole sets, `explain` asks whether one customer is in them. A set is
"FROM <sources> s WHERE <condition>" whose `s.customer_id` are the customers against whom the reason speaks, some perhaps
more than once. Parameters: queries.eligibility_parameters. Reasons that follow from a draw or from a score have no set here.
"""

from app.campaigns.policy.sets import LIVE_STATES, POLICY_SETS
from app.scoring.holding import ENDED, HELD, ORDERED, refused

_UNREACHABLE = (
    "SELECT c.id AS customer_id FROM customers c WHERE (:channel IN ('call', 'sms') AND c.phone IS NULL)"
    " OR (:channel = 'visit' AND c.address IS NULL AND (c.latitude IS NULL OR c.longitude IS NULL))"
)


def _without(source: str, flag: str) -> str:
    return (
        f"SELECT c.id AS customer_id FROM customers c WHERE {flag}"  # noqa: S608 - our own text
        f" AND NOT EXISTS (SELECT {source} AND s.customer_id = c.id)"
    )


SETS = {
    "invalid": (
        f"FROM ({_UNREACHABLE} UNION ALL {_without(HELD, ':must_hold')}"
        f" UNION ALL {_without(ENDED, ':must_have_lost')}) s WHERE true"
    ),
    "do_not_disturb": refused("'all', :channel, :family"),
    "already_owns": f"FROM (SELECT s.customer_id {HELD} UNION ALL SELECT s.customer_id {ORDERED}) s WHERE NOT :must_hold",
    "contacted_too_recently": (
        "FROM (SELECT customer_id FROM contact_history WHERE product_id = ANY(:family_ids)"
        " AND contacted_at >= :rested_since AND arm IS DISTINCT FROM 'control'"
        " UNION ALL SELECT f.customer_id FROM contact_feedback f JOIN work_orders o ON o.id = f.work_order_id"
        " WHERE o.product_family = :family AND f.contacted_at >= :rested_since"
        " UNION ALL SELECT customer_id FROM work_orders WHERE product_family = :family AND state = 'done'"
        " AND closed_at >= :rested_since) s WHERE :rests"
    ),
    "locked_by_other_campaign": (
        f"FROM work_orders s WHERE s.product_family = :family AND s.state IN {LIVE_STATES} AND s.campaign_id <> :campaign_id"
    ),
    **POLICY_SETS,
}


def facts_statement() -> str:
    """One row with a boolean column for each set, named after it: whether the customer `:only` is in it."""
    columns = [f"EXISTS (SELECT {source} AND s.customer_id = :only) AS {reason}" for reason, source in SETS.items()]
    return f"SELECT {', '.join(columns)}"


def bearers_of(parameter: str) -> str:
    """The set of those who bear the tag `:parameter`, by the operator's feed or by a rule.

    Of a rule that was changed today the members are those of the version before, until the night; a retired one has none.
    """
    return (
        f"FROM (SELECT c.id AS customer_id FROM customers c WHERE :{parameter} = ANY(c.tags)"  # noqa: S608 - our own text
        " UNION ALL SELECT b.customer_id FROM customer_tags b JOIN tag_definitions d ON d.id = b.tag_id"
        f" WHERE d.code = :{parameter}) s WHERE true"
    )
