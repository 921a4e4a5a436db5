"""Reads behind disputes."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import seeing_ones_grids
from app.core.errors import NotFound
from app.models.dispute import PointsDispute
from app.models.feedback import ContactFeedback
from app.models.points import Component, PointsEntry
from app.models.work_order import WorkOrder


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


def has_entry(session: Session, entry_id: int, *, staff_id: int, month: Month, component: Component) -> bool:
    """Whether this is an entry of this person's month and component."""
    statement = select(PointsEntry.id).where(
        PointsEntry.id == entry_id,
        PointsEntry.staff_id == staff_id,
        PointsEntry.month == month,
        PointsEntry.component == component,
    )
    return session.scalar(statement.order_by(PointsEntry.id)) is not None


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
