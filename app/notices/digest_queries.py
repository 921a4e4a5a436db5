"""Reads behind the day's mail."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.notice import MailAddress
from app.models.organisation import Role, Staff, Unit


@dataclass(frozen=True)
class Person:
    """Somebody who gets mail."""

    staff_id: int
    role: Role
    unit_id: int
    unit_name: str


def people_with_mail(session: Session, *, today: date) -> list[Person]:
    """The active grid and branch managers who have a mail address, by id."""
    statement = (
        select(Staff.id, Staff.role, Staff.unit_id, Unit.name)
        .join(MailAddress, MailAddress.staff_id == Staff.id)
        .join(Unit, Unit.id == Staff.unit_id)
        .where(
            Staff.role.in_([Role.GRID_MANAGER, Role.BRANCH_MANAGER]),
            Staff.active_from <= today,
            or_(Staff.active_to.is_(None), Staff.active_to >= today),
        )
        .order_by(Staff.id)
    )
    return [Person(*row) for row in session.execute(statement)]


def find_staff_id(session: Session, staff_no: str) -> int | None:
    """Who has this number."""
    return session.scalar(select(Staff.id).where(Staff.staff_no == staff_no).order_by(Staff.id))
