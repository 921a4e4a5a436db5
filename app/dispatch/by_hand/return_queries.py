"""Reads of work orders that were given back."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.device import Device
from app.models.escalation import PhonePull
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrderEvent, WorkOrderReturn


class UnknownReturn(NotFound):
    """There is no such return, or it is not yours to decide."""

    code = "return.unknown"


def get_return(session: Session, return_id: int, *, grid_ids: Collection[int] | None) -> WorkOrderReturn:
    """A return in these grids (None: anywhere); raises UnknownReturn."""
    statement = select(WorkOrderReturn).where(WorkOrderReturn.id == return_id)
    if grid_ids is not None:
        statement = statement.where(WorkOrderReturn.grid_id.in_(grid_ids))
    found = session.scalar(statement.order_by(WorkOrderReturn.id))
    if found is None:
        raise UnknownReturn
    return found


def find_undecided(session: Session, work_order_id: int) -> WorkOrderReturn | None:
    """The return of a work order on which nobody decided yet."""
    undecided = WorkOrderReturn.decided_at.is_(None)
    statement = select(WorkOrderReturn).where(WorkOrderReturn.work_order_id == work_order_id, undecided)
    return session.scalar(statement.order_by(WorkOrderReturn.id))


def find_own_report(session: Session, feedback_id: UUID, work_order_id: int) -> UUID | None:
    """The report, if it is on this work order and may be seen."""
    statement = select(ContactFeedback.id).where(
        ContactFeedback.id == feedback_id, ContactFeedback.work_order_id == work_order_id
    )
    return session.scalar(statement.order_by(ContactFeedback.id))


def has_moved_since(session: Session, work_order_id: int, instant: datetime) -> bool:
    """Whether anything happened to a work order, or was reported on it, after this."""
    event = exists().where(WorkOrderEvent.work_order_id == work_order_id, WorkOrderEvent.happened_at > instant)
    report = exists().where(ContactFeedback.work_order_id == work_order_id, ContactFeedback.received_at > instant)
    return session.scalars(select(or_(event, report))).one()


def phone_was_there(session: Session, staff_id: int, instant: datetime) -> bool:
    """Whether a phone of this manager is known to have asked for its work, or to have said how it stands, after this."""
    pulled = exists().where(PhonePull.staff_id == staff_id, PhonePull.pulled_at > instant)
    synced = exists().where(Device.staff_id == staff_id, Device.last_sync_at > instant)
    return session.scalars(select(or_(pulled, synced))).one()
