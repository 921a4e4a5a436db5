"""How far the values of a column moved since training: PSI in bins that see sentinels, zeros and the missing (pure).

PSI (population stability index) is the sum over bins of (now - then) * ln(now / then), of shares: Kullback and Leibler 1951,
the symmetric divergence. Quantile bins alone are blind where one value holds most rows (999 = never, 0 = none): all edges
fall on it. So each value of a large share has a bin of its own, and so has what is missing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

POINT_SHARE = 0.05  # a value that so many rows hold has a bin of its own
FEW_VALUES = 12  # a column of no more values than this has a bin for each
MOST_BINS = 10  # quantile bins of the rest
MOST_LEVELS = 20  # bins of a text, the rest together
MOVED, ALARM = 0.1, 0.25  # Siddiqi 2006: below 0.1 little changed, above 0.25 much
LEVEL = 0.01  # of a false alarm anywhere, over all columns (Bonferroni)


@dataclass(frozen=True)
class Bins:
    """How a column is parted, and the share of the rows in each bin then: missing, points or levels, then ranges or the rest."""

    kind: Literal["number", "text"]
    points: tuple[float, ...]
    edges: tuple[float, ...]
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    rows: int

    @property
    def names(self) -> list[str]:
        """What each bin holds, in words."""
        if self.kind == "text":
            return ["missing", *self.levels, "others"]
        bounds = ["", *(f"{edge:g}" for edge in self.edges), ""]
        ranges = [f"{low}…{high}" for low, high in pairwise(bounds)] if self.edges else ["others"]
        return ["missing", *(f"{point:g}" for point in self.points), *ranges]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reverses it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Bins":
        """The bins `to_dict` wrote, before or after JSON."""
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
        return cls(**values)


@dataclass(frozen=True)
class Drift:
    """What one column did. `broken`: gone, changed or empty, and then there is no PSI.

    `limit` is what PSI must exceed to be more than chance; `bin` is the one that moved most, with its shares then and now.
    """

    feature: str
    psi: float | None
    limit: float | None
    broken: Literal["gone", "changed", "empty"] | None = None
    bin: str = ""
    then: float = 0.0
    now: float = 0.0

    @property
    def has_moved(self) -> bool:
        """More than chance, and enough to be looked at."""
        return self.psi is not None and self.limit is not None and self.psi > max(self.limit, MOVED)

    @property
    def alarms(self) -> bool:
        """More than chance, and so much that what was learned may not hold."""
        return self.psi is not None and self.limit is not None and self.psi > max(self.limit, ALARM)


def part(values: pl.Series) -> Bins:
    """Bins of a column and its shares in them; a column of texts, or of numbers."""
    text = values.dtype in (pl.String, pl.Categorical)
    if text:
        found = values.cast(pl.String).drop_nulls().alias("v").value_counts(name="n").sort(["n", "v"], descending=[True, False])
        empty = Bins("text", (), (), tuple(found["v"].head(MOST_LEVELS).to_list()), (), values.len())
    else:
        points, edges = _points_and_edges(_finite(values))
        empty = Bins("number", points, edges, (), (), values.len())
    counts = count_in(values, empty)
    shares = tuple((counts / max(1, values.len())).tolist())
    return Bins(empty.kind, empty.points, empty.edges, empty.levels, shares, values.len())


def count_in(values: pl.Series, bins: Bins) -> NDArray[np.int64]:
    """How many rows fall into each bin."""
    if bins.kind == "text":
        codes = {level: i + 1 for i, level in enumerate(bins.levels)}
        texts = values.cast(pl.String)
        coded = texts.replace_strict(list(codes), list(codes.values()), default=len(codes) + 1, return_dtype=pl.Int64)
        found = pl.select(pl.when(texts.is_null()).then(0).otherwise(coded)).to_series().to_numpy()
        return np.bincount(found, minlength=len(codes) + 2).astype(np.int64)
    numbers = _finite(values)
    at_point = np.zeros(numbers.size, dtype=bool)
    counts = [values.len() - numbers.size]
    for point in bins.points:
        counts.append(int((numbers == point).sum()))
        at_point |= numbers == point
    ranges = np.bincount(np.searchsorted(np.array(bins.edges), numbers[~at_point], side="left"), minlength=len(bins.edges) + 1)
    return np.array([*counts, *ranges.tolist()], dtype=np.int64)


def psi(bins: Bins, counts: NDArray[np.int64]) -> float:
    """PSI of these rows against the shares then. Half a row is added to each bin, so that an empty one stays finite."""
    then = np.array(bins.shares) * bins.rows + 0.5
    now = counts + 0.5
    used = (np.array(bins.shares) > 0) | (counts > 0)
    p, q = then[used] / then[used].sum(), now[used] / now[used].sum()
    return float(np.sum((q - p) * np.log(q / p)))


def chance_limit(bins: int, rows_then: int, rows_now: int, *, columns: int = 1, level: float = LEVEL) -> float:
    """What PSI exceeds by chance alone, without any change, in a share `level` of cases over all `columns`.

    Without change PSI / (1/n + 1/m) is chi-squared with bins - 1 degrees of freedom (Yurdakul 2018, "Statistical properties of
    population stability index"); Bonferroni over the columns.
    """
    from scipy.stats import chi2  # a second to import, which only those pay who watch

    return float(chi2.ppf(1 - level / max(1, columns), max(1, bins - 1)) * (1 / max(1, rows_then) + 1 / max(1, rows_now)))


def compare(then: Mapping[str, Bins], now: pl.DataFrame) -> tuple[Drift, ...]:
    """Every column of `then` as it is in `now`: what broke first, then by how far it moved."""
    found = [_compare_one(name, bins, now, columns=len(then)) for name, bins in then.items()]
    return tuple(sorted(found, key=lambda drift: (drift.broken is None, -(drift.psi or 0.0), drift.feature)))


def _compare_one(name: str, bins: Bins, now: pl.DataFrame, *, columns: int) -> Drift:
    if name not in now.columns:
        return Drift(name, None, None, "gone")
    values = now[name]
    was_missing = bins.shares[0] >= 1
    if values.null_count() == values.len() and not was_missing:  # no rows at all are empty too
        return Drift(name, None, None, "empty")
    if values.dtype != pl.Null and (values.dtype in (pl.String, pl.Categorical)) != (bins.kind == "text"):
        return Drift(name, None, None, "changed")
    counts = count_in(values, bins)
    used = int(((np.array(bins.shares) > 0) | (counts > 0)).sum())
    shares = counts / max(1, values.len())
    most = int(np.argmax(np.abs(shares - np.array(bins.shares)).round(9)))
    limit = chance_limit(used, bins.rows, values.len(), columns=columns)
    return Drift(name, psi(bins, counts), limit, None, bins.names[most], bins.shares[most], float(shares[most]))


def _finite(values: pl.Series) -> NDArray[np.float64]:
    numbers = values.cast(pl.Float64).drop_nulls().to_numpy()
    return np.asarray(numbers[np.isfinite(numbers)], dtype=np.float64)


def _points_and_edges(numbers: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Values with a bin of their own, and the edges between the ranges that the rest is parted into."""
    if not numbers.size:
        return (), ()
    values, counts = np.unique(numbers, return_counts=True)
    chosen = values if values.size <= FEW_VALUES else values[counts >= POINT_SHARE * numbers.size]
    rest = numbers[~np.isin(numbers, chosen)]
    bins = int(min(MOST_BINS, rest.size / numbers.size * 2 * MOST_BINS)) if rest.size else 0
    edges = np.unique(np.quantile(rest, np.arange(1, bins) / bins)) if bins > 1 else np.array([])
    return tuple(chosen.tolist()), tuple(edges.tolist())
