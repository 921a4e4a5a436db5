"""To whom a product may be offered: by what they hold, held, ordered and refuse, and by what bundles are made of (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from app.scoring.learning.purposes import PURPOSES

CHANNELS = ("call", "visit", "sms")


@dataclass(frozen=True)
class Terms:
    """A product as its offer is judged. parts: ids of the products a bundle is made of, each once; of no bundle: none."""

    id: int
    kind: str
    family: str
    parts: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of some customers on a day. held, ended, ordered: customer_id, product_id (in force, over, bought within a
    year and not cancelled). refused: customer_id, scope."""

    held: pl.DataFrame
    ended: pl.DataFrame
    ordered: pl.DataFrame
    refused: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Known:
    """The same with the parts of bundles; `owned` is held or ordered."""

    owned: pl.DataFrame
    held: pl.DataFrame
    ended: pl.DataFrame
    refused: pl.DataFrame


def known_of(facts: Facts, products: Mapping[int, Terms]) -> Known:
    """What is asked of these customers for any product."""
    held, ended = with_parts(facts.held, products.values()), with_parts(facts.ended, products.values())
    owned = pl.concat([held, with_parts(facts.ordered, products.values())]).unique()
    return Known(owned, held, ended, facts.refused)


def with_parts(owned: pl.DataFrame, products: Iterable[Terms]) -> pl.DataFrame:
    """`owned` (customer_id, product_id) and the parts of the bundles in it: who holds a bundle holds its parts."""
    pairs = [(product.id, part) for product in products for part in product.parts]
    parts = pl.DataFrame(pairs, schema={"product_id": pl.Int32, "part": pl.Int32}, orient="row")
    inside = owned.join(parts, on="product_id").select("customer_id", product_id="part")
    return pl.concat([owned.select("customer_id", "product_id"), inside]).unique()


def eligible(product: Terms, customers: pl.Series, known: Known, products: Mapping[int, Terms]) -> pl.Series:
    """Those of `customers` (ids) to whom the product may be offered, in their order.

    Not to who refuses everything, its family, or every channel. For acquire, cross-sell and win-back not to who owns
    something of the family; for upsell not to who owns the product. Owned is what is held, or was ordered within a year.
    Retention and care only to holders of the family, win-back only to who held something of it and owns none. A bundle not to
    who owns all of its parts; what a bundle that they own contains, counts as owned.
    """
    purpose = PURPOSES[product.kind]
    family = {terms.id for terms in products.values() if terms.family == product.family}
    out = [_refusing(known.refused, product.family)]
    only = []
    if purpose.must_hold:
        only.append(_having(known.held, family))
    else:
        out.append(_having(known.owned, {product.id} if product.kind == "upsell" else family))
    if purpose.must_have_lost:
        only.append(_having(known.ended, family))
    if product.parts:
        counts = known.owned.filter(pl.col("product_id").is_in(product.parts)).group_by("customer_id").len()
        out.append(counts.filter(pl.col("len") == len(product.parts))["customer_id"])
    frame = pl.DataFrame({"customer_id": customers})
    for ids in out:
        frame = frame.join(ids.to_frame("customer_id"), on="customer_id", how="anti", maintain_order="left")
    for ids in only:
        frame = frame.join(ids.to_frame("customer_id"), on="customer_id", how="semi", maintain_order="left")
    return frame["customer_id"]


def _having(owned: pl.DataFrame, product_ids: set[int]) -> pl.Series:
    return owned.filter(pl.col("product_id").is_in(list(product_ids)))["customer_id"].unique()


def _refusing(refused: pl.DataFrame, family: str) -> pl.Series:
    whole = refused.filter(pl.col("scope").is_in(["all", family]))["customer_id"]
    counts = refused.filter(pl.col("scope").is_in(CHANNELS)).unique().group_by("customer_id").len()
    return pl.concat([whole, counts.filter(pl.col("len") == len(CHANNELS))["customer_id"]]).unique()
