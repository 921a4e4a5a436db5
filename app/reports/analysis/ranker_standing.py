"""Where a ranker stands: its gates with their figures, and when and by whom it was made champion."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.scoring import queries
from app.scoring.promotion import champion_before


@dataclass(frozen=True)
class PromotionRow:
    """It was made champion; `is_revert`: put back, with no gate but that of its bytes."""

    promoted_by: str
    promoted_at: datetime
    is_revert: bool


@dataclass(frozen=True)
class RankerStanding:
    """`gates` are those of the last promotion, else those of training; `promotions` newest first; `can_revert`: the champion of
    its target had one before it."""

    gates: list[dict[str, Any]]
    promotions: list[PromotionRow]
    refused_columns: list[dict[str, Any]]
    can_revert: bool


def show_standing(session: Session, *, product_code: str, number: int) -> RankerStanding:
    """What an analyst looks at before promoting. Raises UnknownProduct, UnknownRanker."""
    product = queries.get_product(session, product_code)
    version = queries.get_version(session, product, number)
    promotions = queries.promotions_of(session, version.id)
    champion = queries.find_champion(session, product.id, version.target)
    history = queries.list_promotions(session, product.id, version.target)
    last = next((each.gates for each in promotions if not each.is_revert), None)
    return RankerStanding(
        gates=last or version.report.get("gates", []),
        promotions=[PromotionRow(each.promoted_by, each.promoted_at, each.is_revert) for each in promotions],
        refused_columns=version.report.get("columns", {}).get("refused", []),
        can_revert=champion is not None and champion_before(history, champion.id) is not None,
    )
