"""My day: what to do first, which way to walk, and more work where there is time for it."""

from datetime import date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.deps import Now, SessionDep, TerminalManager
from app.api.types import In, Out
from app.core.errors import Invalid
from app.dispatch.by_hand.pool import take_from_pool
from app.dispatch.days.today import Because
from app.reports.day import day_of

router = APIRouter(prefix="/mobile/v1", tags=["phone"])

MOST_TAKEN = 50


class DayItemOut(Out):
    """A work order of today. callback: waits to be called today; last_day; value; later: wants to be called another day."""

    work_order_id: int
    because: Because
    callback_at: datetime | None
    due_on: date


class LegOut(Out):
    """The next one, and the straight line to it: in a walk from the visit before, in `nearest` from where I am."""

    work_order_id: int
    metres: int


class QuietHoursOut(Out):
    """No contact by this channel (`any`: by none) from `begins` until `ends`, local; over midnight where it ends earlier."""

    channel: str
    begins: time
    ends: time


class MessageOut(Out):
    """What somebody who leads me wants me to know; tell `/mobile/v1/messages/{id}/seen` once I have seen it."""

    id: int
    from_name: str
    body: str
    sent_at: datetime


class DayOut(Out):
    """Offered, not prescribed: do it in any order. `nearest`: where I said where I am, all that has a place, calls too.
    `quiet_hours`: when the contact policy lets nobody be contacted, today."""

    day: date
    recommended: list[DayItemOut]
    walk: list[LegOut]
    nearest: list[LegOut]
    quiet_hours: list[QuietHoursOut]
    messages: list[MessageOut]


class TakeIn(In):
    """How many more."""

    count: int = Field(ge=1, le=MOST_TAKEN)


class TakenOut(Out):
    """What is mine now; the next pull has it."""

    work_order_ids: list[int]


Latitude = Annotated[float | None, Query(ge=-90, le=90, description="where I am; without it the walk begins at a visit")]
Longitude = Annotated[float | None, Query(ge=-180, le=180, description="goes with `latitude`")]


@router.get("/day")
def my_day(
    principal: TerminalManager, session: SessionDep, now: Now, latitude: Latitude = None, longitude: Longitude = None
) -> DayOut:
    """Today's work in the order recommended, and a walking order of its visits."""
    found = day_of(session, principal=principal, start=_start(latitude, longitude), now=now)
    items = [DayItemOut.model_validate(item) for item in found.recommended]
    legs = {
        name: [LegOut(work_order_id=leg.key, metres=leg.metres) for leg in getattr(found, name)] for name in ("walk", "nearest")
    }
    quiet = [QuietHoursOut.model_validate(rule) for rule in found.quiet]
    messages = [MessageOut.model_validate(one) for one in found.messages]
    return DayOut(day=found.day, recommended=items, quiet_hours=quiet, messages=messages, **legs)


@router.post("/pool/take")
def take(body: TakeIn, principal: TerminalManager, session: SessionDep, now: Now) -> TakenOut:
    """Take work from the pool of my grid, the most promising first, as far as my capacity of today goes."""
    taken = take_from_pool(session, principal=principal, count=body.count, now=now)
    return TakenOut(work_order_ids=[order.id for order in taken])


def _start(latitude: float | None, longitude: float | None) -> tuple[float, float] | None:
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        raise Invalid("latitude", "both latitude and longitude, or neither")
    return latitude, longitude
