"""Reads behind the draw of back-checks."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.models.evidence import CaseKind, EvidenceFinding, ReviewCase
from app.models.feedback import BackCheck, BackCheckStratum, ContactFeedback
from app.models.organisation import Role, Staff, Unit, UnitKind
from app.verification.queries import is_current


class Candidate(NamedTuple):
    """A feedback that may be drawn."""

    feedback_id: UUID
    grid_id: int


def undrawn(session: Session, *, month: Month, part: int, begins: datetime, ends: datetime) -> dict[int, list[Candidate]]:
    """Current feedback received between two instants, by manager, of those whose part of the month was not drawn from."""
    feedback = ContactFeedback
    before = select(BackCheck.feedback_id).where(BackCheck.feedback_id == feedback.id).exists()
    stratum = BackCheckStratum
    done = select(stratum.part).where(stratum.staff_id == feedback.staff_id, stratum.month == month, stratum.part == part)
    statement = (
        select(feedback.staff_id, feedback.id, feedback.grid_id)
        .where(feedback.month == month, feedback.received_at >= begins, feedback.received_at < ends)
        .where(is_current(), ~before, ~done.exists())
        .order_by(feedback.staff_id, feedback.id)
    )
    found: defaultdict[int, list[Candidate]] = defaultdict(list)
    for staff_id, feedback_id, grid_id in session.execute(statement):
        found[staff_id].append(Candidate(feedback_id, grid_id))
    return found


def suspected(session: Session, month: Month) -> list[tuple[UUID, bool]]:
    """(id, whether evidence found something at it or it has a case; else there is a case about its manager's month)."""
    feedback = ContactFeedback
    found = or_(
        select(EvidenceFinding.id).where(EvidenceFinding.feedback_id == feedback.id).exists(),
        select(ReviewCase.id).where(ReviewCase.feedback_id == feedback.id).exists(),
    )
    of_manager = select(ReviewCase.id).where(
        ReviewCase.kind == CaseKind.MANAGER, ReviewCase.staff_id == feedback.staff_id, ReviewCase.month == month
    )
    statement = select(feedback.id, found).where(feedback.month == month, or_(found, of_manager.exists()))
    return [(row[0], row[1]) for row in session.execute(statement.order_by(feedback.id))]


def guaranteed_before(session: Session, *, month: Month, part: int, staff_ids: Collection[int]) -> dict[int, int]:
    """How many were drawn whatever their numbers, earlier in the quarter, by manager."""
    first = Month(month.year, (month.number - 1) // 3 * 3 + 1)
    stratum = BackCheckStratum
    earlier = or_(stratum.month < month, and_(stratum.month == month, stratum.part < part))
    statement = (
        select(stratum.staff_id, func.sum(stratum.guaranteed))
        .where(stratum.staff_id.in_(staff_ids), stratum.month >= first, earlier)
        .group_by(stratum.staff_id)
        .order_by(stratum.staff_id)
    )
    return {staff_id: int(guaranteed) for staff_id, guaranteed in session.execute(statement)}


def grids_to_ask(session: Session, *, today: date) -> dict[int, Sequence[int]]:
    """For each grid those others whose people may ask its customers: of its branch, where none has a manager of all branches."""
    led = (
        select(Staff.id)
        .where(Staff.unit_id == Unit.id, Staff.role == Role.GRID_MANAGER, Staff.active_from <= today)
        .where(or_(Staff.active_to.is_(None), Staff.active_to >= today))
        .correlate(Unit)
    )
    asked = session.execute(
        select(Unit.id, Unit.parent_id).where(Unit.kind == UnitKind.GRID, led.exists()).order_by(Unit.id)
    ).all()
    asking = aliased(Unit)
    grids = session.execute(select(asking.id, asking.parent_id).where(asking.kind == UnitKind.GRID).order_by(asking.id)).all()
    found: dict[int, Sequence[int]] = {}
    for grid_id, branch_id in grids:
        near = [one for one, parent in asked if parent == branch_id and one != grid_id]
        found[grid_id] = near or [one for one, _ in asked if one != grid_id]
    return found
