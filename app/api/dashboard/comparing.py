"""Branches, grids and managers side by side, what grids are to reach, and the work orders behind it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from app.api.deps import Approver, Now, SecretDep, SessionDep, Viewer
from app.api.types import CODE, Code, CodePath, Cursor, In, Limit, MonthPath, MonthText, Out
from app.core.sheets import FileFormat, write_sheet
from app.figures.targets.service import set_targets
from app.models.work_order import WorkOrderState
from app.reports.comparing.asking import Against, Language, ask
from app.reports.comparing.orders import Which, manager_orders
from app.reports.comparing.page import Asked, compare
from app.reports.comparing.sheet import Look, sheet_of

router = APIRouter(prefix="/dashboard/v1/comparing", tags=["dashboard"])

Measure = Annotated[str, Query(pattern=CODE, description="code of a metric that units are compared by")]
Day = Annotated[date | None, Query(description="a local day; left out: this month to yesterday")]


def _asked(
    now: Now,
    unit: Annotated[str | None, Query(pattern=CODE, description="code of a unit of mine; left out: my own")] = None,
    first: Day = None,
    last: Day = None,
    measure: Measure = "success_index",
    against: Annotated[Against, Query(description="the same number of days or months before, or a year ago")] = Against.BEFORE,
) -> Asked:
    return ask(unit_code=unit, first=first, last=last, measure=measure, against=against, now=now)


AskedDep = Annotated[Asked, Depends(_asked)]


class ValueOut(Out):
    """A figure with its 95 % interval; null where there is none, or nothing to compute it from."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None


class UnitOut(Out):
    """A unit."""

    code: str
    name: str
    kind: str


class DaysOut(Out):
    """From one local day to another, both included."""

    first: date
    last: date


class PlaceOut(Out):
    """Between which places one is: as far as 95 % intervals tell it apart from others."""

    first: int
    last: int


class MemberOut(UnitOut):
    """A branch, grid or manager (`code`: the staff number)."""


class RowOut(Out):
    """A part of the unit. `figures` by code of the metric; `measured`: the measure asked for; `changed`: beyond chance.

    `idle`: nothing was counted of it in these days, so that its figures are null. `place`: null where neither more nor less of
    the measure is better. `trend`: the measure in each of the months.
    """

    member: MemberOut
    idle: bool
    figures: dict[str, Decimal | None]
    measured: ValueOut
    before: ValueOut
    changed: bool
    place: PlaceOut | None
    target: Decimal | None
    trend: Sequence[Decimal | None]


class AskedOut(Out):
    """What was asked for, as it was understood."""

    period: DaysOut
    measure: str
    against: str


class BesideOut(Out):
    """What success is held against: actual / expected of the company in the same days, and k of the plan."""

    ratio: Decimal
    prior: Decimal


class ComparisonOut(Out):
    """A unit and its parts, by code. `path`: from my own unit down to it; values by code of the metric; `as_of`: until when every
    change is in the figures."""

    path: Sequence[UnitOut]
    asked: AskedOut
    against: DaysOut
    months: Sequence[MonthText]
    values: dict[str, ValueOut]
    before: dict[str, ValueOut]
    year_before: dict[str, ValueOut]
    target: Decimal | None
    trend: Sequence[ValueOut]
    rows: Sequence[RowOut]
    beside: BesideOut
    as_of: datetime


@router.get("")
def show(asked: AskedDep, principal: Viewer, session: SessionDep, now: Now) -> ComparisonOut:
    """The parts of a unit of mine side by side: company by branch, branch by grid, grid by manager."""
    return ComparisonOut.model_validate(compare(session, principal=principal, asked=asked, now=now))


def _look(
    columns: Annotated[list[Code] | None, Query(max_length=40, description="codes of metrics, in the order shown")] = None,
    order: Annotated[str, Query(pattern=CODE, description="code of a metric, `code` or `name`")] = "code",
    down: Annotated[bool, Query(description="the most first")] = False,
    language: Language = Language.EN,
) -> Look:
    return Look(columns or (), order, down, language)


@router.get("/file", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def save(
    asked: AskedDep,
    look: Annotated[Look, Depends(_look)],
    principal: Viewer,
    session: SessionDep,
    now: Now,
    form: Annotated[FileFormat, Query(alias="format")] = FileFormat.CSV,
) -> Response:
    """The same rows as a file for a spreadsheet, in the order and with the columns of the screen; no cell is a formula."""
    content, media_type = write_sheet(sheet_of(compare(session, principal=principal, asked=asked, now=now), look), form)
    name = f"{asked.unit_code or 'mine'}-{asked.period.first}-{asked.period.last}.{form.value}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


class OrderOut(Out):
    """A work order. `score`: the probability of a success frozen at its dispatch."""

    id: int
    customer_no: str
    campaign_code: str
    campaign_name: str
    product_code: str
    grid_code: str
    state: WorkOrderState
    score: float
    scheduled_on: date
    due_on: date
    dispatched_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    matures_at: datetime


class OrdersPage(Out):
    """The latest dispatched first."""

    items: list[OrderOut]
    next_cursor: str | None


@router.get("/managers/{staff_no}/orders")
def list_orders(
    staff_no: CodePath,
    asked: AskedDep,
    principal: Viewer,
    session: SessionDep,
    secret: SecretDep,
    which: Annotated[Which, Query(description="which work orders of these days")] = Which.DISPATCHED,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> OrdersPage:
    """The work orders behind a manager's figures in my grids."""
    found = manager_orders(
        session,
        staff_no=staff_no,
        grid_ids=principal.grid_ids,
        which=which,
        period=asked.period,
        secret=secret,
        cursor=cursor,
        limit=limit,
    )
    return OrdersPage.model_validate(found)


class TargetsIn(In):
    """What grids (by code) are to reach in the month; null takes a target away."""

    values: Annotated[
        dict[Code, Annotated[Decimal, Field(ge=0, max_digits=15, decimal_places=6)] | None], Field(min_length=1, max_length=500)
    ]


class TargetsOut(Out):
    """How many grids were named."""

    grids: int


@router.put("/targets/{month}/{metric}")
def put_targets(
    month: MonthPath, metric: CodePath, body: TargetsIn, principal: Approver, session: SessionDep, now: Now
) -> TargetsOut:
    """Set what grids of mine are to reach by a metric, all of these or none."""
    grids = set_targets(session, principal=principal, month=month, metric=metric, values=body.values, now=now)
    return TargetsOut(grids=grids)
