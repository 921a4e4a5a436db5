"""Reads of what was said to managers."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.models.device import Device
from app.models.live import ManagerMessage
from app.models.notice import DeliveryState, OutboxDelivery
from app.models.organisation import Role, Staff


def managers_here(session: Session, staff_nos: Sequence[str], *, grid_ids: Collection[int], today: date) -> list[Staff]:
    """Those of these people who are terminal managers of these grids today, by id."""
    active = or_(Staff.active_to.is_(None), Staff.active_to >= today)
    statement = select(Staff).where(Staff.staff_no.in_(staff_nos), Staff.unit_id.in_(grid_ids))
    statement = statement.where(Staff.role == Role.TERMINAL_MANAGER, Staff.active_from <= today, active)
    return list(session.scalars(statement.order_by(Staff.id)))


def find_name(session: Session, staff_id: int | None) -> str | None:
    """A person's name."""
    return session.scalar(select(Staff.name).where(Staff.id == staff_id).order_by(Staff.id))


def unseen_counts(session: Session, staff_ids: Collection[int]) -> dict[int, int]:
    """By person: how many messages they have not seen."""
    statement = (
        select(ManagerMessage.staff_id, func.count())
        .where(ManagerMessage.staff_id.in_(staff_ids), ManagerMessage.seen_at.is_(None))
        .group_by(ManagerMessage.staff_id)
        .order_by(ManagerMessage.staff_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def phones_to_push(session: Session, staff_ids: Collection[int]) -> list[int]:
    """Their phones that want pushes; not those to which something is on its way, which will bring them here anyway."""
    pending = select(OutboxDelivery.id).where(
        OutboxDelivery.device_number == Device.id, OutboxDelivery.state == DeliveryState.PENDING
    )
    statement = select(Device.id).where(Device.staff_id.in_(staff_ids), Device.push_endpoint.is_not(None), ~pending.exists())
    return list(session.scalars(statement.order_by(Device.id)))


def find_mine(session: Session, message_id: int, *, staff_id: int | None) -> int | None:
    """The message, if it is to this person."""
    statement = select(ManagerMessage.id).where(ManagerMessage.id == message_id, ManagerMessage.staff_id == staff_id)
    return session.scalar(statement.order_by(ManagerMessage.id))


def unseen_messages(session: Session, staff_id: int | None) -> list[ManagerMessage]:
    """What this person has not seen, oldest first."""
    unseen = ManagerMessage.seen_at.is_(None)
    statement = select(ManagerMessage).where(ManagerMessage.staff_id == staff_id, unseen)
    return list(session.scalars(statement.order_by(ManagerMessage.id)))
