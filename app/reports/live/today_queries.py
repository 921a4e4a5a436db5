"""What is asked of the database for today in some grids: each manager, and how much waits for a decision.

Every read goes by an index that holds only what is live, or only this month: it is the same after years.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from app.core import clock
from app.core.clock import Month
from app.dispatch.capacity import DEFAULT_DAILY_CAPACITY
from app.dispatch.preview.weeks import monday_of
from app.notices.inbox_queries import COUNT_UNREAD

# Work on loan counts where it is worked on. A work order that two managers reported on counts for each of them. What they
# reported on is finished where it is not among what is live here: so the month's orders need not be looked up one by one.
MANAGERS = text("""
WITH people AS MATERIALIZED (
    SELECT s.id, s.staff_no, s.name, s.unit_id AS grid_id, coalesce(s.daily_capacity, :capacity) AS daily_capacity,
        EXISTS (SELECT FROM absences a WHERE a.staff_id = s.id AND :today BETWEEN a.from_date AND a.to_date) AS absent
    FROM staff s WHERE s.unit_id = ANY (:grids) AND s.role = 'terminal_manager' AND s.active_from <= :today
        AND coalesce(s.active_to, 'infinity') >= :today
), live AS MATERIALIZED (
    SELECT id, staff_id, state, scheduled_on, rolls, lent_to_grid_id IS NULL AND pooled_at IS NULL AS held FROM work_orders
    WHERE grid_id = ANY (:grids) AND state IN ('planned', 'open', 'in_progress')
    UNION ALL SELECT id, staff_id, state, scheduled_on, rolls, pooled_at IS NULL FROM work_orders
    WHERE lent_to_grid_id = ANY (:grids) AND lent_to_grid_id IS NOT NULL AND state IN ('planned', 'open', 'in_progress')
), work AS (
    SELECT staff_id, count(*) FILTER (WHERE state <> 'planned') AS open, count(*) FILTER (WHERE state = 'planned') AS planned,
        count(*) FILTER (WHERE state <> 'planned' AND :today - scheduled_on + rolls > 0) AS overdue
    FROM live WHERE held GROUP BY staff_id
), made AS MATERIALIZED (
    SELECT f.id, f.staff_id, f.work_order_id, f.received_at, f.corrects_id, f.outcome = 'bought' AS won,
        f.outcome IN ('interested', 'callback', 'bought') AS interested,
        coalesce(f.reached, f.outcome IN ('bought', 'refused', 'interested', 'callback')) AS reached
    FROM people p JOIN contact_feedback f ON f.staff_id = p.id AND f.month = ANY (:months) WHERE f.received_at >= :since
), said AS (
    SELECT m.staff_id, m.work_order_id, max(m.received_at) AS last_at, bool_or(m.received_at >= :day) AS day,
        bool_or(m.received_at >= :week) AS week, bool_or(m.received_at >= :month) AS month,
        bool_or(m.reached AND m.received_at >= :day) AS day_reached,
        bool_or(m.reached AND m.received_at >= :month) AS month_reached,
        bool_or(m.interested AND m.received_at >= :day) AS day_interested,
        bool_or(m.interested AND m.received_at >= :month) AS month_interested,
        bool_or(m.won AND m.received_at >= :day) AS day_won, bool_or(m.won AND m.received_at >= :month) AS month_won
    FROM made m WHERE m.id NOT IN (SELECT c.corrects_id FROM made c WHERE c.corrects_id IS NOT NULL)
    GROUP BY m.staff_id, m.work_order_id
), done AS (
    SELECT a.staff_id, max(a.last_at) AS last_report_at, count(*) FILTER (WHERE a.week) AS week_contacted,
        count(*) FILTER (WHERE a.day) AS day_contacted, count(*) FILTER (WHERE a.day AND f.finished) AS day_finished,
        count(*) FILTER (WHERE a.day_reached) AS day_reached, count(*) FILTER (WHERE a.day_interested) AS day_interested,
        count(*) FILTER (WHERE a.day_won) AS day_won, count(*) FILTER (WHERE a.month) AS month_contacted,
        count(*) FILTER (WHERE a.month AND f.finished) AS month_finished,
        count(*) FILTER (WHERE a.month_reached) AS month_reached,
        count(*) FILTER (WHERE a.month_interested) AS month_interested, count(*) FILTER (WHERE a.month_won) AS month_won
    FROM said a LEFT JOIN (SELECT DISTINCT id FROM live WHERE state <> 'planned') w ON w.id = a.work_order_id
        CROSS JOIN LATERAL (SELECT w.id IS NULL AS finished) f
    GROUP BY a.staff_id
), phones AS (
    SELECT d.staff_id, max(d.last_sync_at) AS last_sync_at, sum(d.queue_length) AS queued,
        min(d.oldest_queued_at) AS oldest_queued_at
    FROM devices d WHERE d.staff_id IN (SELECT id FROM people) AND d.revoked_at IS NULL GROUP BY d.staff_id
), stuck AS (
    SELECT e.staff_id, count(*) AS stuck FROM escalations e WHERE e.grid_id = ANY (:grids) AND e.resolved_at IS NULL
        AND e.level = 'grid' GROUP BY e.staff_id
)
SELECT p.staff_no, p.name, p.grid_id, p.daily_capacity, p.absent, coalesce(w.open, 0) AS open, coalesce(w.planned, 0) AS planned,
    coalesce(w.overdue, 0) AS overdue, coalesce(s.stuck, 0) AS stuck, d.last_report_at,
    coalesce(d.week_contacted, 0) AS week_contacted, greatest(t.last_sync_at, u.pulled_at) AS last_seen_at, t.queued,
    t.oldest_queued_at,
    coalesce(d.day_contacted, 0) AS day_contacted, coalesce(d.day_finished, 0) AS day_finished,
    coalesce(d.day_reached, 0) AS day_reached, coalesce(d.day_interested, 0) AS day_interested, coalesce(d.day_won, 0) AS day_won,
    coalesce(d.month_contacted, 0) AS month_contacted, coalesce(d.month_finished, 0) AS month_finished,
    coalesce(d.month_reached, 0) AS month_reached, coalesce(d.month_interested, 0) AS month_interested,
    coalesce(d.month_won, 0) AS month_won
