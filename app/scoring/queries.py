"""Reads of products, rankers and their runs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.core.security import Principal
from app.models.campaign import Product
from app.models.score import (
    CustomerScore,
    Ordering,
    RankerCalibration,
    RankerPromotion,
    RankerStatus,
    RankerTarget,
    RankerVersion,
)

LAST_NUMBER = 2**31 - 1


class UnknownProduct(NotFound):
    """There is no product with this code."""

    code = "product.unknown"


class UnknownRanker(NotFound):
    """There is no ranker of this product with this number."""

    code = "ranker.unknown"


class NoChampion(Conflict):
    """No ranker of this product was trained yet."""

    code = "ranker.no_champion"


@dataclass(frozen=True)
class RankerRow:
    """A ranker version with its product's code."""

    id: int
    product_code: str
    number: int
    target: RankerTarget
    ordering: Ordering
    status: RankerStatus
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


def get_product(session: Session, product_code: str) -> Product:
    """The product with this code; raises UnknownProduct."""
    found = session.scalar(select(Product).where(Product.product_code == product_code).order_by(Product.id))
    if found is None:
        raise UnknownProduct(f"product: there is no product {product_code}")
    return found


def get_product_by_id(session: Session, product_id: int) -> Product:
    """The product of a ranker; raises UnknownProduct."""
    found = session.get(Product, product_id)
    if found is None:
        raise UnknownProduct
    return found


def lock_rankers(session: Session, product_id: int) -> None:
    """Wait until no other transaction numbers or promotes rankers of this product, and keep others from it."""
    session.execute(select(Product.id).where(Product.id == product_id).order_by(Product.id).with_for_update(key_share=True)).one()


def last_number(session: Session, product_id: int) -> int:
    """The highest number of a ranker of this product; 0 without any."""
    return session.scalars(select(func.coalesce(func.max(RankerVersion.number), 0)).where(_of(product_id))).one()


def find_champion(session: Session, product_id: int, target: RankerTarget = RankerTarget.ORDER) -> RankerVersion | None:
    """The ranker in use, as it is now."""
    champion = RankerVersion.status == RankerStatus.CHAMPION
    statement = select(RankerVersion).where(_of(product_id), RankerVersion.target == target, champion)
    return session.scalar(statement.order_by(RankerVersion.id).execution_options(populate_existing=True))


def get_champion(session: Session, product: Product, target: RankerTarget = RankerTarget.ORDER) -> RankerVersion:
    """The ranker in use; raises NoChampion."""
    found = find_champion(session, product.id, target)
    if found is None:
        what = "" if target is RankerTarget.ORDER else f" for {target}"
        raise NoChampion(f"product: expected one with a champion{what}, {product.product_code} has none; promote a ranker first")
    return found


def find_calibration(session: Session, version_id: int) -> RankerCalibration | None:
    """The newest calibration of a version after the one it was trained with."""
    of_version = RankerCalibration.ranker_version_id == version_id
    return session.scalar(select(RankerCalibration).where(of_version).order_by(RankerCalibration.id.desc()).limit(1))


def list_promotions(session: Session, product_id: int, target: RankerTarget) -> list[RankerPromotion]:
    """How the champions of a product came to be it, oldest first."""
    of_product = RankerPromotion.product_id == product_id
    statement = select(RankerPromotion).where(of_product, RankerPromotion.target == target)
    return list(session.scalars(statement.order_by(RankerPromotion.id)))


def promotions_of(session: Session, version_id: int) -> list[RankerPromotion]:
    """When and by whom a version was made champion, newest first."""
    of_version = RankerPromotion.ranker_version_id == version_id
    return list(session.scalars(select(RankerPromotion).where(of_version).order_by(RankerPromotion.id.desc())))


