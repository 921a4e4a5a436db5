"""A sample by keys: the same rows in any order, and fewer among more."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from app.scoring.learning.drawing import drawn_by_key

ROWS = 20_000
DAY = date(2026, 8, 1)
KEYS = pl.DataFrame({"customer_id": np.arange(ROWS) // 2}).with_columns(
    as_of=pl.Series([DAY + timedelta(days=i % 2) for i in range(ROWS)])
)


def drawn(keys: pl.DataFrame, most: int, seed: int = 7) -> set[tuple[int, date]]:
    return set(keys.select(pl.all().gather(drawn_by_key(keys, most, seed=seed))).rows())


def test_the_same_rows_are_drawn_in_whatever_order_they_come() -> None:
    shuffled = KEYS.sample(fraction=1, shuffle=True, seed=1)
    assert drawn(KEYS, 5_000) == drawn(shuffled, 5_000)
    assert len(drawn(KEYS, 5_000)) == 5_000
    assert (np.diff(drawn_by_key(shuffled, 5_000, seed=7)) > 0).all()


def test_fewer_are_among_more_and_another_seed_draws_others() -> None:
    assert drawn(KEYS, 1_000) < drawn(KEYS, 5_000)
    assert 1_000 < len(drawn(KEYS, 5_000) & drawn(KEYS, 5_000, seed=8)) < 1_500


def test_the_draw_favours_no_day_and_no_part_of_the_customers() -> None:
    found = pl.DataFrame(list(drawn(KEYS, 5_000)), schema=["customer_id", "as_of"], orient="row")
    assert abs((found["as_of"] == DAY).mean() - 0.5) < 0.03  # type: ignore[operator]
    assert abs((found["customer_id"] < ROWS // 4).mean() - 0.5) < 0.03  # type: ignore[operator]


def test_of_few_all_are_taken() -> None:
    assert drawn_by_key(KEYS.head(10), 10, seed=1).tolist() == list(range(10))
