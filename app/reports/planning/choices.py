"""What a planner may choose: products, branches and grids, and of the sample what features look like."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.campaigns.sampling.queries import find_sample
from app.centre.queries import feature_words, tags_in_use
from app.models.campaign import Product
from app.models.organisation import Unit, UnitKind


@dataclass(frozen=True)
class ProductChoice:
    """A product. `family`: what is locked together."""

    code: str
    name: str
    family: str
    kind: str


@dataclass(frozen=True)
class UnitChoice:
    """A branch (`branch` None) or a grid of one."""

    id: int
    code: str
    name: str
    branch: str | None


@dataclass(frozen=True)
class FeatureChoice:
    """A feature: its words (its own name where nobody gave it any), number or text, the share of customers who have it, where
    nine of ten numbers lie with their middle, or its words, the most frequent first."""

    feature: str
    name_zh: str
    name_en: str
    unit_zh: str | None
    unit_en: str | None
    kind: str
    known: float
    low: float | None
    middle: float | None
    high: float | None
    words: list[str]


@dataclass(frozen=True)
class TagChoice:
    """A tag in use."""

    code: str
    name_zh: str
    name_en: str
    member_count: int | None


@dataclass(frozen=True)
class Choices:
    """All of it. `drawn_at`: of the sample, None where there is none yet, and with it no features and segments."""

    products: list[ProductChoice]
    units: list[UnitChoice]
    features: list[FeatureChoice]
    segments: list[str]
    tags: list[TagChoice]
    drawn_at: datetime | None


def list_choices(session: Session) -> Choices:
    """What is there to choose from now."""
    sample = find_sample(session)
    figures: dict[str, Any] = {} if sample is None else sample.figures
    words = {word.feature: word for word in feature_words(session)}
    return Choices(
        products=[
            ProductChoice(product.product_code, product.name, product.family, product.kind.value)
            for product in session.scalars(select(Product).order_by(Product.product_code))
        ],
        units=_units(session),
        features=[_feature(name, look, words.get(name)) for name, look in sorted(figures.items()) if not name.startswith("@")],
        segments=figures.get("@segment", {}).get("words", []),
        tags=[TagChoice(tag.code, tag.name_zh, tag.name_en, tag.member_count) for tag in tags_in_use(session)],
        drawn_at=None if sample is None else sample.drawn_at,
    )


def _units(session: Session) -> list[UnitChoice]:
    branch = aliased(Unit)
    statement = (
        select(Unit.id, Unit.code, Unit.name, branch.code)
        .outerjoin(branch, (branch.id == Unit.parent_id) & (Unit.kind == UnitKind.GRID))
        .where(Unit.kind.in_((UnitKind.BRANCH, UnitKind.GRID)))
    )
    return [UnitChoice(*row) for row in session.execute(statement.order_by(Unit.code))]


def _feature(name: str, look: dict[str, Any], word: Any) -> FeatureChoice:
    return FeatureChoice(
        feature=name,
        name_zh=name if word is None else word.name_zh,
        name_en=name if word is None else word.name_en,
        unit_zh=None if word is None else word.unit_zh,
        unit_en=None if word is None else word.unit_en,
        kind=look["kind"],
        known=look["known"],
        low=look.get("low"),
        middle=look.get("middle"),
        high=look.get("high"),
        words=look.get("words", []),
    )
