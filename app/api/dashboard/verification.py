"""Back-checks: somebody of another grid asks the customer about what was reported, without knowing it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, StringConstraints

from app.api.deps import CallRelay, GridManager, Now, SecretDep, SessionDep, SettingsDep
from app.api.types import Cursor, In, Limit, LongText, MonthText, OptionalMonth, Out, ShortText
from app.core.clock import Month
from app.models.feedback import Channel, Verdict
from app.reports import back_checks
from app.verification import asking
from app.verification.form import MOST_MINUTES, Kind

router = APIRouter(prefix="/dashboard/v1/back-checks", tags=["dashboard"])


class BackCheckOut(Out):
    """Whom to ask. Who reported, and what, is null until it is answered. `compared`: each answer beside the report's."""

    feedback_id: UUID
    month: MonthText
    grid_code: str
    staff_no: str | None
    manager_name: str | None
    customer_no: str | None
    customer_name: str | None
    phone: str | None
    channel: Channel | None
    outcome: str | None
    contacted_at: datetime | None
    feedback_note: str | None
    drawn_at: datetime
    answered_at: datetime | None
    verdict: Verdict | None
    compared: list[dict[str, Any]] | None
    note: str | None


class BackCheckPage(Out):
    """A page, the longest drawn first."""

    items: list[BackCheckOut]
    next_cursor: str | None


class QuestionOut(Out):
    """A question, and what an answer may be."""

    code: str
    type: int
    kind: Kind
    zh: str
    en: str
    choices: list[str]


class FormOut(Out):
    """The form, in its order."""

    items: list[QuestionOut]


class AnswerIn(In):
    """What the customer said, by question; nothing where `reached` is false. What was not asked is left out."""

    reached: bool = True
    answers: dict[Annotated[str, StringConstraints(max_length=40)], ShortText | Annotated[int, Field(ge=0, le=MOST_MINUTES)]] = (
        Field(default_factory=dict, max_length=20)
    )
    note: LongText | None = None


class AnswerOut(Out):
    """The answer as it is kept, and what came of it."""

    feedback_id: UUID
    verdict: Verdict
    compared: list[dict[str, Any]]
    note: str | None
    answered_at: datetime


class DialOut(Out):
    """What to dial."""

    number: str


class ConsequenceOut(Out):
    """What a share of differing answers asks for."""

    code: str
    zh: str
    en: str


class ErrorRateOut(Out):
    """Of the answers of one type, how many differ from what the manager reported."""

    staff_no: str
    manager_name: str
    grid_code: str
    type: int
    compared: int
    differing: int
    consequence: ConsequenceOut | None


class ErrorRatesOut(Out):
    """By manager and type of question."""

    month: MonthText
    items: list[ErrorRateOut]


@router.get("")
def drawn(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    answered: Annotated[bool, Query(description="those that have their answer, of my managers too")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> BackCheckPage:
    """The customers that I ask."""
    page = back_checks.drawn_page(session, principal=principal, answered=answered, secret=secret, cursor=cursor, limit=limit)
    return BackCheckPage(items=[BackCheckOut.model_validate(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/form")
def form(_: GridManager, session: SessionDep) -> FormOut:
    """What is asked."""
    return FormOut(items=[QuestionOut.model_validate(one) for one in back_checks.form_questions(session)])


@router.get("/error-rates")
def error_rates(principal: GridManager, session: SessionDep, month: OptionalMonth, now: Now) -> ErrorRatesOut:
    """How often customers say otherwise than my managers."""
    chosen = month or Month.of(now)
    items = back_checks.error_rates(session, grid_ids=principal.grid_ids, month=chosen)
    return ErrorRatesOut.model_validate({"month": str(chosen), "items": items})


@router.post("/{feedback_id}/call")
def call(
    feedback_id: UUID,
    principal: GridManager,
    session: SessionDep,
    settings: SettingsDep,
    relay: CallRelay,
    now: Now,
) -> DialOut:
    """What to dial; kept as every number that is handed out."""
    quota = settings.reveals_per_day
    dial = asking.call_for_back_check(session, feedback_id=feedback_id, principal=principal, relay=relay, quota=quota, now=now)
    return DialOut.model_validate(dial)


@router.post("/{feedback_id}/answer")
def answer(feedback_id: UUID, body: AnswerIn, principal: GridManager, session: SessionDep, now: Now) -> AnswerOut:
    """Record what the customer said, once; 409 where it is recorded."""
    kept = asking.answer_back_check(session, feedback_id=feedback_id, principal=principal, now=now, **body.model_dump())
    return AnswerOut.model_validate(kept)
