"""The terms of a policy as SQL over sources named `s`, for millions of customers at once (pure: it only writes text).

Parameters: those that `policy_queries.term_parameters` makes of the terms. A report that another one corrects is no longer an
outcome, but its contact was made.
"""

LIVE_STATES = "('planned', 'open', 'in_progress')"
_CONTACT = "coalesce(o.contact_id, o.id)"  # orders of one contact share it
_WINDOWS = (
    "unnest(CAST(:window_nth AS int[]), CAST(:window_most AS int[]), CAST(:window_since AS timestamptz[]),"
    " CAST(:window_from AS date[]), CAST(:window_until AS date[]), CAST(:window_channel AS text[]),"
    " CAST(:window_family AS text[])) AS l (nth, most, since, from_day, until_day, channel, family)"
)


def contacts(*, asked: bool = False, union: str = "UNION", more: str = "") -> str:
    """Contacts made and live orders that bear on a window, once each, without the campaign's own (it has one for a customer,
    and decides before that): (customer_id, nth, most, contact).

    `asked`: joined to a source `a` (customer_id, contact, is_new, is_begun), whose contact is then a column `asked`: those of
    other contacts alone; of the live ones those that were there before it, or all where it `is_new`. `more`: further columns
    over `made`, a flag.
    """
    join = (
        "JOIN a ON a.customer_id = {0}.customer_id AND {0}.customer_id = ANY(CAST(:asked_customers AS bigint[]))"
        " AND a.contact <> {1} AND (a.is_new OR NOT a.is_begun)"
        if asked
        else ""
    )
    history, feedback, orders = (join.format(*names) for names in (("h", "-h.id"), ("f", _CONTACT), ("o", _CONTACT)))
    shown = "a.contact AS asked, " if asked else ""
    others = "" if asked else "AND o.campaign_id <> :campaign_id"
    earlier = f"AND (a.is_new OR {_CONTACT} < a.contact)" if asked else others
    return f"""
SELECT h.customer_id, {shown}l.nth, l.most, -h.id AS contact{more.format(made="true")}
FROM contact_history h JOIN products p ON p.id = h.product_id {history} CROSS JOIN {_WINDOWS}
WHERE h.contacted_at >= :window_earliest AND h.contacted_at >= l.since AND h.arm IS DISTINCT FROM 'control'
    AND (l.channel IS NULL OR h.channel IS NULL OR h.channel = l.channel) AND (l.family IS NULL OR p.family = l.family)
UNION ALL (
SELECT f.customer_id, {shown}l.nth, l.most, {_CONTACT}{more.format(made="true")}
FROM contact_feedback f JOIN work_orders o ON o.id = f.work_order_id {feedback} CROSS JOIN {_WINDOWS}
WHERE f.contacted_at >= :window_earliest AND f.contacted_at >= l.since
    AND (l.channel IS NULL OR f.channel = l.channel) AND (l.family IS NULL OR o.product_family = l.family) {others}
{union}
SELECT o.customer_id, {shown}l.nth, l.most, {_CONTACT}{more.format(made="false")}
FROM work_orders o JOIN campaigns k ON k.id = o.campaign_id {orders} CROSS JOIN {_WINDOWS}
WHERE o.state IN {LIVE_STATES} AND o.due_on + 1 >= l.from_day AND k.starts_on <= l.until_day {earlier}
    AND (l.channel IS NULL OR k.channel = l.channel) AND (l.family IS NULL OR o.product_family = l.family))"""  # noqa: S608 - our own text


LIMITED = (
    f"FROM (SELECT c.customer_id FROM ({contacts()}) c"  # noqa: S608 - our own text
    " GROUP BY c.customer_id, c.nth, c.most HAVING count(*) >= c.most) s WHERE true"
)

_REFUSALS = (
    "unnest(CAST(:refusal_nth AS int[]), CAST(:refusal_since AS timestamptz[]), CAST(:refusal_family AS text[]),"
    " CAST(:refusal_outcome AS text[]), CAST(:refusal_objection AS text[])) AS l (nth, since, family, outcome, objection)"
)
REFUSED_LATELY = f"""FROM (
    SELECT f.customer_id, l.nth, f.contacted_at AS at
    FROM contact_feedback f JOIN work_orders o ON o.id = f.work_order_id CROSS JOIN {_REFUSALS}
    WHERE f.contacted_at >= :refusal_earliest AND f.contacted_at >= l.since AND f.outcome = l.outcome
        AND (l.objection IS NULL OR f.objection = l.objection) AND (l.family IS NULL OR o.product_family = l.family)
        AND NOT EXISTS (SELECT FROM contact_feedback n WHERE n.corrects_id = f.id)
    UNION ALL
    SELECT h.customer_id, l.nth, h.contacted_at
    FROM contact_history h JOIN products p ON p.id = h.product_id CROSS JOIN {_REFUSALS}
    WHERE h.contacted_at >= :refusal_earliest AND h.contacted_at >= l.since AND h.outcome = l.outcome
        AND l.objection IS NULL AND (l.family IS NULL OR p.family = l.family) AND h.arm IS DISTINCT FROM 'control'
    ) s WHERE true"""  # noqa: S608 - our own text

_SUCCESSES = (
    "unnest(CAST(:success_nth AS int[]), CAST(:success_since AS timestamptz[]), CAST(:success_family AS text[]))"
    " AS l (nth, since, family)"
)
BOUGHT_LATELY = f"""FROM (
    SELECT r.customer_id, l.nth, r.ordered_at AS at
    FROM orders r JOIN products p ON p.id = r.product_id CROSS JOIN {_SUCCESSES}
    WHERE r.ordered_at >= :success_earliest AND r.ordered_at >= l.since AND r.cancelled_at IS NULL
        AND (l.family IS NULL OR p.family = l.family)
    ) s WHERE true"""  # noqa: S608 - our own text

_COMPLAINTS = (
    "unnest(CAST(:complaint_nth AS int[]), CAST(:complaint_since AS timestamptz[]), CAST(:complaint_topic AS text[]))"
    " AS l (nth, since, topic)"
)
COMPLAINED_LATELY = f"""FROM (
    SELECT m.customer_id, l.nth, m.opened_at AS at FROM complaints m CROSS JOIN {_COMPLAINTS}
    WHERE m.opened_at >= :complaint_earliest AND m.opened_at >= l.since AND (l.topic IS NULL OR m.topic = l.topic)
    ) s WHERE true"""  # noqa: S608 - our own text

QUIET = "FROM (SELECT q.id AS customer_id FROM customers q WHERE :quiet) s WHERE true"

# By the reason that each is, for `reasons.py` and the gate alike.
POLICY_SETS = {
    "complaint_open": COMPLAINED_LATELY,
    "resting_after_refusal": REFUSED_LATELY,
    "resting_after_success": BOUGHT_LATELY,
    "contact_limit": LIMITED,
    "quiet_day": QUIET,
}
