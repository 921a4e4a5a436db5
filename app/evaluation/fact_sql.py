"""The statement that says of each target of a campaign what is known of it; its columns are those of facts.Facts.

Orders count as everywhere (points/credit_queries.py, DESIGN 5); beside that, every target, control or treated, is asked alike
whether it bought since the list was drawn, because work orders begin at other times and controls have none.
"""

SOURCE = """
FROM (
WITH listed AS MATERIALIZED (
    SELECT t.customer_id, t.grid_id, t.rank, t.score, t.reason, t.decided_at, t.draw
    FROM campaign_targets t WHERE t.campaign_id = :campaign_id
), work AS MATERIALIZED (
    SELECT w.id, w.customer_id, w.state, w.close_reason, w.dispatched_at, w.scheduled_on, w.rolls, w.matures_at, w.contact_id
    FROM work_orders w WHERE w.campaign_id = :campaign_id
), moved AS (
    SELECT e.work_order_id, (array_agg(e.from_state ORDER BY e.id))[1] AS began,
        min(e.happened_at) FILTER (WHERE e.to_state IN ('open', 'in_progress', 'done', 'returned')) AS shown_at
    FROM work_order_events e JOIN work w ON w.id = e.work_order_id GROUP BY e.work_order_id
), told AS (
    SELECT f.work_order_id, min(f.contacted_at) AS contacted_at,
        bool_or(f.reached IS TRUE OR f.outcome = ANY (CAST(:spoken AS text[]))) AS reached,
        bool_or(f.outcome = ANY (CAST(:interested AS text[]))) AS interested,
        (array_agg(f.outcome ORDER BY f.contacted_at DESC, f.received_at DESC, f.id))[1] AS outcome,
        (array_agg(f.objection ORDER BY f.contacted_at DESC, f.received_at DESC, f.id)
            FILTER (WHERE f.objection IS NOT NULL))[1] AS objection
    FROM contact_feedback f JOIN work w ON w.id = f.work_order_id
    WHERE NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id)
    GROUP BY f.work_order_id
), sold AS (
    SELECT l.customer_id, (array_agg(o.id ORDER BY o.ordered_at, o.id)
            FILTER (WHERE o.cancelled_at IS NULL OR o.cancelled_at > :matures_at))[1] AS bought,
        (array_agg(o.id ORDER BY o.ordered_at, o.id) FILTER (WHERE o.ordered_at >= w.dispatched_at
            AND (o.cancelled_at IS NULL OR o.cancelled_at > w.matures_at)))[1] AS won
    FROM listed l JOIN orders o ON o.customer_id = l.customer_id JOIN products p ON p.id = o.product_id AND p.family = :family
        LEFT JOIN work w ON w.customer_id = l.customer_id
    WHERE o.ordered_at >= :drawn_at AND o.ordered_at < :until GROUP BY l.customer_id
), touched AS (
    SELECT customer_id, min(kind) AS kind FROM (
        SELECT l.customer_id,
            CASE WHEN w.campaign_id = :campaign_id THEN 1 WHEN w.product_family = :family THEN 2 ELSE 4 END AS kind
        FROM contact_feedback f JOIN listed l ON l.customer_id = f.customer_id JOIN work_orders w ON w.id = f.work_order_id
        WHERE f.received_at >= :drawn_at AND f.contacted_at >= :drawn_at AND f.contacted_at < :until
            AND (w.campaign_id <> :campaign_id OR l.reason = 'control')
        UNION ALL
        SELECT l.customer_id, 3 FROM contact_history h JOIN listed l ON l.customer_id = h.customer_id
            JOIN products p ON p.id = h.product_id AND p.family = :family
        WHERE h.contacted_at >= :drawn_at AND h.contacted_at < :until AND h.arm IS DISTINCT FROM 'control'
        UNION ALL
        SELECT l.customer_id, 5 FROM calls k JOIN listed l ON l.customer_id = k.customer_id
        WHERE k.started_at >= :drawn_at AND k.started_at < :until AND k.duration_seconds > 0 AND l.reason = 'control'
    ) kinds GROUP BY customer_id
)
SELECT l.customer_id, l.grid_id, l.score, l.reason, l.decided_at, l.draw, c.segment, coalesce(t.kind, 0) AS touch,
    w.id AS order_id, w.state, w.close_reason, w.dispatched_at, w.contact_id, w.scheduled_on, w.rolls,
    CASE WHEN coalesce(m.began, w.state) <> 'planned' THEN w.dispatched_at ELSE coalesce(m.shown_at, f.contacted_at) END
        AS released_at,
    f.contacted_at, f.reached, f.interested, f.outcome, f.objection, s.bought, s.won, o.ordered_at,
    coalesce(o.amount, p.monthly_price, 0) AS revenue, coalesce(p.margin, 0) AS margin,
    CASE WHEN w.id IS NULL THEN 0
        WHEN w.state = 'withdrawn' OR (w.state = 'returned' AND w.close_reason LIKE ANY (CAST(:left_out AS text[]))) THEN 3
        WHEN s.won IS NULL THEN 1 ELSE 2 END AS counted,
    hashtext(jsonb_path_query_first(r.reasons, '$[*].talk_track') ->> 'zh') AS line
FROM listed l JOIN customers c ON c.id = l.customer_id LEFT JOIN work w ON w.customer_id = l.customer_id
    LEFT JOIN moved m ON m.work_order_id = w.id LEFT JOIN told f ON f.work_order_id = w.id
    LEFT JOIN sold s ON s.customer_id = l.customer_id LEFT JOIN orders o ON o.id = s.won
    LEFT JOIN products p ON p.id = o.product_id LEFT JOIN touched t ON t.customer_id = l.customer_id
    LEFT JOIN customer_scores r ON r.scoring_run_id = :scoring_run_id AND r.rank = l.rank AND r.customer_id = l.customer_id
        AND w.id IS NOT NULL
) x
"""


