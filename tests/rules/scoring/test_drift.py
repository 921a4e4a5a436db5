"""Drift: sentinels, zeros and the missing are seen, chance is not, and broken columns are named."""

import json

import numpy as np
import polars as pl
import pytest

from app.scoring.watching.drift import Bins, chance_limit, compare, count_in, part, psi


def drift_of(then, now, name="x"):
    return compare({name: part(pl.Series(name, then))}, pl.DataFrame({name: now}))[0]


def plain_psi(then, now, bins=10):
    """As it is usually computed: between the deciles of the values then."""
    edges = np.unique(np.quantile(then, np.linspace(0, 1, bins + 1)))
    edges[0], edges[-1] = -np.inf, np.inf
    p, q = (np.maximum(np.histogram(values, edges)[0] / len(values), 1e-6) for values in (then, now))
    return float(np.sum((q - p) * np.log(q / p)))


def test_the_banks_sentinels_are_seen_where_plain_quantile_bins_are_blind(shared_data):
    bank = pl.read_csv(shared_data / "bank_marketing.csv", columns=["pdays", "previous", "job"])
    then, now = bank.head(len(bank) * 4 // 5), bank.tail(len(bank) // 5)
    assert [plain_psi(then[name].to_numpy(), now[name].to_numpy()) for name in ("pdays", "previous")] == [0, 0]
    found = {drift.feature: drift for drift in compare({name: part(then[name]) for name in then.columns}, now)}
    assert found["pdays"].has_moved
    assert (found["pdays"].bin, found["pdays"].then > 0.99, found["pdays"].now < 0.98) == ("999", True, True)
    assert found["previous"].alarms
    assert found["previous"].psi > 0.7
    assert not found["job"].has_moved


def test_zero_inflation_and_missing_values_have_bins_of_their_own():
    draws = np.random.default_rng(1)
    then = np.where(draws.random(5000) < 0.9, 0.0, draws.exponential(10, 5000))
    more_zeros = np.where(draws.random(5000) < 0.6, 0.0, draws.exponential(10, 5000))
    found = drift_of(then, more_zeros)
    assert (found.bin, found.alarms) == ("0", True)
    holes = pl.Series(then).set(pl.Series(draws.random(5000) < 0.3), None)
    found = drift_of(then, holes)
    assert (found.bin, found.alarms) == ("missing", True)


def test_a_text_is_parted_by_its_levels_and_new_ones_count_together():
    then = ["a"] * 600 + ["b"] * 400
    found = drift_of(then, ["a"] * 500 + ["b"] * 300 + ["new"] * 200)
    assert (found.bin, found.alarms) == ("others", True)
    assert not drift_of(then, ["b"] * 400 + ["a"] * 600).has_moved


@pytest.mark.parametrize("rows", [60, 500])
def test_chance_alone_is_no_alarm_however_few_the_rows(rows):
    alarms = 0
    for seed in range(40):
        draws = np.random.default_rng(seed)
        then, now = draws.normal(size=(20, rows)), draws.normal(size=(20, rows))
        bins = {f"x{i}": part(pl.Series(then[i])) for i in range(20)}
        alarms += any(drift.has_moved for drift in compare(bins, pl.DataFrame({f"x{i}": now[i] for i in range(20)})))
    assert alarms <= 2  # 1 % of 40 is expected; without the limit by sample size, 60 rows alarm every time


def test_few_rows_move_far_by_chance_which_a_fixed_threshold_takes_for_drift():
    draws = np.random.default_rng(3)
    found = [drift_of(draws.normal(size=60), draws.normal(size=60)) for _ in range(20)]
    assert sum(drift.psi > 0.25 for drift in found) > 5
    assert not any(drift.alarms for drift in found)


def test_what_chance_gives_follows_the_sample_size_and_the_number_of_columns():
    assert chance_limit(10, 100, 100) > chance_limit(10, 10_000, 10_000) * 50
    assert chance_limit(10, 1000, 1000, columns=50) > chance_limit(10, 1000, 1000)
    draws = np.random.default_rng(5)
    bins = part(pl.Series(draws.random(4000)))
    found = [psi(bins, count_in(pl.Series(draws.random(4000)), bins)) for _ in range(200)]
    assert np.mean(np.array(found) > chance_limit(10, 4000, 4000, level=0.05)) < 0.12


@pytest.mark.parametrize(
    ("now", "broken"),
    [
        (pl.DataFrame({"y": [1.0]}), "gone"),
        (pl.DataFrame({"x": [None, None]}), "empty"),
        (pl.DataFrame({"x": ["much", "little"]}), "changed"),
    ],
)
def test_a_column_that_is_gone_empty_or_of_another_kind_is_broken(now, broken):
    found = compare({"x": part(pl.Series("x", [1.0, 2.0, 3.0]))}, now)[0]
    assert (found.broken, found.psi, found.alarms) == (broken, None, False)


def test_a_column_that_was_always_empty_is_not_broken():
    assert compare({"x": part(pl.Series("x", [None, None], dtype=pl.Float64))}, pl.DataFrame({"x": [None]}))[0].broken is None


@pytest.mark.parametrize("values", [[1.5, 2.5, None, float("nan"), float("inf")], ["a", None, "b"], [True, False, None], []])
def test_bins_are_the_same_after_json_and_every_row_falls_into_one(values):
    series = pl.Series("x", values, strict=False) if values else pl.Series("x", [], dtype=pl.Float64)
    bins = part(series)
    assert Bins.from_dict(json.loads(json.dumps(bins.to_dict()))) == bins
    assert count_in(series, bins).sum() == len(series)
    assert len(bins.names) == len(bins.shares)
