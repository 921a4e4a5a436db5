"""How many managers dispute their points, by month and plan, and what becomes of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.numbers import share

_RATES = text("""
WITH paid AS (
    SELECT e.month, e.staff_id, min(e.plan_id) AS plan_id FROM points_entries e
    WHERE e.kind = 'earned' AND e.month >= :since AND e.grid_id = ANY (:grids) GROUP BY e.month, e.staff_id
), disputed AS (
    SELECT d.*, coalesce(p.plan_id, m.plan_id) AS plan_id FROM points_disputes d
    LEFT JOIN paid p ON p.month = d.month AND p.staff_id = d.staff_id LEFT JOIN points_months m ON m.month = d.month
    WHERE d.month >= :since AND d.grid_id = ANY (:grids)
), counted AS (
    SELECT month, plan_id, count(*) AS disputes, count(DISTINCT staff_id) AS disputing,
        count(*) FILTER (WHERE decision = 'accepted') AS accepted, count(*) FILTER (WHERE decision = 'rejected') AS rejected,
        count(*) FILTER (WHERE decided_at IS NULL AND due_on < :today) AS overdue,
        count(*) FILTER (WHERE CAST(decided_at AT TIME ZONE :zone AS date) <= due_on) AS in_time,
        coalesce(sum(accepted_points), 0) AS points
    FROM disputed GROUP BY month, plan_id
), managers AS (SELECT month, plan_id, count(*) AS managers FROM paid GROUP BY month, plan_id)
SELECT coalesce(c.month, m.month) AS month, p.id, p.code, p.version, coalesce(m.managers, 0), coalesce(c.disputes, 0),
    coalesce(c.disputing, 0), coalesce(c.accepted, 0), coalesce(c.rejected, 0), coalesce(c.overdue, 0), coalesce(c.in_time, 0),
    coalesce(c.points, 0)
FROM managers m FULL JOIN counted c ON c.month = m.month AND c.plan_id = m.plan_id
LEFT JOIN points_plans p ON p.id = coalesce(c.plan_id, m.plan_id) ORDER BY 1 DESC, 3, 4
""")


@dataclass(frozen=True)
class DisputeRate:
    """Disputes about one month under one plan (None where the month has none yet).

    `managers` have a statement, `disputing` of them (or of those who will have one) raised `disputes`; `in_time`: decided by
    their last day; `points`: what accepted ones changed, exact, as text.
    """

    month: Month
    plan_number: int | None
    plan_code: str | None
    plan_version: int | None
    managers: int
    disputes: int
    disputing: int
    accepted: int
    rejected: int
    overdue: int
    in_time: int
    points: Decimal

    @property
    def rate(self) -> str | None:
        """Disputing managers / managers; None while nobody has a statement."""
        found = share(self.disputing, self.managers)
        return None if found is None else str(found)

    @property
    def open(self) -> int:
        """Not decided."""
        return self.disputes - self.accepted - self.rejected

    @property
    def share_in_time(self) -> str | None:
        """Of those decided or overdue, how many were decided by their last day."""
        found = share(self.in_time, self.accepted + self.rejected + self.overdue)
        return None if found is None else str(found)


def dispute_rates(session: Session, *, since: Month, grid_ids: Collection[int], now: datetime) -> list[DisputeRate]:
    """The rates of the managers of these grids, by month from `since` on, the newest first, and by plan."""
    values = {"since": since.first_day, "grids": list(grid_ids), "today": clock.local_date(now), "zone": clock.zone().key}
    rows = session.execute(_RATES, values)
    return [DisputeRate(Month.of_day(month), *rest) for month, *rest in rows]


def all_grids(session: Session) -> list[int]:
    """Every grid, for who asks for the whole company."""
    return list(session.scalars(text("SELECT id FROM units WHERE kind = 'grid' ORDER BY id")))
