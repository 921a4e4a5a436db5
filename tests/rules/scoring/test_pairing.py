"""Two rankers on the same rows: only rows that both were judged on count, and each difference has its interval."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from app.scoring.pairing import pair_figures, shared_rows

DAY = date(2026, 10, 1)


def judged(noise, *, first=0, rows=400):
    """Customers `first` and on, whose true chance is known; `_score` is that chance with some noise."""
    draws = np.random.default_rng(3)
    chance = draws.beta(1, 3, 1_000)
    labels = (draws.random(1_000) < chance).astype(np.int8)
    scores = np.clip(chance + np.random.default_rng(4).normal(0, noise, 1_000), 0.01, 0.99)
    frame = pl.DataFrame({"customer_id": np.arange(1_000), "_label": labels, "_weight": 1.0, "_score": scores})
    return frame.slice(first, rows).with_columns(as_of=pl.lit(DAY))


def test_only_rows_that_both_were_judged_on_are_compared():
    found = shared_rows(judged(0), judged(0.3, first=100))
    assert found is not None
    assert found.labels.size == 300
    assert np.array_equal(found.challenger, judged(0)["_score"].to_numpy()[100:])
    assert np.array_equal(found.champion, judged(0.3)["_score"].to_numpy()[100:])


def test_too_few_of_them_say_nothing():
    assert shared_rows(judged(0), judged(0.3, first=350)) is None
    other_day = judged(0.3).with_columns(as_of=pl.lit(DAY + timedelta(days=1)))
    assert shared_rows(judged(0), other_day) is None


def test_a_customer_who_stands_twice_on_a_day_counts_once():
    twice = pl.concat([judged(0), judged(0)])
    found = shared_rows(twice, pl.concat([judged(0.3), judged(0.3)]))
    assert found is not None
    assert found.labels.size == 400


def test_the_better_one_is_better_in_every_figure_and_beyond_doubt_in_those_that_have_the_power():
    found = shared_rows(judged(0), judged(0.3))
    assert found is not None
    pairs = {pair.code: pair for pair in pair_figures(found, seed=7, resamples=20)}
    assert list(pairs) == ["auc", "lift_at_list", "average_precision", "calibration_error", "brier", "log_loss"]
    for code, sign in (("auc", 1), ("average_precision", 1), ("calibration_error", -1), ("brier", -1), ("log_loss", -1)):
        pair = pairs[code]
        assert pair.difference.estimate == pytest.approx(pair.challenger - pair.champion)
        assert min(sign * pair.difference.low, sign * pair.difference.high) > 0, code


def test_the_same_rows_give_the_same_figures():
    found = shared_rows(judged(0), judged(0.3))
    assert found is not None
    assert pair_figures(found, seed=7, resamples=2) == pair_figures(found, seed=7, resamples=2)
