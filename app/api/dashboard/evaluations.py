"""What campaigns and programmes brought: kept evaluations, asked for again, and as a file to send."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse

from app.api.chinese.rows import Failable
from app.api.dashboard.campaign_life import CommentIn
from app.api.deps import Now, PlannerOrAnalyst, SecretDep, SessionDep, Viewer
from app.api.types import LARGEST_ID, CodePath, Cursor, Limit, Out, ShortText
from app.evaluation.requests import evaluate_or_request, report_request
from app.reports.evaluation import kept, page

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])

Programme = Annotated[ShortText, Path(max_length=64, description="name of the programme")]
RequestId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Number = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="version; none: the newest")]
_NO_COMMENT = CommentIn()
USUAL_PAGE = 50  # each is read whole


class EvaluatedOut(Out):
    """A campaign with the key figures of its newest evaluation.

    effect: difference of treated and control in shares of customers who bought, with its 95 % interval (low, high), and the
    sales that makes; verdict: more, fewer, open, silent (too few to say). incremental_return: amount, low, high.
    """

    code: str
    name: str
    product_code: str
    product_name: str
    programme: str | None
    starts_on: date
    ends_on: date
    number: int
    computed_at: datetime
    is_final: bool
    targets: int
    successes: int
    success_rate: float | None
    effect: dict[str, Any]
    ratio_alarms: bool
    cost: str | None
    gross_return: float | None
    incremental_return: list[float] | None


class EvaluatedPageOut(Out):
    """Evaluated campaigns, newest first."""

    items: list[EvaluatedOut]
    next_cursor: str | None


class EvaluatedManagerOut(Out):
    """A manager with the success index of this campaign and its 95 % interval; verdict: above, below, as (no more than chance),
    silent (too few)."""

    staff_no: str
    name: str
    grid_code: str
    orders: Decimal
    successes: Decimal
    expected: Decimal
    index: float
    low: float
    high: float
    verdict: str


class EvaluationOut(Out):
    """One evaluation as it was kept. `figures`: funnel, success, effect, ratio, contamination, looks, calibration, money, pace,
    objections, managers, talk_tracks, talks, advice; `bounds`: up to where the inputs reached; `difference` to the one before;
    `words`: codes of reasons, objections and contacts in Chinese and English."""

    code: str
    name: str
    product_code: str
    product_name: str
    product_family: str
    programme: str | None
    unit_code: str | None
    starts_on: date
    ends_on: date
    status: str
    number: int
    newest: int
    computed_at: datetime
    login: str | None
    comment: str | None
    is_final: bool
    bounds: dict[str, Any]
    figures: dict[str, Any]
    difference: dict[str, Any] | None
    words: dict[str, tuple[str, str]]
    managers: list[EvaluatedManagerOut]


class EvaluationVersionOut(Out):
    """A version; `login` null: the system. late, gone: sales that came or went since the version before."""

    number: int
    computed_at: datetime
    login: str | None
    comment: str | None
    is_final: bool
    late: int | None
    gone: int | None


class EvaluationVersionsOut(Out):
    """The versions of a campaign's evaluation, newest first."""

    items: list[EvaluationVersionOut]


class AskedOut(Out):
    """`number`: of the new evaluation; or `requested`: the worker makes it, progress at `evaluation-requests`."""

    number: int | None
    requested: int | None


class EvaluationRequestOut(Failable):
    """How far an evaluation is that was left to the worker. state: waiting, done, failed with its `error`."""

    id: int
    campaign_code: str
    state: str
    requested_at: datetime
    finished_at: datetime | None
    error: str | None


class ProgrammeSumOut(Out):
    """Sums over campaigns; sales: what the contacts added, with the 95 % interval of the sum, over the `said` of `campaigns`."""

    campaigns: int
    said: int
    alarms: int
    funnel: dict[str, int]
    orders: int
    successes: int
    treated: int
    sales: float | None
    sales_low: float | None
    sales_high: float | None
    cost: Decimal | None
    revenue: Decimal
    margin: Decimal
    gross_return: float | None
    added_margin: float | None
    added_margin_low: float | None
    added_margin_high: float | None
    incremental_return: float | None


class ProgrammeEvaluationOut(Out):
    """A programme over the newest evaluations of its campaigns."""

    programme: str
    total: ProgrammeSumOut
    campaigns: list[EvaluatedOut]


@router.get("/evaluations")
def list_evaluations(
    reader: Viewer, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = USUAL_PAGE
) -> EvaluatedPageOut:
    """Evaluated campaigns of the company and of my branch."""
    found = kept.evaluation_page(session, reader=reader, secret=secret, cursor=cursor, limit=limit)
    return EvaluatedPageOut.model_validate(found)


@router.get("/campaigns/{code}/evaluation")
def get_evaluation(code: CodePath, reader: Viewer, session: SessionDep, number: Number = None) -> EvaluationOut:
    """What a campaign brought, as it was found; of the managers those of my grids."""
    return EvaluationOut.model_validate(kept.evaluation_view(session, code=code, number=number, reader=reader))


@router.get("/campaigns/{code}/evaluation/file", response_class=HTMLResponse)
def get_evaluation_file(code: CodePath, reader: Viewer, session: SessionDep, number: Number = None) -> HTMLResponse:
    """The same as one HTML file with everything inside it: to send, to keep, to print."""
    view = kept.evaluation_view(session, code=code, number=number, reader=reader)
    return HTMLResponse(page.render_evaluation(view), headers=page.file_headers(view))


@router.get("/campaigns/{code}/evaluations")
def list_versions(code: CodePath, reader: Viewer, session: SessionDep) -> EvaluationVersionsOut:
    """All versions of a campaign's evaluation."""
    return EvaluationVersionsOut.model_validate({"items": kept.evaluation_versions(session, code=code, reader=reader)})


@router.post("/campaigns/{code}/evaluations", status_code=201)
def ask_for_evaluation(
    code: CodePath, by: PlannerOrAnalyst, session: SessionDep, now: Now, body: CommentIn = _NO_COMMENT
) -> AskedOut:
    """Look at a campaign that is over once more: the next version. A large one is left to the worker."""
    return AskedOut.model_validate(
        evaluate_or_request(session, campaign_code=code, by=by, comment=body.comment, concludes=False, now=now)
    )


@router.get("/evaluation-requests/{request_id}")
def get_evaluation_request(request_id: RequestId, _: PlannerOrAnalyst, session: SessionDep) -> EvaluationRequestOut:
    """How far an evaluation is that was left to the worker."""
    return EvaluationRequestOut.model_validate(report_request(session, request_id=request_id))


@router.get("/programmes/{programme}/evaluation")
def get_programme_evaluation(programme: Programme, reader: Viewer, session: SessionDep) -> ProgrammeEvaluationOut:
    """What a programme brought: sums over its campaigns."""
    return ProgrammeEvaluationOut.model_validate(kept.programme_view(session, programme=programme, reader=reader))


@router.get("/programmes/{programme}/evaluation/file", response_class=HTMLResponse)
def get_programme_file(programme: Programme, reader: Viewer, session: SessionDep) -> HTMLResponse:
    """The same as one HTML file."""
    view = kept.programme_view(session, programme=programme, reader=reader)
    return HTMLResponse(page.render_programme(view), headers=page.HEADERS)