FROM people p LEFT JOIN work w ON w.staff_id = p.id LEFT JOIN done d ON d.staff_id = p.id LEFT JOIN phones t ON t.staff_id = p.id
    LEFT JOIN phone_pulls u ON u.staff_id = p.id LEFT JOIN stuck s ON s.staff_id = p.id
ORDER BY p.grid_id, p.staff_no
""")
WAITING = text(f"""
SELECT ({COUNT_UNREAD}) AS unread,
    (SELECT count(*) FROM work_order_returns r WHERE r.grid_id = ANY (:grids) AND r.decided_at IS NULL) AS returns,
    (SELECT count(*) FROM review_cases c WHERE c.grid_id = ANY (:grids) AND c.decided_at IS NULL) AS cases,
    (SELECT count(*) FROM do_not_disturb_undos u WHERE u.grid_id = ANY (:grids) AND u.decided_at IS NULL) AS undos,
    (SELECT count(*) FROM correction_proposals p WHERE p.grid_id = ANY (:grids) AND p.decided_at IS NULL
        AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = p.feedback_id)) AS proposals,
    (SELECT count(*) FROM work_orders w WHERE w.grid_id = ANY (:grids) AND w.pooled_at IS NOT NULL AND w.state = 'planned'
        AND w.due_on >= :today) AS pooled,
    (SELECT coalesce(sum(b.contacts), 0) FROM capacity_bookings b
        WHERE b.week = :week AND b.grid_id = ANY (:grids) AND b.ended_at IS NULL) AS booked,
    ARRAY(SELECT h.day FROM holidays h WHERE h.day BETWEEN :week AND :sunday) AS holidays
""")  # noqa: S608 - made of constants


class ManagerToday(NamedTuple):
    """A manager as MANAGERS finds them; see app.api.dashboard.live_schemas.ManagerOut."""

    staff_no: str
    name: str
    grid_id: int
    daily_capacity: int
    absent: bool
    open: int
    planned: int
    overdue: int
    stuck: int
    last_report_at: datetime | None
    week_contacted: int
    last_seen_at: datetime | None
    queued: int | None
    oldest_queued_at: datetime | None
    day_contacted: int
    day_finished: int
    day_reached: int
    day_interested: int
    day_won: int
    month_contacted: int
    month_finished: int
    month_reached: int
    month_interested: int
    month_won: int


class WaitingRow(NamedTuple):
    """What WAITING finds."""

    unread: int
    returns: int
    cases: int
    undos: int
    proposals: int
    pooled: int
    booked: int
    holidays: list[date]


def manager_values(grid_ids: Collection[int], now: datetime) -> dict[str, Any]:
    """The parameters of MANAGERS."""
    today, month = clock.local_date(now), Month.of(now)
    week = clock.start_of_day(monday_of(today))
    first = clock.start_of_day(month.first_day)
    months = sorted({month.first_day, Month.of(week).first_day})
    return {
        "grids": list(grid_ids),
        "today": today,
        "capacity": DEFAULT_DAILY_CAPACITY,
        "day": clock.start_of_day(today),
        "week": week,
        "month": first,
        "months": months,
        "since": min(week, first),
    }


def waiting_values(grid_ids: Collection[int], now: datetime) -> dict[str, Any]:
    """The parameters of WAITING, but for `addressee`."""
    today = clock.local_date(now)
    week = monday_of(today)
    return {"grids": list(grid_ids), "today": today, "week": week, "sunday": week + timedelta(days=6)}
