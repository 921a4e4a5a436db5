"""Today in some grids: each manager, the funnel, the pace of the week, and how much waits for a decision.

Every read goes by an index that holds only what is live, or only this month: it is the same after years.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.security import Principal
from app.dispatch.capacity import DEFAULT_DAILY_CAPACITY
from app.dispatch.preview.weeks import monday_of
from app.notices.inbox_queries import my_unread
from app.reports.live.grids import Grid, my_grids, shown_grids

# Work on loan counts where it is worked on. A work order that two managers reported on counts for each of them.
MANAGERS = text("""
WITH people AS MATERIALIZED (
    SELECT s.id, s.staff_no, s.name, s.unit_id AS grid_id, coalesce(s.daily_capacity, :capacity) AS daily_capacity,
        EXISTS (SELECT FROM absences a WHERE a.staff_id = s.id AND :today BETWEEN a.from_date AND a.to_date) AS absent
    FROM staff s WHERE s.unit_id = ANY (:grids) AND s.role = 'terminal_manager' AND s.active_from <= :today
        AND coalesce(s.active_to, 'infinity') >= :today
), held AS (
    SELECT staff_id, state, scheduled_on, rolls FROM work_orders
    WHERE grid_id = ANY (:grids) AND state IN ('planned', 'open', 'in_progress') AND lent_to_grid_id IS NULL AND pooled_at IS NULL
    UNION ALL SELECT staff_id, state, scheduled_on, rolls FROM work_orders
    WHERE lent_to_grid_id = ANY (:grids) AND lent_to_grid_id IS NOT NULL AND state IN ('planned', 'open', 'in_progress')
        AND pooled_at IS NULL
), work AS (
    SELECT staff_id, count(*) FILTER (WHERE state <> 'planned') AS open, count(*) FILTER (WHERE state = 'planned') AS planned,
        count(*) FILTER (WHERE state <> 'planned' AND :today - scheduled_on + rolls > 0) AS overdue
    FROM held GROUP BY staff_id
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
    FROM said a JOIN work_orders w ON w.id = a.work_order_id
        CROSS JOIN LATERAL (SELECT w.state NOT IN ('open', 'in_progress') AS finished) f
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
WAITING = text("""
SELECT (SELECT count(*) FROM work_order_returns r WHERE r.grid_id = ANY (:grids) AND r.decided_at IS NULL) AS returns,
    (SELECT count(*) FROM review_cases c WHERE c.grid_id = ANY (:grids) AND c.decided_at IS NULL) AS cases,
    (SELECT count(*) FROM do_not_disturb_undos u WHERE u.grid_id = ANY (:grids) AND u.decided_at IS NULL) AS undos,
    (SELECT count(*) FROM correction_proposals p WHERE p.grid_id = ANY (:grids) AND p.decided_at IS NULL
        AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = p.feedback_id)) AS proposals,
    (SELECT count(*) FROM work_orders w WHERE w.grid_id = ANY (:grids) AND w.pooled_at IS NOT NULL AND w.state = 'planned'
        AND w.due_on >= :today) AS pooled,
    (SELECT coalesce(sum(b.contacts), 0) FROM capacity_bookings b
        WHERE b.week = :week AND b.grid_id = ANY (:grids) AND b.ended_at IS NULL) AS booked,
    ARRAY(SELECT h.day FROM holidays h WHERE h.day BETWEEN :week AND :sunday) AS holidays
""")
STEPS = ("contacted", "finished", "reached", "interested", "won")


@dataclass(frozen=True)
class Funnel:
    """Work orders from the phones to a sale. given: on phones now, or reported on and finished; won: as reported, not billed."""

    given: int
    contacted: int
    reached: int
    interested: int
    won: int


@dataclass(frozen=True)
class Pace:
    """Contacts of this week against the plan: what campaigns booked of these grids, or, without any, what managers can take.

    `due`: of the plan by the end of today, by working days. `basis`: booked or capacity.
    """

    week: date
    basis: str
    planned: int
    due: int
    contacted: int


@dataclass(frozen=True)
class Waiting:
    """How much waits for the grid manager: returns, cases, undos of do-not-disturb, proposals, orders in the pool, notices."""

    returns: int
    cases: int
    undos: int
    proposals: int
    pooled: int
    unread: int


@dataclass(frozen=True)
class Today:
    """One page: the grids that one has, those shown, and what is so in them as of now."""

    as_of: datetime
    day: date
    grids: list[Grid]
    shown: list[Grid]
    managers: Sequence[Any]
    funnel_day: Funnel
    funnel_month: Funnel
    pace: Pace
    waiting: Waiting


def today_of(session: Session, *, principal: Principal, grid_code: str | None, now: datetime) -> Today:
    """Today in this grid, or in all of mine. Raises UnknownGrid."""
    grids = my_grids(session, principal.grid_ids)
    shown = shown_grids(grids, grid_code)
    ids = [grid.id for grid in shown]
    managers = session.execute(MANAGERS, manager_values(ids, now)).all()
    today = clock.local_date(now)
    week = monday_of(today)
    values = {"grids": ids, "today": today, "week": week, "sunday": week + timedelta(days=6)}
    found = session.execute(WAITING, values).one()
    unread = len(my_unread(session, principal))
    waiting = Waiting(found.returns, found.cases, found.undos, found.proposals, found.pooled, unread)
    pace = _pace(managers, week, today, int(found.booked), found.holidays)
    funnels = (_funnel(managers, "day"), _funnel(managers, "month"))
    return Today(now, today, grids, shown, managers, *funnels, pace, waiting)


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


def _funnel(managers: Sequence[Any], span: str) -> Funnel:
    total = {step: sum(getattr(one, f"{span}_{step}") for one in managers) for step in STEPS}
    given = sum(one.open for one in managers) + total.pop("finished")
    return Funnel(given=given, **total)


def _pace(managers: Sequence[Any], week: date, today: date, booked: int, holidays: Collection[date]) -> Pace:
    days = [day for day in (week + timedelta(days=n) for n in range(7)) if day.weekday() < 5 and day not in holidays]
    planned = booked or len(days) * sum(one.daily_capacity for one in managers)
    due = round(planned * sum(day <= today for day in days) / len(days)) if days else planned
    contacted = sum(one.week_contacted for one in managers)
    return Pace(week, "booked" if booked else "capacity", planned, due, contacted)
