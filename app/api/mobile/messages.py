"""What was said to me by who leads me: it comes with my day, until I have seen it."""

from fastapi import APIRouter, status

from app.api.deps import Now, SessionDep, TerminalManager
from app.api.types import IdPath
from app.devices.messages import see_message

router = APIRouter(prefix="/mobile/v1/messages", tags=["phone"])


@router.post("/{message_id}/seen", status_code=status.HTTP_204_NO_CONTENT)
def see(message_id: IdPath, principal: TerminalManager, session: SessionDep, now: Now) -> None:
    """I have seen it."""
    see_message(session, message_id=message_id, principal=principal, now=now)
