"""Reads of alarms: a person's own, and all of them for the job that looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.security import Principal
from app.models.figures import FigureAlarm
from app.models.notice import Notice
from app.models.organisation import Role, Staff, Unit


class UnknownAlarm(NotFound):
    """There is no such alarm, or it is not yours."""

    code = "alarm.unknown"


@dataclass(frozen=True)
class AlarmRow:
    """An alarm and the unit that it watches."""

    alarm: FigureAlarm
    unit_code: str
    unit_name: str


def my_alarms(session: Session, principal: Principal) -> list[AlarmRow]:
    """Mine, the newest first."""
    statement = select(FigureAlarm, Unit.code, Unit.name).join(Unit, Unit.id == FigureAlarm.unit_id)
    mine = statement.where(FigureAlarm.staff_id == principal.staff_id).order_by(FigureAlarm.id.desc())
    return [AlarmRow(*row) for row in session.execute(mine)]


def get_my_alarm(session: Session, principal: Principal, alarm_id: int) -> AlarmRow:
    """One of mine, locked. Raises UnknownAlarm, alike for another's."""
    statement = select(FigureAlarm, Unit.code, Unit.name).join(Unit, Unit.id == FigureAlarm.unit_id)
    mine = statement.where(FigureAlarm.staff_id == principal.staff_id, FigureAlarm.id == alarm_id)
    row = session.execute(mine.with_for_update(of=FigureAlarm)).one_or_none()
    if row is None:
        raise UnknownAlarm
    return AlarmRow(*row)


@dataclass(frozen=True)
class Watched:
    """An alarm with its owner's role and unit as they are now, and those that its open notice was put to."""

    alarm: FigureAlarm
    role: Role
    owner_unit_id: int
    told_role: Role | None
    told_unit_id: int | None

    @property
    def is_told_elsewhere(self) -> bool:
        """Whether its notice is where the owner is not any more."""
        return self.told_role is not None and (self.told_role, self.told_unit_id) != (self.role, self.owner_unit_id)


def watched(session: Session) -> Sequence[Watched]:
    """Every alarm, locked, by id."""
    statement = (
        select(FigureAlarm, Staff.role, Staff.unit_id, Notice.role, Notice.unit_id)
        .join(Staff, Staff.id == FigureAlarm.staff_id)
        .outerjoin(Notice, Notice.id == FigureAlarm.notice_id)
    )
    rows = session.execute(statement.order_by(FigureAlarm.id).with_for_update(of=FigureAlarm))
    return [Watched(*row) for row in rows]
