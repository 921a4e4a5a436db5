"""What an open month was computed from at a past instant: rows that came by then, and what was overwritten since."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.db import seeing_ones_grids
from app.dispatch.by_hand.returns import LEAVES_DENOMINATOR
from app.models.points import EntryKind, PointsEntry
from app.points.credit import LAST_SHARE
from app.points.credit_queries import SPOKEN
from app.points.figures import BasePointsFact, FeedbackFact, WorkOrderFact

AnyRow = Row[*tuple[Any, ...]]

# A work order as it was: the first event after the instant says from whom and what it went; orders as billing had told them.
_STANDING = """
WITH touched AS (
    SELECT id FROM work_orders WHERE staff_id = ANY (:staff)
    UNION SELECT work_order_id FROM work_order_tombstones WHERE staff_id = ANY (:staff)
    UNION SELECT work_order_id FROM contact_feedback WHERE staff_id = ANY (:staff)
), standing AS (
    SELECT w.id, w.customer_id, w.product_family, w.dispatched_at, w.matures_at, w.campaign_id, w.score,
        coalesce(later.from_state, w.state) AS state, coalesce(later.from_staff_id, w.staff_id) AS staff_id,
        CASE WHEN later.id IS NULL THEN w.close_reason ELSE (
            SELECT coalesce(e.reason, e.event) FROM work_order_events e
            WHERE e.work_order_id = w.id AND e.happened_at <= :at ORDER BY e.id DESC LIMIT 1) END AS close_reason
    FROM work_orders w JOIN touched t ON t.id = w.id
    LEFT JOIN LATERAL (SELECT e.id, e.from_state, e.from_staff_id FROM work_order_events e
        WHERE e.work_order_id = w.id AND e.happened_at > :at ORDER BY e.id LIMIT 1) later ON true
    WHERE w.matures_at > :after AND w.matures_at <= :until AND w.dispatched_at <= :at
)"""
_WORK_ORDERS = text(f"""{_STANDING}, outcomes AS (
    SELECT s.id, s.staff_id, s.score, win.id AS order_id, win.order_no, coalesce(win.ordered_at, s.matures_at) AS until,
        CASE WHEN s.state = 'withdrawn' OR (s.state = 'returned' AND s.close_reason LIKE ANY (:left_out)) THEN 'left_out'
            WHEN win.id IS NOT NULL THEN 'success' ELSE 'failed' END AS counted
    FROM standing s JOIN campaigns k ON k.id = s.campaign_id
    LEFT JOIN LATERAL (
        SELECT o.id, o.order_no, o.ordered_at FROM (
            SELECT n.id, n.order_no, n.product_id, n.ordered_at, n.cancelled_at, n.known_at FROM orders n
            WHERE n.customer_id = s.customer_id
                AND NOT EXISTS (SELECT FROM order_versions v WHERE v.order_id = n.id AND v.changed_at > :at)
            UNION ALL
            SELECT v.order_id, v.order_no, v.product_id, v.ordered_at, v.cancelled_at, v.known_at FROM order_versions v
            WHERE v.customer_id = s.customer_id AND v.changed_at > :at AND NOT EXISTS (
                SELECT FROM order_versions b WHERE b.order_id = v.order_id AND b.changed_at > :at AND b.id < v.id)) o
        JOIN products p ON p.id = o.product_id
        WHERE coalesce(o.known_at, '-infinity') <= :at AND p.family = s.product_family AND o.ordered_at >= s.dispatched_at
            AND o.ordered_at < CAST(k.ends_on + k.attribution_days + 1 AS timestamp) AT TIME ZONE :zone
            AND (o.cancelled_at IS NULL OR o.cancelled_at > s.matures_at)
        ORDER BY o.ordered_at, o.id LIMIT 1) win ON true
), talks AS (
    SELECT f.work_order_id, f.staff_id, max(f.contacted_at) AS last
    FROM contact_feedback f JOIN outcomes o ON o.id = f.work_order_id
    WHERE f.outcome = ANY (:spoken) AND f.received_at <= :at AND f.contacted_at <= o.until
        AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.received_at <= :at)
    GROUP BY f.work_order_id, f.staff_id
), placed AS (
    SELECT work_order_id, staff_id, row_number() OVER (PARTITION BY work_order_id ORDER BY last DESC, staff_id) AS place,
        count(*) OVER (PARTITION BY work_order_id) - 1 AS others
    FROM talks
), parts AS (
    SELECT work_order_id, staff_id, CASE WHEN others = 0 THEN 1
        WHEN place = 1 THEN 1 - trunc((1 - CAST(:last_share AS numeric)) / others, 8) * others
        ELSE trunc((1 - CAST(:last_share AS numeric)) / others, 8) END AS share
    FROM placed
)
SELECT o.id, coalesce(p.staff_id, o.staff_id), o.counted, o.order_id, o.order_no, CAST(o.score AS numeric), coalesce(p.share, 1)
FROM outcomes o LEFT JOIN parts p ON p.work_order_id = o.id
WHERE coalesce(p.staff_id, o.staff_id) = ANY (:staff) ORDER BY o.id
""")  # noqa: S608 - made of constants of this file
# Those that would count for the person if they matured then without a sale, as credit_queries.waits_for has it, and how many.
_MATURING = text(f"""{_STANDING}
SELECT s.id, s.dispatched_at, s.matures_at, count(*) OVER () AS all_of_them
FROM standing s LEFT JOIN LATERAL (
    SELECT bool_or(f.staff_id = ANY (:staff)) AS by_me FROM contact_feedback f
    WHERE f.work_order_id = s.id AND f.outcome = ANY (:spoken) AND f.received_at <= :at
        AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.received_at <= :at)) spoken ON true
