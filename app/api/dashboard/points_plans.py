"""Points plans: versions that two persons sign, the page that managers read, and what a plan would have paid."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.api.deps import Approver, Now, PlannerOrApprover, SessionDep, Viewer
from app.api.types import Code, In, LongText, Out, ShortText
from app.points.plans import service as planning
from app.reports import points_plans as reports

router = APIRouter(prefix="/dashboard/v1/points-plans", tags=["dashboard"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Months = Annotated[int, Query(ge=1, le=reports.MOST_MONTHS, description="so many of the last closed months")]
_SUCCESS: JsonDict = {"component": "success", "weight": "20", "floor": "0.8", "target": "1.3", "cap": "1.2", "fallback": "0.5"}
_EXAMPLE: JsonDict = {
    "code": "default",
    "unit_code": None,
    "effective_from": "2027-01",
    "effective_to": None,
    "pays": "success_index",
    "index_prior": "5",
    "minimum_matured": 10,
    "minimum_judged": 5,
    "components": [_SUCCESS],
    "note": "pays what was achieved against what the territory allows",
}


class ComponentIn(In):
    """Weight in points; floor and target are values of the component, cap and fallback shares of the weight."""

    component: ShortText
    weight: ShortText
    floor: ShortText
    target: ShortText
    cap: ShortText
    fallback: ShortText


class PlanIn(In):
    """A new version, whole. Exact numbers are text, months YYYY-MM; `unit_code`: a branch with its own; null: the company."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: Code
    unit_code: Code | None = None
    effective_from: ShortText
    effective_to: ShortText | None = None
    pays: ShortText
    index_prior: ShortText
    minimum_matured: int
    minimum_judged: int
    components: Annotated[list[ComponentIn], Field(max_length=10)]
    note: LongText = ""


class CommentIn(In):
    """What is to be said with a step."""

    comment: LongText = ""


class PlanOut(Out):
    """A version with its rules and where it stands: draft, submitted, approved, sent_back or built_in."""

    number: int
    code: str
    version: int
    unit_code: str | None
    effective_from: str
    effective_to: str | None
    pays: str
    index_prior: str
    minimum_matured: int
    minimum_judged: int
    components: list[dict[str, str]]
    note: str
    status: str
    author: str | None
    last_by: str | None
    last_at: datetime | None
    last_comment: str | None


class TermsOut(Out):
    """What pays, without months and signatures."""

    code: str
    pays: str
    index_prior: str
    minimum_matured: int
    minimum_judged: int
    components: list[dict[str, str]]


class PlansOut(Out):
    """Every version, newest first; `in_force`: the numbers of those that pay this month.

    `earliest`: the month from which a new one may be in force; `built_in`: what it may begin with.
    """

    items: list[PlanOut]
    in_force: list[int]
    earliest: str
    built_in: TermsOut


class DocumentOut(Out):
    """The page in Chinese and English, as Markdown."""

    zh: str
    en: str


class ReplayedOut(Out):
    """A manager over the months. `kind`: what the grid's customers promise: little, some or much."""

    staff_no: str
    grid_code: str
    kind: str
    paid: Decimal
    replayed: Decimal
    change: Decimal


class KindOut(Out):
    """Managers of grids of a kind, with the points of a manager's month in the mean."""

    kind: str
    grids: int
    managers: int
    promise: Decimal | None
    paid: Decimal
    replayed: Decimal


class ReplayOut(Out):
    """What closed months would have paid; the gaps are between the kinds of grid that fare best and worst."""

    months: list[str]
    winners: int
    losers: int
    unchanged: int
    cost_paid: Decimal
    cost_replayed: Decimal
    kinds: list[KindOut]
    gap_paid: Decimal
    gap_replayed: Decimal
    managers: list[ReplayedOut]


class TrialOut(Out):
    """The page of a plan that is not stored, and what closed months would have paid by it; null where none is closed."""

    zh: str
    en: str
    replay: ReplayOut | None


@router.get("")
def plans(_: Viewer, session: SessionDep, now: Now) -> PlansOut:
    """Every version of every plan with who wrote and who signed it."""
    return PlansOut.model_validate(reports.plan_list(session, now=now))


@router.post("", status_code=201)
def draft(body: PlanIn, principal: PlannerOrApprover, session: SessionDep, now: Now) -> PlanOut:
    """Write a new version; nobody is paid by it before another person approved it. A branch manager writes the branch's own."""
    standing = planning.draft_plan(session, written=body.model_dump(), by=principal, now=now)
    return PlanOut.model_validate(reports.plan_view(session, standing))


@router.post("/trial")
def try_out(body: PlanIn, _: PlannerOrApprover, session: SessionDep, now: Now, months: Months = 3) -> TrialOut:
    """A plan tried out before it is written: the page that managers would read, and the last closed months again by it."""
    return TrialOut.model_validate(reports.try_plan(session, written=body.model_dump(), months=months, now=now))


@router.get("/{number}")
def plan(number: Number, _: Viewer, session: SessionDep) -> PlanOut:
    """One version."""
    return PlanOut.model_validate(reports.one_plan(session, number))


@router.get("/{number}/document")
def document(number: Number, _: Viewer, session: SessionDep) -> DocumentOut:
    """The plan as managers read it on their phones."""
    return DocumentOut.model_validate(reports.document_of(session, number))


@router.get("/{number}/replay")
def replay(number: Number, _: PlannerOrApprover, session: SessionDep, months: Months = 3) -> ReplayOut:
    """The last closed months again by this plan, for those of my grids: cost, winners and losers, kinds of grid."""
    return ReplayOut.model_validate(reports.replay_plan(session, number=number, months=months))


@router.post("/{number}/submit")
def submit(number: Number, body: CommentIn, principal: PlannerOrApprover, session: SessionDep, now: Now) -> PlanOut:
    """Ask for the approval of a draft."""
    standing = planning.submit_plan(session, plan_id=number, by=principal, comment=body.comment, now=now)
    return PlanOut.model_validate(reports.plan_view(session, standing))


@router.post("/{number}/approve")
def approve(number: Number, body: CommentIn, principal: Approver, session: SessionDep, now: Now) -> PlanOut:
    """Approve what another person wrote and submitted; a branch manager what is for the own branch."""
    standing = planning.approve_plan(session, plan_id=number, by=principal, comment=body.comment, now=now)
    return PlanOut.model_validate(reports.plan_view(session, standing))


@router.post("/{number}/send-back")
def send_back(number: Number, body: CommentIn, principal: PlannerOrApprover, session: SessionDep, now: Now) -> PlanOut:
    """Refuse a submitted plan and say what a new version is to change."""
    standing = planning.send_back_plan(session, plan_id=number, by=principal, comment=body.comment, now=now)
    return PlanOut.model_validate(reports.plan_view(session, standing))
