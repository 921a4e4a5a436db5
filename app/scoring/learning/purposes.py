"""What each kind of product is sold for: to whom, what counts as its event, and what its ranker foretells (pure).

The names are those of ProductKind and RankerTarget.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

Population = Literal["not_holding", "not_holding_product", "holding", "lost"]


@dataclass(frozen=True)
class Purpose:
    """population: who may be ranked, by their holdings of the family (or the product). event: what a label of 1 means.

    foretells: order (of those contacted), or loss or complaint (of those left alone).
    """

    population: Population
    event: str
    foretells: Literal["order", "loss", "complaint"]

    @property
    def must_hold(self) -> bool:
        """Is it for holders of the family only?"""
        return self.population == "holding"

    @property
    def must_have_lost(self) -> bool:
        """Is it for those only who held the family and hold none of it now?"""
        return self.population == "lost"


PURPOSES = {
    "acquire": Purpose("not_holding", "an order of the family within the window after a contact", "order"),
    "upsell": Purpose("not_holding_product", "an order of the family within the window after a contact", "order"),
    "cross_sell": Purpose("not_holding", "an order of the family within the window after a contact", "order"),
    "retention": Purpose("holding", "the family is given up within the window and not taken up again in it", "loss"),
    "win_back": Purpose("lost", "an order of the family within the window after a contact of a lost customer", "order"),
    "care": Purpose("holding", "a complaint within the window", "complaint"),
}


def lost_on(frame: pl.DataFrame, spans: pl.DataFrame) -> pl.Series:
    """For each row of `frame` (customer_id, as_of): did they hold the family before the day and hold none of it on it?

    spans: customer_id, from_date, to_date (null: still) of holdings of the family. Only what was so before the day counts.
    """
    day = pl.col("as_of")
    known = frame.select("customer_id", "as_of").unique().join(spans, on="customer_id").filter(pl.col("from_date") < day)
    lost = known.group_by("customer_id", "as_of").agg(_lost=((pl.col("to_date") < day).fill_null(False)).all())
    return frame.join(lost, on=["customer_id", "as_of"], how="left", maintain_order="left")["_lost"].fill_null(False)
