"""Today in some grids: each manager, the funnel, the pace of the week, and how much waits for a decision."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.core.security import Principal
from app.dispatch.preview.weeks import monday_of
from app.notices.inbox_queries import addressee
from app.reports.live.grids import Grid, my_grids, shown_grids
from app.reports.live.today_queries import MANAGERS, WAITING, ManagerToday, WaitingRow, manager_values, waiting_values

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
    managers: Sequence[ManagerToday]
    funnel_day: Funnel
    funnel_month: Funnel
    pace: Pace
    waiting: Waiting


def today_of(session: Session, *, principal: Principal, grid_code: str | None, now: datetime) -> Today:
    """Today in this grid, or in all of mine. Raises UnknownGrid."""
    grids = my_grids(session, principal.grid_ids)
    shown = shown_grids(grids, grid_code)
    ids = [grid.id for grid in shown]
    managers = [ManagerToday(*row) for row in session.execute(MANAGERS, manager_values(ids, now))]
    waiting = WaitingRow(*session.execute(WAITING, waiting_values(ids, now) | addressee(principal)).one())
    return put_together(grids, shown, managers, waiting, now)


def put_together(
    grids: list[Grid], shown: list[Grid], managers: Sequence[ManagerToday], found: WaitingRow, now: datetime
) -> Today:
    """The page of what was found."""
    today = clock.local_date(now)
    waiting = Waiting(found.returns, found.cases, found.undos, found.proposals, found.pooled, found.unread)
    pace = _pace(managers, monday_of(today), today, int(found.booked), found.holidays)
    funnels = (_funnel(managers, "day"), _funnel(managers, "month"))
    return Today(now, today, grids, shown, managers, *funnels, pace, waiting)


def _funnel(managers: Sequence[ManagerToday], span: str) -> Funnel:
    total = {step: sum(getattr(one, f"{span}_{step}") for one in managers) for step in STEPS}
    given = sum(one.open for one in managers) + total.pop("finished")
    return Funnel(given=given, **total)


def _pace(managers: Sequence[ManagerToday], week: date, today: date, booked: int, holidays: Collection[date]) -> Pace:
    days = [day for day in (week + timedelta(days=n) for n in range(7)) if day.weekday() < 5 and day not in holidays]
    planned = booked or len(days) * sum(one.daily_capacity for one in managers)
    due = round(planned * sum(day <= today for day in days) / len(days)) if days else planned
    contacted = sum(one.week_contacted for one in managers)
    return Pace(week, "booked" if booked else "capacity", planned, due, contacted)
