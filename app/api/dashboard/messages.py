"""A few words to the phones of my managers, and which of them were seen."""

from datetime import datetime

from fastapi import APIRouter, status
from pydantic import Field

from app.api.deps import GridManager, Now, SessionDep
from app.api.types import In, Out, ShortText
from app.devices.messages import MOST_AT_ONCE, send_messages
from app.reports.live.messages import messages_of

router = APIRouter(prefix="/dashboard/v1/messages", tags=["dashboard"])


class MessageIn(In):
    """What is said to whom; it is on their phones with the next sync, at once where they are pushed to."""

    staff_nos: list[ShortText] = Field(min_length=1, max_length=MOST_AT_ONCE)
    body: ShortText


class SentOut(Out):
    """How many were told."""

    sent: int


class MessageOut(Out):
    """A message to one manager; `seen_at`: when they said that they had seen it."""

    id: int
    staff_no: str
    manager_name: str
    from_name: str
    body: str
    sent_at: datetime
    seen_at: datetime | None


class MessageList(Out):
    """The latest, newest first."""

    items: list[MessageOut]


@router.get("")
def list_messages(principal: GridManager, session: SessionDep) -> MessageList:
    """What was said to managers of my grids lately."""
    return MessageList.model_validate({"items": messages_of(session, grid_ids=principal.grid_ids)})


@router.post("", status_code=status.HTTP_201_CREATED)
def send(body: MessageIn, principal: GridManager, session: SessionDep, now: Now) -> SentOut:
    """Say something to managers of my grids."""
    grids = principal.grid_ids
    made = send_messages(session, staff_nos=body.staff_nos, body=body.body, principal=principal, grid_ids=grids, now=now)
    return SentOut(sent=len(made))
