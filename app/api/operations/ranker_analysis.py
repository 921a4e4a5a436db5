"""Rankers as an analyst looks at them: all by product, champion and challenger side by side, drift over time."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path

from app.api.deps import Analyst, SessionDep
from app.api.types import Out, ShortText
from app.reports.analysis.ranker_comparison import compare_with_champion
from app.reports.analysis.ranker_drift import show_drift
from app.reports.analysis.ranker_standing import show_standing
from app.reports.ranker_list import overview

router = APIRouter(prefix="/operations/v1/rankers", tags=["operations"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="version of the product's ranker", examples=[1])]
ProductCode = Annotated[ShortText, Path(description="code of the product", examples=["BB500"])]


class RankerLineOut(Out):
    """A ranker on one line. `refused_by`: the first gate that refused it at training, empty where all let it pass, null where
    none was asked. `alarms`: how many the watch saw last, null where it never looked."""

    product_code: str
    number: int
    target: str
    ordering: str
    status: str
    as_of: date
    trained_at: datetime
    example_count: int
    positive_count: int
    metrics: dict[str, Any]
    refused_by: str | None
    alarms: int | None
    blocked_at: datetime | None
    block_reason: str | None


class RankerLinesOut(Out):
    """By product, the newest first; `left_off`: how many older ones are not among them."""

    items: list[RankerLineOut]
    left_off: int


class PromotionOut(Out):
    """When and by whom it was made champion."""

    promoted_by: str
    promoted_at: datetime
    is_revert: bool


class StandingOut(Out):
    """The gates of its last promotion, else of its training; `can_revert`: its target had another champion before."""

    gates: list[dict[str, Any]]
    promotions: list[PromotionOut]
    refused_columns: list[dict[str, Any]]
    can_revert: bool


class IntervalOut(Out):
    """An estimate between the bounds of its 95 % interval."""

    estimate: float
    low: float
    high: float


class PairOut(Out):
    """One metric of both; `difference` is challenger less champion on the same rows."""

    code: str
    challenger: float | None
    champion: float | None
    difference: IntervalOut | None


class ComparisonOut(Out):
    """`how`: later_than_champion or judged_by_both; no_champion, no_shared_rows or damaged where there are no figures."""

    number: int
    champion_number: int | None
    how: str
    rows: int
    positives: int
    figures: list[PairOut]


class WatchPointOut(Out):
    """What the watch saw in one night."""

    as_of: date
    watched_at: datetime
    psi: float | None
    base_rate: float | None
    base_rate_then: float | None
    calibration_error: float | None
    label_rows: int
    alarms: list[dict[str, Any]]
    consequence: str


class DriftLineOut(Out):
    """PSI of one column, a value for each of the points."""

    feature: str
    name_zh: str
    name_en: str
    psi: list[float | None]


class DriftOut(Out):
    """Oldest night first; the eight columns that moved most. From `moved_from` on a PSI is looked at, from `alarm_from` it
    alarms."""

    points: list[WatchPointOut]
    lines: list[DriftLineOut]
    moved_from: float
    alarm_from: float


@router.get("/overview")
def list_all(_: Analyst, session: SessionDep) -> RankerLinesOut:
    """Champions and the latest rankers of each product and target: what its gates said and what the watch saw last."""
    return RankerLinesOut.model_validate(overview(session))


@router.get("/{product_code}/{number}/standing")
def get_standing(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> StandingOut:
    """Its gates with their figures, and its promotions."""
    return StandingOut.model_validate(show_standing(session, product_code=product_code, number=number))


@router.get("/{product_code}/{number}/comparison")
def get_comparison(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> ComparisonOut:
    """A ranker against the champion of its target: the same figures on the same rows, with paired intervals."""
    return ComparisonOut.model_validate(compare_with_champion(session, product_code=product_code, number=number))


@router.get("/{product_code}/{number}/drift")
def get_drift(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> DriftOut:
    """What the watch saw over time: PSI of score and columns, calibration, alarms and what was done."""
    return DriftOut.model_validate(show_drift(session, product_code=product_code, number=number))
