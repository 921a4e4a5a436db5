"""Disputes about lines of points: raised by whom they are about, decided by somebody else."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.models.dispute import DisputeDecision, PointsDispute
from app.models.points import Component
from app.points import dispute_queries
from app.points.service import explain_statement, show_months


class DisputeIdTaken(Conflict):
    """There is another dispute with this id: make a new id."""

    code = "dispute.id_taken"


class DisputeOpen(Conflict):
    """This line is disputed already, and nobody decided yet."""

    code = "dispute.open_already"


class DisputeDecided(Conflict):
    """Somebody decided on this dispute before."""

    code = "dispute.decided"


class OwnDispute(Forbidden):
    """Nobody decides on their own dispute."""

    code = "dispute.own"


@dataclass(frozen=True)
class Disputed:
    """What a manager says of a line: of a component, perhaps of one entry or one work order; what it should read, and why."""

    id: UUID
    month: Month
    component: Component
    entry_id: int | None
    work_order_id: int | None
    expected: str
    reason: str
    evidence: str | None
    attachment_ids: list[str]


def raise_dispute(session: Session, *, principal: Principal, disputed: Disputed, now: datetime) -> PointsDispute:
    """Keep a dispute of one's own; sent again it changes nothing.

    Raises Invalid for a month to come and for what is not the person's line, DisputeIdTaken, DisputeOpen.
    """
    staff_id = principal.staff_id or 0
    before = dispute_queries.find_dispute(session, disputed.id)
    if before is not None:
        return _same(before, staff_id, disputed)
    _check_line(session, staff_id, disputed, now)
    values = asdict(disputed) | {"month": disputed.month, "staff_id": staff_id, "grid_id": principal.unit_id, "raised_at": now}
    values["shown"] = _shown(session, staff_id, disputed, now)
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


def decide_dispute(
    session: Session,
    *,
    dispute_id: UUID,
    decision: DisputeDecision,
    reason: str,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
) -> PointsDispute:
    """Accept or reject a dispute of these grids, once; never one's own. Raises UnknownDispute, OwnDispute, DisputeDecided."""
    found = dispute_queries.lock_dispute(session, dispute_id, grid_ids=grid_ids)
    if found.staff_id == principal.staff_id:
        raise OwnDispute
    if found.decision is not None:
        raise DisputeDecided
    found.decision, found.decision_reason = decision, reason
    found.decided_at, found.decided_by_staff_id = now, principal.staff_id
    session.flush()
    return found


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
    line: dict[str, Any] = {"staff_id": staff_id, "month": disputed.month, "component": disputed.component}
    if disputed.entry_id is not None and not dispute_queries.has_entry(session, disputed.entry_id, **line):
        raise Invalid("entry_id", "an entry of your month and this component")
    order = disputed.work_order_id
    if order is not None and not dispute_queries.worked_on(session, order, staff_id=staff_id):
        raise Invalid("work_order_id", "a work order that you have or reported on")


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
            for one in behind
            if (one.work_order_id, one.component) == (disputed.work_order_id, disputed.component)
        ]
    return found