def _place(words: str, column: str) -> str:
    """The place of a word in the parameter, -1 where it is none of them."""
    return f"CAST(coalesce(array_position(CAST(:{words} AS text[]), CAST({column} AS text)), 0) - 1 AS smallint)"


def _flag(condition: str) -> str:
    return f"CAST(CASE WHEN {condition} THEN 1 ELSE 0 END AS smallint)"


def _seconds(column: str) -> str:
    return f"coalesce(CAST(extract(epoch FROM {column}) AS float8), CAST('NaN' AS float8))"


def _money(column: str) -> str:
    return f"CAST(round({column} * 10000) AS bigint)"


COLUMNS = {
    "grid": ("x.grid_id", "int32"),
    "segment": (_place("segments", "coalesce(x.segment, '')"), "int16"),
    "score": ("x.score", "float32"),
    "reason": (f"CAST({_place('reasons', 'x.reason')} + 1 AS smallint)", "int16"),
    "decided_late": (_flag("x.decided_at > :drawn_at"), "int16"),
    "explored": (_flag("x.draw = 'explored'"), "int16"),
    "bought": (_flag("x.bought IS NOT NULL"), "int16"),
    "win": ("coalesce(x.bought, 0)", "int64"),
    "touch": ("CAST(x.touch AS smallint)", "int16"),
    "state": (_place("states", "x.state"), "int16"),
    "closed": (_place("closings", "x.close_reason"), "int16"),
    "counted": ("CAST(x.counted AS smallint)", "int16"),
    "revenue": (_money("x.revenue"), "int64"),
    "margin": (_money("x.margin"), "int64"),
    "leads": (_flag("x.contact_id IS NULL OR x.contact_id = x.order_id"), "int16"),
    "within_plan": (
        _flag("x.rolls = 0 AND CAST(timezone(:zone, x.contacted_at) AS date) <= x.scheduled_on"),
        "int16",
    ),
    "dispatched_at": (_seconds("x.dispatched_at"), "float64"),
    "released_at": (_seconds("x.released_at"), "float64"),
    "contacted_at": (_seconds("x.contacted_at"), "float64"),
    "ordered_at": (_seconds("CASE WHEN x.counted = 2 THEN x.ordered_at END"), "float64"),
    "reached": (_flag("x.reached"), "int16"),
    "interested": (_flag("x.interested"), "int16"),
    "outcome": (_place("outcomes", "x.outcome"), "int16"),
    "objection": (_place("objections", "x.objection"), "int16"),
    "talk": (
        "CAST(CASE WHEN x.order_id IS NULL THEN -1 WHEN x.line IS NULL THEN 0"
        " ELSE coalesce(array_position(CAST(:lines AS int[]), x.line), -1) END AS smallint)",
        "int16",
    ),
}
FLAGS = ("decided_late", "explored", "bought", "leads", "within_plan", "reached", "interested")
