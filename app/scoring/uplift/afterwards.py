"""Columns of a test that were recorded after the contact (pure): who saw the advertisement was shown it.

In a random test every value occurs in every arm. A column with a value that an arm lacks, though many of its rows should have
it, followed from the arm, or decided it: with it each arm is compared with nobody. Chances cannot mend that (positivity:
Rosenbaum, Rubin 1983), so it is refused by name.
"""

from collections.abc import Collection, Iterator, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.scoring.learning.encoding import NoFeatures, fit_encode
from app.scoring.learning.leaks import Refusal

FEWEST_EXPECTED = 20  # rows that an arm should have of a value; to have at most one then has a chance of some 1 in 20 million
AS_GOOD_AS_NONE = 0.05
MOST_LOOKED_AT = 200_000
MOST_VALUES = 64


def recorded_afterwards(features: pl.DataFrame, arms: pl.Series, *, allow: Collection[str], seed: int) -> tuple[Refusal, ...]:
    """Columns of `features` with a value that is as good as absent in an arm. arms (n,): names, null for none; `figure` is the
    share of the expected rows that there are."""
    rows = np.flatnonzero(arms.is_not_null().to_numpy())
    if rows.size > MOST_LOOKED_AT:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST_LOOKED_AT, replace=False))
    try:
        encoding, matrix = fit_encode(features[rows])
    except NoFeatures:
        return ()
    names = arms[rows].to_numpy()
    shares = {str(arm): names == arm for arm in np.unique(names)}
    found = []
    for place, name in enumerate(encoding.names):
        refusal = None if name in allow else _judge(name, matrix[:, place], shares)
        found += [refusal] if refusal else []
    return tuple(found)


def _judge(name: str, values: NDArray[np.float32], arms: Mapping[str, NDArray[np.bool_]]) -> Refusal | None:
    for where, here in _values(values):
        count = int(here.sum())
        for arm, members in arms.items():
            expected, seen = count * float(members.mean()), int((here & members).sum())
            if expected >= FEWEST_EXPECTED and seen <= AS_GOOD_AS_NONE * expected:
                why = f"{where}, {seen} of {count} rows are of arm {arm}, by chance {expected:.0f} would be"
                return Refusal(
                    name, f"{why}: it was recorded after the contact, or decided who got it", round(seen / expected, 4)
                )
    return None


def _values(values: NDArray[np.float32]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Where it is missing, filled, filled and not 0, and each of its frequent values: in words, and the rows."""
    missing = np.isnan(values)
    yield "where it is missing", missing
    yield "where it is filled", ~missing
    yield "where it is filled and not 0", ~missing & (values != 0)
    levels, counts = np.unique(values[~missing], return_counts=True)
    for level in levels[np.argsort(-counts, kind="stable")][:MOST_VALUES]:
        yield "at one of its values", values == level
