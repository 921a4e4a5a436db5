"""Disputes about lines of points, raised by whom they are about; dispute_decisions.py decides on them."""

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns.policy.queries import holidays
from app.core import clock
from app.core.clock import Month
from app.core.errors import Conflict, Invalid
from app.core.security import Principal
from app.models.dispute import PointsDispute
from app.models.points import Component
from app.points import statement_queries
from app.points.disputes import queries as dispute_queries
from app.points.disputes.rules import (
    DEFAULT_TERMS,
    MOST_POINTS,
    DisputeTerms,
    add_working_days,
    last_day_to_raise,
    last_looked_at,
    may_raise,
    points_expected,
)
from app.points.plans.in_force import plans_by_staff
from app.points.service import explain_statement, show_months


class DisputeIdTaken(Conflict):
    """There is another dispute with this id: make a new id."""

    code = "dispute.id_taken"


class DisputeOpen(Conflict):
    """This line is disputed already, and nobody decided yet."""

    code = "dispute.open_already"


class TooLate(Conflict):
    """The days in which lines of this month could be disputed are over."""

    code = "dispute.too_late"


@dataclass(frozen=True)
class Disputed:
    """What a manager says of a line: of a component, perhaps of one entry or one work order; what it should read, and why.

    `expected_points`: what the line should read as a figure; where it is left out it is read from `expected`.
    """

    id: UUID
    month: Month
    component: Component
    entry_id: int | None
    work_order_id: int | None
    expected: str
    reason: str
    evidence: str | None
    attachment_ids: list[str]
    expected_points: Decimal | None = None


def raise_dispute(
    session: Session, *, principal: Principal, disputed: Disputed, now: datetime, terms: DisputeTerms = DEFAULT_TERMS
) -> PointsDispute:
    """Keep a dispute of one's own, to be decided within `terms`; sent again it changes nothing.

    Raises Invalid for a month to come and for what is not the person's line, TooLate, DisputeIdTaken, DisputeOpen.
    """
    disputed = _with_figure(disputed)
    staff_id = principal.staff_id or 0
    before = dispute_queries.find_dispute(session, disputed.id)
    if before is not None:
        return _same(before, staff_id, disputed)
    _check_line(session, staff_id, disputed, now)
    _check_days(session, disputed.month, terms, now)
    values = asdict(disputed) | {"month": disputed.month, "staff_id": staff_id, "grid_id": principal.unit_id, "raised_at": now}
    values |= {"shown": _shown(session, staff_id, disputed, now), "due_on": _last_day(session, terms, now)}
    made: PointsDispute | None = session.scalar(
        insert(PointsDispute).values(values).on_conflict_do_nothing().returning(PointsDispute)
    )
    if made is not None:
        return made
    before = dispute_queries.find_dispute(session, disputed.id)
    if before is not None:
        return _same(before, staff_id, disputed)
    line = {name: getattr(disputed, name) for name in ("month", "component", "entry_id", "work_order_id")}
    raise DisputeOpen if dispute_queries.is_disputed(session, staff_id=staff_id, **line) else DisputeIdTaken


def _with_figure(disputed: Disputed) -> Disputed:
    """The same with the figure that its words are, where they are one."""
    if disputed.expected_points is not None or disputed.work_order_id is not None:
        return disputed
    return replace(disputed, expected_points=points_expected(disputed.expected))


def _check_days(session: Session, month: Month, terms: DisputeTerms, now: datetime) -> None:
    closed_at = statement_queries.find_closed_at(session, month)
    closed_on = None if closed_at is None else clock.local_date(closed_at)
    if closed_on is not None and not may_raise(closed_on, clock.local_date(now), terms):
        raise TooLate(f"Lines of {month} could be disputed until {last_day_to_raise(closed_on, terms)}.")


def _last_day(session: Session, terms: DisputeTerms, now: datetime) -> date:
    today = clock.local_date(now)
    return add_working_days(today, terms.answer_days, holidays(session, first=today, last=last_looked_at(today, terms)))


def _same(before: PointsDispute, staff_id: int, disputed: Disputed) -> PointsDispute:
    said = asdict(disputed) | {"month": disputed.month, "staff_id": staff_id}
    if any(getattr(before, name) != value for name, value in said.items()):
        raise DisputeIdTaken
    return before


def _check_line(session: Session, staff_id: int, disputed: Disputed, now: datetime) -> None:
    if disputed.month > Month.of(now):
        raise Invalid("month", "this month or an earlier one")
    if not disputed.expected.strip():
        raise Invalid("expected", "what the line should read")
    if not disputed.reason.strip():
        raise Invalid("reason", "why")
    if disputed.expected_points is not None and abs(disputed.expected_points) > MOST_POINTS:
        raise Invalid("expected_points", f"points from -{MOST_POINTS} to {MOST_POINTS}")
    line: dict[str, Any] = {"staff_id": staff_id, "month": disputed.month, "component": disputed.component}
    if disputed.entry_id is not None and not dispute_queries.has_entry(session, disputed.entry_id, **line):
        raise Invalid("entry_id", "an entry of your month and this component")
    if not _is_paid_for(session, staff_id, disputed):
        raise Invalid("component", f"a component that your plan of {disputed.month} pays for")
    order = disputed.work_order_id
    if order is not None and not dispute_queries.worked_on(session, order, staff_id=staff_id):
        raise Invalid("work_order_id", "a work order that you have or reported on")


def _is_paid_for(session: Session, staff_id: int, disputed: Disputed) -> bool:
    """Whether there is such a line, or the plan would have one; what is posted for it is explained by the plan's rule."""
    line: dict[str, Any] = {"staff_id": staff_id, "month": disputed.month, "component": disputed.component}
    if dispute_queries.has_entry(session, disputed.entry_id, **line):
        return True
    return plans_by_staff(session, month=disputed.month, staff_ids=[staff_id])[staff_id].pays_for(disputed.component)


def _shown(session: Session, staff_id: int, disputed: Disputed, now: datetime) -> dict[str, Any]:
    """The line as it stands now: of the component or entry, and of the work order."""
    month = show_months(session, staff_ids=[staff_id], month=disputed.month, now=now)[staff_id]
    lines = [
        line for line in month.lines if line["component"] == disputed.component and disputed.entry_id in (None, line["entry_id"])
    ]
    found: dict[str, Any] = {"as_of": month.as_of.isoformat(), "total": month.total}
    found["lines"] = [{name: line[name] for name in ("entry_id", "kind", "points", "words")} for line in lines]
    if disputed.work_order_id is not None:
        behind = explain_statement(session, staff_id=staff_id, month=disputed.month, now=now)
        found["work_order"] = [
            {"counted": one.counted, "weight": one.weight, "order_no": one.order_no}
            | ({} if one.feedback_id is None else {"feedback_id": str(one.feedback_id)})
            for one in behind
            if (one.work_order_id, one.component) == (disputed.work_order_id, disputed.component)
        ]
    return found
