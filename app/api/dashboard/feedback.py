"""What the managers of my grids reported and was not taken: the reasons, and trying it again."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.chinese.rows import Refusable
from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, In, Limit, Out, ShortText
from app.feedback import queries
from app.feedback.decisions import Status
from app.feedback.replaying import MOST_REPLAYED, replay_set_aside
from app.feedback.values import LARGEST_ID

router = APIRouter(prefix="/dashboard/v1/feedback", tags=["dashboard"])


class SetAsideReport(Refusable):
    """A report that was not taken, and why. One that waits is taken by itself when the other one arrives."""

    id: int
    feedback_id: str
    staff_no: str
    staff_name: str
    code: str
    detail: str
    waits_for_id: UUID | None
    received_at: datetime
    content: Any


class SetAsideReports(Out):
    """Newest first."""

    items: list[SetAsideReport]
    next_cursor: str | None


class ReplayIn(In):
    """Which of them: these, of this reason, or both; with neither all that my grids' managers sent."""

    ids: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] | None = Field(None, min_length=1, max_length=MOST_REPLAYED)
    code: ShortText | None = Field(None, examples=["feedback.unknown_order"])


class ReplayedReport(Refusable):
    """What came of one: accepted, or what it still is, and why."""

    id: int
    feedback_id: str
    staff_no: str
    status: Status
    code: str | None
    detail: str | None


class ReplayedReports(Out):
    """Those found: what is not mine, or was taken before, is not among them."""

    items: list[ReplayedReport]


@router.get("/set-aside")
def set_aside(
    principal: GridManager, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = 100
) -> SetAsideReports:
    """Reports of my grids' managers that were not taken, with the reason, newest first."""
    page = queries.set_aside_in_grids(session, principal=principal, secret=secret, cursor=cursor, limit=limit)
    return SetAsideReports(items=[SetAsideReport.model_validate(one) for one in page.items], next_cursor=page.next_cursor)


@router.post("/set-aside/replay")
def replay(body: ReplayIn, principal: GridManager, session: SessionDep, now: Now) -> ReplayedReports:
    """Judge reports that were set aside again, once their cause is mended; at most 500 at once, oldest first."""
    tried = replay_set_aside(session, principal=principal, ids=body.ids, code=body.code, now=now)
    return ReplayedReports(items=[ReplayedReport.model_validate(one) for one in tried])
