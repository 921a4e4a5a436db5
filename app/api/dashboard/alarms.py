"""Alarms: what I want to be told of, when a figure passes a threshold of mine."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Now, SessionDep, Viewer
from app.api.types import Code, IdPath, In, Out
from app.figures.alarms.queries import AlarmRow, my_alarms
from app.figures.alarms.service import Wish, change_alarm, remove_alarm, set_alarm
from app.models.figures import AlarmSide

router = APIRouter(prefix="/dashboard/v1/alarms", tags=["dashboard"])


class AlarmIn(In):
    """A metric of a unit of mine over the last `days` days that are over. `certain`: only where its whole interval is beyond."""

    unit_code: Code
    metric: Code
    side: AlarmSide
    threshold: Annotated[Decimal, Field(max_digits=15, decimal_places=6)]
    days: Annotated[int, Field(ge=1, le=366)] = 30
    certain: bool = False

    def wish(self) -> Wish:
        """As the service wants it."""
        return Wish(**self.model_dump())


class AlarmOut(Out):
    """An alarm of mine. `value`: when it was looked at last; `raised_at`: since when it is beyond the threshold."""

    id: int
    unit_code: str
    unit_name: str
    metric: str
    side: AlarmSide
    threshold: Decimal
    days: int
    certain: bool
    value: Decimal | None
    evaluated_at: datetime | None
    raised_at: datetime | None


class AlarmsOut(Out):
    """The newest first."""

    items: list[AlarmOut]


@router.get("")
def list_alarms(principal: Viewer, session: SessionDep) -> AlarmsOut:
    """Mine."""
    return AlarmsOut(items=[_out(row) for row in my_alarms(session, principal)])


@router.post("", status_code=201)
def add(body: AlarmIn, principal: Viewer, session: SessionDep, now: Now) -> AlarmOut:
    """Set an alarm."""
    return _out(set_alarm(session, principal=principal, wish=body.wish(), now=now))


@router.put("/{alarm_id}")
def change(alarm_id: IdPath, body: AlarmIn, principal: Viewer, session: SessionDep, now: Now) -> AlarmOut:
    """Set an alarm of mine otherwise; what it raised is resolved."""
    return _out(change_alarm(session, principal=principal, alarm_id=alarm_id, wish=body.wish(), now=now))


@router.delete("/{alarm_id}", status_code=204)
def remove(alarm_id: IdPath, principal: Viewer, session: SessionDep, now: Now) -> None:
    """Take an alarm of mine away."""
    remove_alarm(session, principal=principal, alarm_id=alarm_id, now=now)


def _out(row: AlarmRow) -> AlarmOut:
    unit = {"unit_code": row.unit_code, "unit_name": row.unit_name}
    return AlarmOut.model_validate(unit | {name: getattr(row.alarm, name) for name in AlarmOut.model_fields if name not in unit})
