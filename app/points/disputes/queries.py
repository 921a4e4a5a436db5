"""Reads behind disputes."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.core.db import seeing_ones_grids
from app.core.errors import Invalid, NotFound
from app.models.dispute import PointsDispute
from app.models.feedback import ContactFeedback
from app.models.notice import Notice
from app.models.organisation import Staff, Unit, UnitKind
from app.models.points import Component, EntryKind, PointsEntry
from app.models.work_order import WorkOrder
from app.verification.queries import is_current


class UnknownDispute(NotFound):
    """There is no such dispute here."""

    code = "dispute.unknown"


def find_dispute(session: Session, dispute_id: UUID) -> PointsDispute | None:
    """The dispute with this id, as far as the session sees it."""
    return session.scalar(select(PointsDispute).where(PointsDispute.id == dispute_id).order_by(PointsDispute.id))


def lock_dispute(session: Session, dispute_id: UUID, *, grid_ids: Collection[int]) -> PointsDispute:
    """A dispute of these grids, locked. Raises UnknownDispute alike for one elsewhere."""
    statement = select(PointsDispute).where(PointsDispute.id == dispute_id, PointsDispute.grid_id.in_(grid_ids))
    found = session.scalar(statement.order_by(PointsDispute.id).with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise UnknownDispute
    return found


def has_entry(session: Session, entry_id: int | None, *, staff_id: int, month: Month, component: Component) -> bool:
    """Whether this is an entry of this person's month and component; None: whether that component earned something."""
    of_line = PointsEntry.staff_id == staff_id, PointsEntry.month == month, PointsEntry.component == component
    which = PointsEntry.kind == EntryKind.EARNED if entry_id is None else PointsEntry.id == entry_id
    return session.scalar(select(PointsEntry.id).where(*of_line, which).order_by(PointsEntry.id)) is not None


def worked_on(session: Session, work_order_id: int, *, staff_id: int) -> bool:
    """Whether this person has the work order, or reported on it."""
    reported = select(ContactFeedback.work_order_id).where(ContactFeedback.staff_id == staff_id)
    mine = or_(WorkOrder.staff_id == staff_id, WorkOrder.id.in_(reported.where(ContactFeedback.work_order_id == work_order_id)))
    with seeing_ones_grids(session):
        return session.scalar(select(WorkOrder.id).where(WorkOrder.id == work_order_id, mine).order_by(WorkOrder.id)) is not None


def is_disputed(
    session: Session, *, staff_id: int, month: Month, component: Component, entry_id: int | None, work_order_id: int | None
) -> bool:
    """Whether there is an undecided dispute of this person about this line."""
    statement = select(PointsDispute.id).where(
        PointsDispute.staff_id == staff_id,
        PointsDispute.month == month,
        PointsDispute.component == component,
        PointsDispute.entry_id.is_not_distinct_from(entry_id),
        PointsDispute.work_order_id.is_not_distinct_from(work_order_id),
        PointsDispute.decided_at.is_(None),
    )
    return session.scalar(statement.order_by(PointsDispute.id)) is not None


def accepted_before(session: Session, dispute: PointsDispute) -> Decimal:
    """By how many points, up and down alike, accepted disputes changed this person's month already."""
    changed = select(func.coalesce(func.sum(func.abs(PointsDispute.accepted_points)), 0)).where(
        PointsDispute.staff_id == dispute.staff_id, PointsDispute.month == dispute.month
    )
    return Decimal(session.scalars(changed).one())


def find_corrected(session: Session, dispute: PointsDispute) -> PointsEntry | None:
    """The entry that a dispute is about: the one it names, else what was earned; None while the month is open."""
    about = [PointsEntry.id == dispute.entry_id]
    if dispute.entry_id is None:
        of_line = PointsEntry.month == dispute.month, PointsEntry.component == dispute.component
        about = [PointsEntry.staff_id == dispute.staff_id, *of_line, PointsEntry.kind == EntryKind.EARNED]
    return session.scalar(select(PointsEntry).where(*about).order_by(PointsEntry.id))


def get_decider_name(session: Session, dispute: PointsDispute) -> str:
    """Who decided on a dispute."""
    return session.scalars(select(Staff.name).where(Staff.id == dispute.decided_by_staff_id).order_by(Staff.id)).one()


def get_report(session: Session, dispute: PointsDispute, feedback_id: UUID | None) -> ContactFeedback:
    """The report that a dispute is about: this one, or the only one on its work order. Raises Invalid for one that is not of the
    person, the month and the work order of the dispute, and where it is not said which of several."""
    report = ContactFeedback
    mine = [report.staff_id == dispute.staff_id, report.month == dispute.month, is_current()]
    if dispute.work_order_id is not None:
        mine.append(report.work_order_id == dispute.work_order_id)
    elif feedback_id is None:
        raise Invalid("feedback_id", "which report is judged otherwise")
    if feedback_id is not None:
        mine.append(report.id == feedback_id)
    found = session.scalars(select(report).where(*mine).order_by(report.received_at, report.id).limit(2)).all()
    if len(found) != 1:
        raise Invalid(
            "feedback_id", "a report of this person's month" if not found else "which of the reports on this work order"
        )
    return found[0]


class Undecided(NamedTuple):
    """A dispute that passed its last day, with where it belongs."""

    dispute: PointsDispute
    grid_code: str
    branch_id: int
    branch_code: str


def lock_overdue(session: Session, today: date) -> Sequence[Undecided]:
    """Undecided disputes whose last day passed, locked, the oldest first."""
    grid, branch = aliased(Unit), aliased(Unit)
    statement = (
        select(PointsDispute, grid.code, branch.id, branch.code)
        .join(grid, grid.id == PointsDispute.grid_id)
        .join(branch, branch.id == grid.parent_id)
        .where(PointsDispute.decided_at.is_(None), PointsDispute.due_on < today)
        .order_by(PointsDispute.due_on, PointsDispute.id)
        .with_for_update(of=PointsDispute)
    )
    return [Undecided._make(row) for row in session.execute(statement)]


def open_notices(session: Session, kind: str) -> dict[int, str]:
    """Subject of the open notices of a kind by id."""
    rows = select(Notice.id, Notice.subject).where(Notice.kind == kind, Notice.resolved_at.is_(None)).order_by(Notice.id)
    return dict(session.execute(rows).all())


def get_company(session: Session) -> tuple[int, str]:
    """(id, code) of the company."""
    found = session.execute(select(Unit.id, Unit.code).where(Unit.kind == UnitKind.COMPANY).order_by(Unit.id)).first()
    assert found is not None  # without it there is no grid, and no dispute
    return found[0], found[1]
