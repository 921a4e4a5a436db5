"""Lines of my points that I dispute."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import DisputeTermsDep, Now, SecretDep, SessionDep, TerminalManager
from app.api.types import LARGEST_ID, Cursor, In, Limit, LongText, MonthText, Out, ShortText, read_month
from app.models.feedback import Verdict
from app.models.organisation import Role
from app.models.points import Component
from app.points.disputes.service import Disputed, raise_dispute
from app.reports.disputes import disputes_of, get_dispute_row

router = APIRouter(prefix="/mobile/v1/points/disputes", tags=["phone"])

MOST_ATTACHMENTS = 10
Points = Annotated[Decimal, Field(max_digits=14, decimal_places=4)]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class DisputeIn(In):
    """Which line (a component; perhaps one entry of it, or one work order behind it), what it should read, and why."""

    id: UUID = Field(description="made on the phone; the same again changes nothing")
    month: ShortText = Field(examples=["2026-10"])
    component: Component
    work_order_id: RowId | None = None
    entry_id: RowId | None = None
    expected: ShortText = Field(examples=["success", "18.5"])
    expected_points: Points | None = Field(None, description="what the line should read as a figure; else read from expected")
    reason: Annotated[LongText, Field(min_length=1)]
    evidence: LongText | None = None
    attachment_ids: list[UUID] = Field(default=[], max_length=MOST_ATTACHMENTS)


class PostedOut(Out):
    """An entry that came of a dispute: in which month, and how many points."""

    entry_id: int
    month: MonthText
    points: Decimal


class MyDisputeOut(Out):
    """A dispute of mine; `shown`: the line as it stood then; `status`: open, accepted or rejected, with the reason.

    `due_on`: the last day to decide on it, `overdue`: that day passed; `waits_for_second`: accepted by one of the two who are
    needed; `decided_by`: who decided, with their role; `posted`: the entry that an accepted one posted; `verdict`: how a report
    is judged by it: while the month is open that counts in its lines by `accepted_points`, and nothing is posted.
    """

    id: UUID
    month: MonthText
    component: Component
    entry_id: int | None
    work_order_id: int | None
    expected: str
    reason: str
    evidence: str | None
    attachment_ids: list[UUID]
    shown: dict[str, Any]
    raised_at: datetime
    status: str
    decision_reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    decided_by_role: Role | None
    expected_points: Decimal | None
    due_on: date | None
    overdue: bool
    waits_for_second: bool
    accepted_points: Decimal | None
    verdict: Verdict | None
    posted: PostedOut | None


class MyDisputes(Out):
    """A page, newest first."""

    items: list[MyDisputeOut]
    next_cursor: str | None


@router.post("")
def dispute(body: DisputeIn, principal: TerminalManager, session: SessionDep, now: Now, terms: DisputeTermsDep) -> MyDisputeOut:
    """Dispute a line of mine; my grid manager or somebody above decides. 409: the line is disputed already, its month's days
    for that are over, or the id is taken."""
    said = body.model_dump() | {"attachment_ids": [str(one) for one in body.attachment_ids], "month": read_month(body.month)}
    made = raise_dispute(session, principal=principal, disputed=Disputed(**said), now=now, terms=terms)
    return MyDisputeOut.model_validate(get_dispute_row(session, made, now=now))


@router.get("")
def my_disputes(
    principal: TerminalManager, session: SessionDep, secret: SecretDep, now: Now, cursor: Cursor = None, limit: Limit = 100
) -> MyDisputes:
    """My disputes and what became of them."""
    page = disputes_of(session, staff_id=principal.staff_id or 0, now=now, secret=secret, cursor=cursor, limit=limit)
    return MyDisputes.model_validate(page)
