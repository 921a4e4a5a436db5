"""What I should look at: notices to my role in my unit."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.api.deps import Now, SecretDep, SessionDep, Viewer
from app.api.types import Cursor, IdPath, Limit, Out
from app.notices import inbox, inbox_queries

router = APIRouter(prefix="/dashboard/v1/notices", tags=["dashboard"])


class NoticeOut(Out):
    """A notice in words. `read`: by me, since it was last raised. Resolved: the reason for it is gone."""

    id: int
    kind: str
    raised_at: datetime
    resolved_at: datetime | None
    read: bool
    text_zh: str
    text_en: str
    staff_no: str | None
    data: dict[str, Any]


class InboxOut(Out):
    """A page, newest first; `unread` counts all that are open."""

    items: list[NoticeOut]
    unread: int
    next_cursor: str | None


class AllReadOut(Out):
    """How many were unread."""

    read: int


@router.get("")
def list_notices(
    principal: Viewer,
    session: SessionDep,
    secret: SecretDep,
    resolved: Annotated[bool, Query(description="also those that are resolved")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> InboxOut:
    """My notices, and how many of them I have not read."""
    found = inbox_queries.my_notices(session, principal, resolved=resolved, cursor=cursor, limit=limit, secret=secret)
    return InboxOut.model_validate(found)


@router.post("/read")
def read_all(principal: Viewer, session: SessionDep, now: Now) -> AllReadOut:
    """I have read all of them."""
    return AllReadOut(read=inbox.mark_all_read(session, principal=principal, now=now))


@router.post("/{notice_id}/read")
def read_one(notice_id: IdPath, principal: Viewer, session: SessionDep, now: Now) -> NoticeOut:
    """I have read this one."""
    return NoticeOut.model_validate(inbox.mark_read(session, principal=principal, notice_id=notice_id, now=now))
