"""Cases of my grids: all evidence on one page, decided with a reason, and where pay falls by two persons."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, IdPath, In, Limit, LongText, MonthText, OptionalMonth, Out
from app.core.clock import Month
from app.models.evidence import CaseDecision, CaseKind
from app.models.review import ReviewAct
from app.reports.accuracy import accuracy_in
from app.reports.reviews import Standing, case_page, show_case
from app.verification.reviewing.service import decide_case, second_case

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])


class ReasonOut(Out):
    """Why it is a case: a rule, in words, with its figures."""

    rule: str
    version: int
    zh: str
    en: str
    facts: dict[str, Any]


class CaseOut(Out):
    """A case about one report, or about a manager's month."""

    id: int
    kind: CaseKind
    staff_no: str
    manager_name: str
    grid_code: str
    month: MonthText
    feedback_id: UUID | None
    reasons: list[ReasonOut]
    opened_at: datetime
    decision: CaseDecision | None
    decision_reason: str | None
    decided_at: datetime | None
    seconded_at: datetime | None


class CasePage(Out):
    """A page, the longest open first."""

    items: list[CaseOut]
    next_cursor: str | None


class AccuracyOut(Out):
    """A manager's accuracy with its 95 % interval, beside the grid's; exact decimals as text. `near_grid` is not paid."""

    confirmed: int
    contradicted: int
    unverifiable: int
    accuracy: str | None
    low: str | None
    high: str | None
    effective_judged: str | None
    grid: str | None
    near_grid: str | None


class ManagerAccuracyOut(AccuracyOut):
    """And whose it is."""

    staff_no: str
    name: str
    grid_code: str


class AccuraciesOut(Out):
    """Everybody who reported in my grids in a month."""

    month: MonthText
    items: list[ManagerAccuracyOut]


class EventOut(Out):
    """What somebody did about it."""

    act: ReviewAct
    reason: str
    login: str
    happened_at: datetime


class CaseWholeOut(Out):
    """One case with all there is. `evidence` is null for a case about a month."""

    case: CaseOut
    evidence: dict[str, Any] | None
    manager_month: dict[str, Any]
    manager_figures: AccuracyOut
    events: list[EventOut]


class DecisionIn(In):
    """Upheld: it is not true; dismissed: nothing is wrong. And why."""

    decision: CaseDecision
    reason: LongText


class SecondIn(In):
    """Whether the second person agrees, and why."""

    agrees: bool
    reason: LongText


class DecidedOut(Out):
    """The case as it stands."""

    id: int
    decision: CaseDecision | None
    decided_at: datetime | None
    seconded_at: datetime | None


@router.get("/reviews")
def cases(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    standing: Annotated[Standing, Query(description="open, to_second (upheld, waits for a second person), done")] = Standing.OPEN,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> CasePage:
    """The cases of my grids."""
    grids = principal.grid_ids
    page = case_page(session, grid_ids=grids, standing=standing, secret=secret, cursor=cursor, limit=limit)
    return CasePage(items=[CaseOut.model_validate(row) for row in page.items], next_cursor=page.next_cursor)


@router.get("/reviews/{case_id}")
def one_case(case_id: IdPath, principal: GridManager, session: SessionDep) -> CaseWholeOut:
    """All evidence of one."""
    return CaseWholeOut.model_validate(show_case(session, case_id=case_id, grid_ids=principal.grid_ids))


@router.post("/reviews/{case_id}/decision")
def decide(case_id: IdPath, body: DecisionIn, principal: GridManager, session: SessionDep, now: Now) -> DecidedOut:
    """Decide, once, never on myself. An upheld case waits for a second person."""
    grids = principal.grid_ids
    case = decide_case(session, case_id=case_id, principal=principal, grid_ids=grids, now=now, **body.model_dump())
    return DecidedOut.model_validate(case)


@router.post("/reviews/{case_id}/second")
def second(case_id: IdPath, body: SecondIn, principal: GridManager, session: SessionDep, now: Now) -> DecidedOut:
    """Agree to what somebody else upheld, which makes the verdict; or send it back."""
    grids = principal.grid_ids
    case = second_case(session, case_id=case_id, principal=principal, grid_ids=grids, now=now, **body.model_dump())
    return DecidedOut.model_validate(case)


@router.get("/accuracy")
def accuracies(principal: GridManager, session: SessionDep, month: OptionalMonth, now: Now) -> AccuraciesOut:
    """How true the reports of my people are, and how sure that is."""
    chosen = month or Month.of(now)
    items = accuracy_in(session, month=chosen, grid_ids=principal.grid_ids)
    return AccuraciesOut.model_validate({"month": str(chosen), "items": items})
