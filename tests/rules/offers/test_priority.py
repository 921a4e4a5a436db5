"""What a contact is worth, factor by factor, by hand."""

import numpy as np
import polars as pl
import pytest

from app.offers.eligibility import Terms
from app.offers.priority import FACTORS, OfferSettings, Price, best_offers, cap_of, prioritise, value_of

SCORED = {"customer_id": pl.Int64, "score": pl.Float64, "uplift": pl.Float64, "risk": pl.Float64, "at_stake": pl.Float64}
PRICE = Price(margin=20.0, monthly_price=99.0, contact_cost=1.5, weight=2.0)


def offer(score=None, uplift=None, risk=None, at_stake=None, *, price=PRICE, value=20.0, cap=None, base=None):
    scored = pl.DataFrame([(1, score, uplift, risk, at_stake)], schema=SCORED, orient="row")
    found = prioritise(scored, product_id=7, price=price, value=value, cap=cap, base=base).to_dicts()
    return found[0] if found else None


@pytest.mark.parametrize(
    ("known", "incremental", "basis"),
    [
        ({"score": 0.3}, 0.3, "score"),
        ({"score": 0.3, "base": 0.1}, 0.2, "control"),
        ({"score": 0.05, "base": 0.1}, -0.05, "control"),
        ({"score": 0.3, "base": 0.0}, 0.3, "control"),
        ({"score": 0.3, "uplift": 0.12, "base": 0.1}, 0.12, "uplift"),
        ({"score": 0.3, "uplift": -0.02}, -0.02, "uplift"),
    ],
)
def test_what_a_contact_adds_is_the_uplift_else_the_score_above_the_controls_else_the_score(known, incremental, basis):
    found = offer(**known)
    assert (found["incremental"], found["basis"]) == (pytest.approx(incremental), basis)
    assert found["priority"] == pytest.approx(incremental * 20 * 2 - 1.5)
    assert (found["value"], found["weight"], found["contact_cost"]) == (20.0, 2.0, 1.5)


def test_to_keep_a_customer_is_worth_what_is_at_stake_times_the_risk_times_how_persuadable():
    one = offer(score=0.3, risk=0.25, at_stake=80.0)
    assert (one["incremental"], one["basis"], one["value"]) == (0.25, "risk", 80.0)
    assert one["priority"] == pytest.approx(0.25 * 80 * 2 - 1.5)
    two = offer(score=0.3, uplift=0.4, risk=0.25, at_stake=80.0)
    assert (two["incremental"], two["basis"], two["risk"]) == (pytest.approx(0.1), "risk_uplift", 0.25)
    assert offer(risk=0.25, at_stake=80.0, cap=60.0)["value"] == 60.0


def test_a_value_is_the_margin_else_some_months_of_its_price_and_without_either_there_is_no_offer():
    assert value_of(PRICE, 12) == 20.0
    assert value_of(Price(monthly_price=5.0), 12) == 60.0
    assert value_of(Price(), 12) is None
    assert offer(score=0.3, value=None) is None
    assert offer(score=0.3, price=Price(margin=20.0))["contact_cost"] == 0.0


def test_a_value_is_capped_at_a_multiple_of_the_median():
    assert cap_of([10.0, 20.0, 900.0], 3.0) == 60.0
    assert cap_of([10.0, 900.0], 1.0) == 455.0
    assert cap_of([10.0, 900.0], None) is None
    assert cap_of([], 3.0) is None
    found = offer(score=0.1, value=900.0, cap=60.0)
    assert (found["value"], found["value_before_cap"], found["priority"]) == (60.0, 900.0, pytest.approx(10.5))


def shares(value_cap: float | None) -> list[float]:
    """Share of 3,000 customers for whom each of four products is best; the last is dear and sells seldom."""
    draws = np.random.default_rng(1)
    values, chances = [20.0, 35.0, 25.0, 3_000.0], [0.08, 0.05, 0.06, 0.01]
    cap, products = cap_of(values, value_cap), [Terms(i, "cross_sell", f"f{i}") for i in range(4)]
    found = []
    for i, (value, chance) in enumerate(zip(values, chances, strict=True)):
        score = draws.beta(2, 2 / chance, 3_000)
        scored = pl.DataFrame({"customer_id": np.arange(3_000), "score": score}).with_columns(
            pl.lit(None, pl.Float64).alias(name) for name in ("uplift", "risk", "at_stake")
        )
        found.append(prioritise(scored, product_id=i, price=Price(contact_cost=0.1), value=value, cap=cap, base=None))
    best = best_offers(pl.concat(found), products, places=1)["product_id"].to_numpy()
    return [float(np.mean(best == i)) for i in range(4)]


def test_without_the_cap_one_dear_product_takes_nearly_all_and_with_it_does_not():
    assert shares(None)[3] > 0.9
    assert shares(OfferSettings().value_cap)[3] < 0.4
    assert min(shares(OfferSettings().value_cap)) > 0.05


def candidates(*rows: tuple[int, int, float]) -> pl.DataFrame:
    empty = dict.fromkeys(FACTORS, 0.0)
    frame = pl.DataFrame([{**empty, "customer_id": c, "product_id": p, "priority": v} for c, p, v in rows])
    return frame.with_columns(pl.col("product_id").cast(pl.Int32))


PRODUCTS = [
    Terms(1, "acquire", "broadband"),
    Terms(2, "cross_sell", "tv"),
    Terms(3, "cross_sell", "bundle", parts=(1, 2)),
    Terms(4, "cross_sell", "phone"),
    Terms(5, "cross_sell", "sport", parts=(2, 6)),
    Terms(6, "cross_sell", "channel"),
    Terms(7, "upsell", "broadband"),
]


@pytest.mark.parametrize(
    ("offers", "kept"),
    [
        ([(1, 5.0), (2, 4.0), (3, 9.0), (4, 1.0)], [3, 4]),
        ([(1, 9.0), (2, 4.0), (3, 5.0), (4, 1.0)], [1, 2, 4]),
        ([(2, 9.0), (3, 8.0), (5, 7.0), (6, 6.0), (1, 5.0)], [2, 6, 1]),
        ([(5, 9.0), (3, 8.0), (6, 7.0), (2, 6.0), (1, 5.0)], [5, 1]),
        ([(1, 5.0), (7, 6.0)], [7]),
        ([(4, 0.0), (2, -1.0)], []),
        ([(4, 2.0), (2, 2.0)], [2, 4]),
        ([(1, 4.0), (2, 3.0), (4, 2.0), (6, 1.0)], [1, 2, 4]),
    ],
)
def test_of_a_family_and_of_a_bundle_and_its_parts_only_the_best_is_offered(offers, kept):
    rows = [(customer_id, *offer) for customer_id in (8, 9) for offer in offers]
    found = best_offers(candidates(*rows), PRODUCTS, places=3)
    expected = [(customer_id, product_id, place) for customer_id in (8, 9) for place, product_id in enumerate(kept, start=1)]
    assert found.select("customer_id", "product_id", "place").rows() == expected