WHERE coalesce(spoken.by_me, s.staff_id = ANY (:staff)) ORDER BY s.matures_at, s.id LIMIT :limit
""")  # noqa: S608 - made of constants of this file
_FEEDBACK = text("""
SELECT f.id, f.work_order_id, f.staff_id, v.id, v.verdict,
    CASE WHEN v.verdict IN ('confirmed', 'contradicted') THEN round(CAST(1 / v.judging_probability AS numeric), 8) ELSE 0 END
FROM contact_feedback f LEFT JOIN LATERAL (
    SELECT x.id, x.verdict, x.judging_probability FROM verifications x
    WHERE x.feedback_id = f.id AND x.decided_at <= :at ORDER BY x.number DESC LIMIT 1) v ON true
WHERE f.staff_id = ANY (:staff) AND f.month = :month AND f.received_at <= :at
    AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.received_at <= :at)
ORDER BY f.received_at, f.id
""")
_UNJUDGED = text("""
SELECT f.id, f.work_order_id, f.received_at, v.verdict, v.evidence
FROM contact_feedback f LEFT JOIN LATERAL (
    SELECT x.verdict, x.evidence FROM verifications x
    WHERE x.feedback_id = f.id AND x.decided_at <= :at ORDER BY x.number DESC LIMIT 1) v ON true
WHERE f.staff_id = ANY (:staff) AND f.month = :month AND f.received_at <= :at
    AND coalesce(v.verdict, 'unverifiable') = 'unverifiable'
    AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.received_at <= :at)
ORDER BY f.received_at, f.id
""")
_REJECTED = text("""
SELECT q.feedback_id, q.code, q.detail, q.received_at FROM feedback_quarantine q
WHERE q.staff_id = ANY (:staff) AND q.received_at >= :starts_at AND q.received_at < :ends_at AND q.received_at <= :at
    AND (q.released_at IS NULL OR q.released_at > :at)
ORDER BY q.received_at, q.id
""")
_BASE_POINTS = text("""
WITH later AS (
    SELECT DISTINCT ON (staff_id, component) staff_id, component, points FROM base_points_versions
    WHERE period = :month AND staff_id = ANY (:staff) AND changed_at > :at ORDER BY staff_id, component, id
)
SELECT staff_id, component, points FROM later WHERE points IS NOT NULL
UNION ALL
SELECT b.staff_id, b.component, b.points FROM base_points b WHERE b.period = :month AND b.staff_id = ANY (:staff)
    AND NOT EXISTS (SELECT FROM later l WHERE l.staff_id = b.staff_id AND l.component = b.component)
ORDER BY 1, 2
""")


def work_order_facts(session: Session, month: Month, at: datetime, staff_ids: Collection[int]) -> list[WorkOrderFact]:
    """Work orders of these people that had matured by then, as they counted."""
    values = _values(month, at, staff_ids) | {"after": month.starts_at, "until": min(month.ends_at, at)}
    values |= {"zone": clock.zone().key, "spoken": list(SPOKEN), "left_out": [f"{prefix}%" for prefix in LEAVES_DENOMINATOR]}
    values |= {"last_share": LAST_SHARE}
    with seeing_ones_grids(session):
        return [WorkOrderFact._make(row) for row in session.execute(_WORK_ORDERS, values)]


def feedback_facts(session: Session, month: Month, at: datetime, staff_ids: Collection[int]) -> list[FeedbackFact]:
    """Reports of a month that were there by then and not yet corrected, with the verdict that stood."""
    return [FeedbackFact._make(row) for row in session.execute(_FEEDBACK, _values(month, at, staff_ids))]


def maturing_orders(session: Session, month: Month, at: datetime, *, staff_id: int, limit: int) -> Sequence[AnyRow]:
    """A manager's work orders that were to mature later in the month, the first to do so first: (id, dispatched_at, matures_at,
    how many there are in all)."""
    values = _values(month, at, [staff_id]) | {"after": max(month.starts_at, at), "until": month.ends_at, "limit": limit}
    with seeing_ones_grids(session):
        return session.execute(_MATURING, values | {"spoken": list(SPOKEN)}).all()


def unjudged_reports(session: Session, month: Month, at: datetime, *, staff_id: int) -> Sequence[AnyRow]:
    """A manager's reports of a month that had no verdict that counts, oldest first: columns as in statement_queries."""
    return session.execute(_UNJUDGED, _values(month, at, [staff_id])).all()


def rejected_feedback(session: Session, month: Month, at: datetime, *, staff_id: int) -> Sequence[AnyRow]:
    """A manager's feedback of a month that was set aside then, and why: (feedback_id, code, detail, received_at)."""
    values = {"staff": [staff_id], "at": at, "starts_at": month.starts_at, "ends_at": month.ends_at}
    return session.execute(_REJECTED, values).all()


def base_points(session: Session, month: Month, at: datetime, staff_ids: Collection[int]) -> list[BasePointsFact]:
    """The existing scheme's lines of a month as they were fed by then."""
    return [BasePointsFact._make(row) for row in session.execute(_BASE_POINTS, _values(month, at, staff_ids))]


def posted(session: Session, month: Month, at: datetime, staff_ids: Collection[int]) -> list[PointsEntry]:
    """What had been posted to a month by then besides what it earns."""
    of_these = PointsEntry.month == month, PointsEntry.staff_id.in_(staff_ids), PointsEntry.kind != EntryKind.EARNED
    return list(session.scalars(select(PointsEntry).where(*of_these, PointsEntry.posted_at <= at).order_by(PointsEntry.id)))


def _values(month: Month, at: datetime, staff_ids: Collection[int]) -> dict[str, Any]:
    return {"month": month.first_day, "at": at, "staff": list(staff_ids)}
