"""The cube: measures of the metric library by dimensions, over the rollups of one's grids."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from app.api.deps import Now, SessionDep, Viewer
from app.api.types import In, Out, ShortText
from app.core.sheets import FileFormat, write_sheet
from app.reports.analysis.cube import ask_cube
from app.reports.analysis.cube_offer import measures_offered
from app.reports.analysis.cube_sheet import cube_sheet
from app.reports.analysis.cube_terms import CubeQuestion, Dimension, Period

router = APIRouter(prefix="/dashboard/v1/cube", tags=["dashboard"])

Codes = Annotated[list[ShortText], Field(max_length=200)]


class CubeIn(In):
    """Measures by one to three dimensions, one more across. `filters`: dimension to the codes that count. `first_day` and
    `last_day` with the period `chosen` alone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "measures": ["matured", "successes", "success_rate"],
                    "rows": ["branch"],
                    "column": "month",
                    "period": "this_year",
                }
            ]
        }
    )
    measures: list[ShortText] = Field(min_length=1, max_length=8)
    rows: list[Dimension] = Field(min_length=1, max_length=3)
    column: Dimension | None = None
    period: Period = Period.LAST_30_DAYS
    first_day: date | None = None
    last_day: date | None = None
    filters: dict[Dimension, Codes] = Field(default_factory=dict, max_length=8)

    def question(self) -> CubeQuestion:
        """As the report asks it."""
        values = self.model_dump(exclude={"measures", "rows", "filters"})
        return CubeQuestion(measures=tuple(self.measures), rows=tuple(self.rows), filters=dict(self.filters), **values)


class CubeRowOut(Out):
    """The codes of the dimensions, in the order asked, and the measures in theirs."""

    key: list[str]
    values: list[float | None]


class CubeOut(Out):
    """By key. `names`: what codes are called, by dimension. `total`: the measures of all rows together."""

    first_day: date
    last_day: date
    source: str
    rows: list[CubeRowOut]
    names: dict[str, dict[str, str]]
    total: list[float | None]


class CubeTermsOut(Out):
    """What can be asked: codes of the metric library, and dimensions."""

    measures: list[str]
    dimensions: list[Dimension]
    periods: list[Period]


@router.get("/terms")
def show_terms(_: Viewer) -> CubeTermsOut:
    """What the cube can be asked."""
    return CubeTermsOut(measures=measures_offered(), dimensions=list(Dimension), periods=list(Period))


@router.post("")
def ask(body: CubeIn, principal: Viewer, session: SessionDep, now: Now) -> CubeOut:
    """The measures of my grids; at most 20,000 cells."""
    return CubeOut.model_validate(ask_cube(session, question=body.question(), grid_ids=principal.grid_ids, now=now))


@router.post("/file", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def export(
    body: CubeIn,
    principal: Viewer,
    session: SessionDep,
    now: Now,
    form: Annotated[FileFormat, Query(alias="format")] = FileFormat.CSV,
    language: Annotated[str, Query(pattern="^(zh|en)$")] = "en",
) -> Response:
    """The same as a file for a spreadsheet; no cell is a formula."""
    question = body.question()
    answer = ask_cube(session, question=question, grid_ids=principal.grid_ids, now=now)
    content, media_type = write_sheet(cube_sheet(question, answer, language=language), form)
    headers = {"Content-Disposition": f'attachment; filename="cube.{form.value}"'}
    return Response(content, media_type=media_type, headers=headers)
