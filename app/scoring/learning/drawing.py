"""Rows drawn by their keys: the same ones wherever and in whatever order the rows are (pure)."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Words = NDArray[np.uint64]


def drawn_by_key(keys: pl.DataFrame, most: int, *, seed: int) -> NDArray[np.int64]:
    """Positions, rising, of at most so many rows of `keys` (customer_id, as_of), drawn as if at random.

    Fewer drawn of the same seed are among more drawn.
    """
    if keys.height <= most:
        return np.arange(keys.height)
    customers, days = (keys[name].to_physical().cast(pl.Int64).to_numpy().view(np.uint64) for name in ("customer_id", "as_of"))
    lot = _mixed(customers + _mixed(days + _mixed(np.full(1, seed, dtype=np.uint64))))
    order = np.lexsort((days, customers, lot))
    return np.sort(order[:most]).astype(np.int64)


def _mixed(words: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): bits that have nothing to do with each other."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