def get_version_by_id(session: Session, version_id: int) -> RankerVersion:
    """A version, as it is now; raises UnknownRanker."""
    statement = select(RankerVersion).where(RankerVersion.id == version_id).order_by(RankerVersion.id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise UnknownRanker
    return found


def get_version(session: Session, product: Product, number: int) -> RankerVersion:
    """The ranker of this product with this number, as it is now; raises UnknownRanker."""
    statement = select(RankerVersion).where(_of(product.id), RankerVersion.number == number).order_by(RankerVersion.id)
    found = session.scalar(statement.execution_options(populate_existing=True)) if 0 < number <= LAST_NUMBER else None
    if found is None:
        raise UnknownRanker(f"version: there is no ranker {number} of {product.product_code}")
    return found


def ranked_products(session: Session, target: RankerTarget = RankerTarget.ORDER) -> list[str]:
    """Codes of the products that have a champion."""
    statement = select(Product.product_code).join(RankerVersion, RankerVersion.product_id == Product.id)
    champion = statement.where(RankerVersion.status == RankerStatus.CHAMPION, RankerVersion.target == target)
    return list(session.scalars(champion.order_by(Product.product_code)))


def all_champions(session: Session) -> list[tuple[Product, RankerVersion]]:
    """Every ranker in use with its product."""
    statement = select(Product, RankerVersion).join(RankerVersion, RankerVersion.product_id == Product.id)
    champion = statement.where(RankerVersion.status == RankerStatus.CHAMPION)
    return [(product, version) for product, version in session.execute(champion.order_by(RankerVersion.id)).all()]


def get_ranker(session: Session, *, product_code: str, number: int) -> RankerRow:
    """A ranker and what is known of it; raises UnknownProduct, UnknownRanker."""
    return _row(get_version(session, get_product(session, product_code), number), product_code)


def list_rankers(
    session: Session, *, principal: Principal, product_code: str | None, secret: str, cursor: str | None, limit: int
) -> Page[RankerRow]:
    """The rankers of all products or of one, newest first."""
    size = clamp_page_size(limit)
    list_name = f"rankers/{principal.account_id}/{product_code or ''}"
    statement = select(RankerVersion, Product.product_code).join(Product, Product.id == RankerVersion.product_id)
    if product_code is not None:
        statement = statement.where(Product.product_code == product_code)
    if cursor is not None:
        statement = statement.where(RankerVersion.id < read_cursor(secret, list_name, cursor))
    rows = session.execute(statement.order_by(RankerVersion.id.desc()).limit(size + 1)).all()
    items = [_row(version, code) for version, code in rows[:size]]
    return Page(items, write_cursor(secret, list_name, items[-1].id) if len(rows) > size else None)


def all_rankers(session: Session, *, latest: int | None = None) -> list[RankerRow]:
    """Every ranker, by product and number; `latest`: only so many of each product and target, and whatever is a champion."""
    statement = select(RankerVersion, Product.product_code).join(Product, Product.id == RankerVersion.product_id)
    if latest is not None:
        ranker, of = RankerVersion, (RankerVersion.product_id, RankerVersion.target)
        place = func.row_number().over(partition_by=of, order_by=ranker.number.desc())
        placed = select(ranker.id, ranker.status, place.label("place")).subquery("placed")
        shown = select(placed.c.id).where(or_(placed.c.place <= latest, placed.c.status == RankerStatus.CHAMPION))
        statement = statement.where(RankerVersion.id.in_(shown))
    rows = session.execute(statement.order_by(Product.product_code, RankerVersion.number))
    return [_row(version, code) for version, code in rows]


def count_rankers(session: Session) -> int:
    """How many rankers there are."""
    return session.scalars(select(func.count()).select_from(RankerVersion)).one()


def find_stored_rank(session: Session, run_id: int, *, customer_id: int) -> int | None:
    """The rank of a customer in a run of which there are no files: it is looked through."""
    statement = select(CustomerScore.rank).where(CustomerScore.scoring_run_id == run_id, CustomerScore.customer_id == customer_id)
    return session.scalar(statement.order_by(CustomerScore.rank).limit(1))


def _of(product_id: int) -> Any:
    return RankerVersion.product_id == product_id


def _row(version: RankerVersion, product_code: str) -> RankerRow:
    names = [name for name in RankerRow.__dataclass_fields__ if name != "product_code"]
    return RankerRow(product_code=product_code, **{name: getattr(version, name) for name in names})
