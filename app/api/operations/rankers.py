"""Rankers: what there is, what they learned from and how well, which one is in use, and what the watch saw of it."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import Field

from app.api.deps import Analyst, Now, SecretDep, SessionDep, SettingsDep
from app.api.types import Cursor, In, Limit, Out, ShortText
from app.models.score import RankerTarget
from app.reports.ranker_page import HEADERS, render_ranker
from app.scoring import promotion, queries
from app.scoring.watching.queries import MOST_LISTED, list_watches

router = APIRouter(prefix="/operations/v1/rankers", tags=["operations"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="version of the product's ranker")]
ProductCode = Annotated[ShortText, Path(description="code of the product")]
OfProduct = Annotated[ShortText | None, Query(description="only those of this product")]


class RankerOut(Out):
    """A ranker. `metrics` are of contacts held out of training, `plain` among them those of LightGBM's own defaults;
    `checksum` is the SHA-256 of what is stored of it. A blocked ranker is not scored with."""

    product_code: str
    number: int
    target: str = Field(examples=["order"])
    ordering: str = Field(examples=["propensity"])
    status: str = Field(examples=["candidate"])
    as_of: date
    label_window_days: int
    data_from: date
    data_to: date
    example_count: int
    positive_count: int
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    checksum: str
    trained_at: datetime
    blocked_at: datetime | None
    block_reason: str | None


class RankersOut(Out):
    """Newest first."""

    items: list[RankerOut]
    next_cursor: str | None


class Revert(In):
    """Of which target the champion is taken back."""

    target: RankerTarget = RankerTarget.ORDER


class WatchOut(Out):
    """What the watch over a champion saw on a day, what of it was alarming, and what was done."""

    product_code: str
    number: int
    target: str
    as_of: date
    figures: dict[str, Any]
    alarms: list[dict[str, Any]]
    consequence: str = Field(examples=["none"])
    watched_at: datetime


class WatchesOut(Out):
    """Newest first."""

    items: list[WatchOut]


@router.get("")
def list_rankers(
    principal: Analyst, session: SessionDep, secret: SecretDep, product_code: OfProduct = None, cursor: Cursor = None,
    limit: Limit = 100,
) -> RankersOut:  # fmt: skip
    """All rankers, newest first."""
    page = queries.list_rankers(
        session, principal=principal, product_code=product_code, secret=secret, cursor=cursor, limit=limit
    )
    return RankersOut.model_validate(page)


@router.get("/{product_code}/{number}")
def get_ranker(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> RankerOut:
    """One ranker."""
    return RankerOut.model_validate(queries.get_ranker(session, product_code=product_code, number=number))


@router.get("/{product_code}/{number}/report", response_class=HTMLResponse)
def get_report(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> HTMLResponse:
    """The page of a ranker, whole in one file: pictures, gates, what it learned from and what was refused."""
    return HTMLResponse(render_ranker(session, product_code=product_code, number=number), headers=HEADERS)


@router.get("/{product_code}/{number}/watches")
def get_watches(
    product_code: ProductCode,
    number: Number,
    _: Analyst,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
) -> WatchesOut:
    """What the nightly watch saw of a ranker, newest first."""
    found = queries.get_ranker(session, product_code=product_code, number=number)
    return WatchesOut.model_validate(
        {"items": list_watches(session, product_code=found.product_code, number=found.number, limit=limit)}
    )


@router.post("/{product_code}/{number}/promote")
def promote_ranker(
    product_code: ProductCode, number: Number, who: Analyst, session: SessionDep, settings: SettingsDep, now: Now
) -> RankerOut:
    """Use this ranker from now on, if every gate lets it pass; the one before retires. Again changes nothing.

    Where a gate refuses it the answer is 409 `ranker.gate_failed`, with all gates in `gates`; the champion stays.
    """
    limit = settings.gate_calibration_error
    found = promotion.promote_ranker(
        session, product_code=product_code, number=number, promoted_by=who.login, calibration_limit=limit, now=now
    )
    return RankerOut.model_validate(found)


@router.post("/{product_code}/{number}/unblock")
def unblock_ranker(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> RankerOut:
    """Let a ranker that the watch blocked score again."""
    return RankerOut.model_validate(promotion.unblock_ranker(session, product_code=product_code, number=number))


@router.post("/{product_code}/revert")
def revert_ranker(product_code: ProductCode, body: Revert, who: Analyst, session: SessionDep, now: Now) -> RankerOut:
    """Put back the champion before the present one."""
    found = promotion.revert_ranker(session, product_code=product_code, target=body.target, reverted_by=who.login, now=now)
    return RankerOut.model_validate(found)
