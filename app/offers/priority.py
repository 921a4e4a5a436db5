"""One customer, many products: which of them a contact is best spent on (pure).

priority = incremental x value x weight - contact_cost, in money a contact; each factor is kept. The incremental probability
instead of the score is what a contact is worth (Radcliffe, Surry 2011, "Real-world uplift modelling"); an offer's expected
value less its cost is the rule of decision-theoretic targeting (Elkan 2001, "The foundations of cost-sensitive learning").

value: what one sale is worth: the product's margin, or its monthly price x months_kept where no margin is known. It is capped
at value_cap x the median of the values of the products in the run (none: no cap), so that one dear product does not
take everything: above the cap, only how likely it is decides.

incremental, by `basis`:
uplift   what the contact changes in the probability, where the ranker in use foretells it
control  score - the share of controls who bought by themselves
score    the score itself, where neither is known: an upper bound
risk     for who may be lost (or complain): risk x persuadability, where persuadability is the uplift of an offer to
         stay where there is one (`risk_uplift`), else 1: all could be kept, an upper bound. value is then what is at stake: the
         sum of the values of what the customer holds of the family.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median

import polars as pl

from app.core.errors import Invalid
from app.offers.eligibility import Terms

FACTORS = (
    "customer_id",
    "product_id",
    "priority",
    "incremental",
    "basis",
    "value",
    "value_before_cap",
    "weight",
    "contact_cost",
    "score",
    "risk",
)


@dataclass(frozen=True)
class OfferSettings:
    """How offers are chosen. value_cap: multiple of the median value, None for no cap. places: offers kept per customer."""

    value_cap: float | None = 3.0
    months_kept: int = 12
    places: int = 3


def check_settings(settings: OfferSettings) -> None:
    """Raise Invalid, which names the setting that is out of its bounds."""
    cap = settings.value_cap
    if cap is not None and not (isfinite(cap) and 0 < cap <= 1_000):
        raise Invalid("value_cap", f"a multiple of the median value above 0 and at most 1000, got {cap}")
    for name, most in (("months_kept", 120), ("places", 20)):
        number: int = getattr(settings, name)
        if not 1 <= number <= most:
            raise Invalid(name, f"a whole number from 1 to {most}, got {number}")


@dataclass(frozen=True)
class Price:
    """What is known of a product's money; None where it is not fed."""

    margin: float | None = None
    monthly_price: float | None = None
    contact_cost: float | None = None
    weight: float = 1.0


def value_of(price: Price, months_kept: int) -> float | None:
    """Money of one sale: margin, else monthly price x months kept; None where neither is known."""
    if price.margin is not None:
        return price.margin
    return None if price.monthly_price is None else price.monthly_price * months_kept


def cap_of(values: Sequence[float], value_cap: float | None) -> float | None:
    """value_cap x the median of the values; None without a cap or without values."""
    return value_cap * median(values) if value_cap is not None and values else None


def prioritise(
    scored: pl.DataFrame, *, product_id: int, price: Price, value: float | None, cap: float | None, base: float | None
) -> pl.DataFrame:
    """The FACTORS of one product for some customers.

    scored: customer_id, score, uplift, risk, at_stake (all but the first may be null). Where risk is known the offer is one to
    stay. value: of a sale; base: share of controls who bought, None where there are too few.
    """
    risky, lifted = pl.col("risk").is_not_null(), pl.col("uplift").is_not_null()
    incremental = (
        pl.when(risky)
        .then(pl.col("risk") * pl.col("uplift").fill_null(1.0))
        .when(lifted)
        .then("uplift")
        .otherwise(pl.col("score") - (base or 0.0))
    )
    basis = (
        pl.when(risky)
        .then(pl.when(lifted).then(pl.lit("risk_uplift")).otherwise(pl.lit("risk")))
        .when(lifted)
        .then(pl.lit("uplift"))
        .otherwise(pl.lit("score" if base is None else "control"))
    )
    before = pl.when(risky).then("at_stake").otherwise(pl.lit(value, pl.Float64))
    cost = price.contact_cost or 0.0
    return (
        scored.with_columns(incremental=incremental, basis=basis, value_before_cap=before)
        .filter(pl.col("value_before_cap").is_not_null())
        .with_columns(
            product_id=pl.lit(product_id, pl.Int32),
            value=pl.min_horizontal("value_before_cap", pl.lit(cap, pl.Float64)),
            weight=pl.lit(price.weight),
            contact_cost=pl.lit(cost),
        )
        .with_columns(priority=pl.col("incremental") * pl.col("value") * pl.col("weight") - pl.col("contact_cost"))
        .select(FACTORS)
    )


def best_offers(candidates: pl.DataFrame, products: Sequence[Terms], *, places: int) -> pl.DataFrame:
    """The best `places` offers of each customer, with `place` from 1, by customer and place.

    An offer that costs more than it brings is none. Of products of one family, and of a bundle and what overlaps it, only the
    best is kept; of equal ones the product of the smaller id.
    """
    ranked = candidates.filter(pl.col("priority") > 0).sort(
        ["customer_id", "priority", "product_id"], descending=[False, True, False]
    )
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int8).over("customer_id")
    return _without_clashes(ranked, products).with_columns(place=place).filter(pl.col("place") <= places)


def _without_clashes(ranked: pl.DataFrame, products: Sequence[Terms]) -> pl.DataFrame:
    """Walk each customer's offers from the best down and leave out what clashes with one that was kept.

    All customers at once, in rounds: a round keeps the best of what is left of each and drops what clashes with it.
    """
    pairs = [(a.id, b.id) for a in products for b in products if a.id != b.id and _clash(a, b)]
    clashes = pl.DataFrame(pairs, schema={"product_id": pl.Int32, "better": pl.Int32}, orient="row")
    numbered = ranked.with_row_index("_row")
    in_question = pl.col("product_id").is_in(clashes["product_id"].unique().to_list())
    kept, left = [numbered.filter(~in_question)], numbered.filter(in_question)
    while left.height:
        best = left.unique("customer_id", keep="first", maintain_order=True)
        kept.append(best)
        beaten = left.join(clashes, on="product_id").join(
            best.select("customer_id", better="product_id"), on=["customer_id", "better"]
        )
        done = pl.concat([best["_row"], beaten["_row"]]).to_frame()
        left = left.join(done, on="_row", how="anti", maintain_order="left")
    return pl.concat(kept).sort("_row").drop("_row")


def _clash(one: Terms, other: Terms) -> bool:
    return one.family == other.family or not {one.id, *one.parts}.isdisjoint({other.id, *other.parts})
