"""Rankers: what there is, what they learned from and how well, and which one is in use."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from app.api.deps import Analyst, SecretDep, SessionDep
from app.api.types import Cursor, Limit, Out, ShortText
from app.scoring import promotion, queries

router = APIRouter(prefix="/operations/v1/rankers", tags=["operations"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="version of the product's ranker")]
ProductCode = Annotated[ShortText, Path(description="code of the product")]
OfProduct = Annotated[ShortText | None, Query(description="only those of this product")]


class RankerOut(Out):
    """A ranker. `metrics` are of contacts held out of training, `plain` among them those of LightGBM's own defaults;
    `checksum` is the SHA-256 of what is stored of it."""

    product_code: str
    number: int
    status: str
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


class RankersOut(Out):
    """Newest first."""

    items: list[RankerOut]
    next_cursor: str | None


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


@router.post("/{product_code}/{number}/promotion")
def promote_ranker(product_code: ProductCode, number: Number, _: Analyst, session: SessionDep) -> RankerOut:
    """Use this ranker from now on; the one before retires. Again changes nothing."""
    return RankerOut.model_validate(promotion.promote_ranker(session, product_code=product_code, number=number))
