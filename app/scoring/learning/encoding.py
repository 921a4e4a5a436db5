"""From a frame of figures to the float32 matrix LightGBM reads, by codes learned in training."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.errors import Invalid
from app.scoring.learning.features import feature_columns

MOST_LEVELS = 100
RARE_BELOW = 10
LOOKED_AT_FIRST = 1_000
DIGITS_FROM = 0.95  # a text of which so many values are numbers is a column of numbers


class SnapshotColumnsChanged(Invalid):
    """The features are not those the ranker was trained on."""

    code = "snapshot_columns_changed"


class NoFeatures(Invalid):
    """There is no column to learn from."""

    code = "no_features"


@dataclass(frozen=True)
class Column:
    """One trained column. `levels` of a text, most frequent first: code = position, anything else = len(levels).

    digits: numbers that came as text, such as `1,024.5` or ` 7 `, and days such as `2026-03-01`, as days since 1970; what is
    neither is missing.
    """

    name: str
    kind: Literal["number", "text", "digits"]
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Encoding:
    """The columns of the matrix, in order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    @property
    def text_positions(self) -> list[int]:
        """Positions of the columns that hold codes, which LightGBM must treat as categories."""
        return [i for i, column in enumerate(self.columns) if column.kind == "text"]

    def keep(self, positions: list[int]) -> "Encoding":
        """The encoding of these columns only."""
        return Encoding(tuple(self.columns[i] for i in positions))

    def to_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reverses it."""
        return {"columns": [{**asdict(column), "levels": list(column.levels)} for column in self.columns]}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Encoding":
        """The encoding `to_dict` wrote."""
        return cls(tuple(Column(c["name"], c["kind"], tuple(c["levels"])) for c in stored["columns"]))


def fit_encoding(frame: pl.DataFrame) -> Encoding:
    """Learn the codes. Columns without two values, and exact repeats of an earlier column, are dropped.

    Texts seen fewer than 10 times, or beyond the 100 most frequent, share one code with all that is unseen. Texts that
    are nearly all numbers or days are numbers. Numbers stay as they are: sentinels such as 999 are for the trees to find.
    Raises NoFeatures.
    """
    return fit_encode(frame)[0]


def fit_encode(frame: pl.DataFrame, *, at_once: int = 1) -> tuple[Encoding, NDArray[np.float32]]:
    """`fit_encoding` and the matrix of the same frame, in the time of one; `at_once` columns at a time."""
    names = feature_columns(frame)
    matrix: NDArray[np.float32] = np.empty((frame.height, len(names)), dtype=np.float32, order="F")

    def learned(place: int) -> Column | None:
        column = _fit_column(frame[names[place]])
        _encode_column(frame[names[place]], column, matrix[:, place])
        return column if _varies(matrix[:, place]) else None

    with ThreadPoolExecutor(at_once) as pool:
        found = list(pool.map(learned, range(len(names))))
    kept: list[int] = []
    columns: list[Column] = []
    for place, column in enumerate(found):
        if column is not None and not any(_equal(matrix[:, place], matrix[:, i]) for i in kept):
            kept.append(place)
            columns.append(column)
    if not columns:
        raise NoFeatures("features", "at least one column with two different values")
    return Encoding(tuple(columns)), keep_columns(matrix, kept)


def keep_columns(matrix: NDArray[np.float32], kept: list[int]) -> NDArray[np.float32]:
    """The matrix of these columns (rising) only, in the same memory: what it held before is gone."""
    for place, column in enumerate(kept):
        if place < column:
            matrix[:, place] = matrix[:, column]
    return matrix[:, : len(kept)]


def encode(frame: pl.DataFrame, encoding: Encoding, *, at_once: int = 1) -> NDArray[np.float32]:
    """Rows x columns, float32, column-major; missing and infinite = NaN. `at_once` columns at a time.

    Raises SnapshotColumnsChanged naming a trained column that is absent or of another kind.
    """
    matrix = np.empty((frame.height, len(encoding.columns)), dtype=np.float32, order="F")

    def write(place: int) -> None:
        column = encoding.columns[place]
        if column.name not in frame.columns:
            raise SnapshotColumnsChanged(column.name, "a column of the features, as when the ranker was trained; it is absent")
        _encode_column(frame[column.name], column, matrix[:, place])

    if at_once == 1:
        for place in range(len(encoding.columns)):
            write(place)
        return matrix
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(write, range(len(encoding.columns))))
    return matrix


def to_numbers(values: pl.Series) -> pl.Series:
    """Texts as numbers: spaces, thousands' commas and signs of money or percent do not count; null where there is no number."""
    plain = values.cast(pl.String).str.replace_all(r"[\s,%$€£¥￥]", "")
    return plain.cast(pl.Float64, strict=False)


def to_figures(values: pl.Series) -> pl.Series:
    """Texts as numbers, days and instants as the days since 1970; null where there is neither."""
    days = values.cast(pl.String).str.strip_chars().str.slice(0, 10).str.replace_all("/", "-", literal=True)
    return to_numbers(values).fill_null(days.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Float64))


def are_digits(values: pl.Series) -> bool:
    """Is this text nearly always a number, or a day?"""
    filled = values.drop_nulls().cast(pl.String).str.strip_chars()
    filled = filled.filter(filled != "")
    return bool(len(filled)) and to_figures(filled).count() >= DIGITS_FROM * len(filled)


def _fit_column(values: pl.Series) -> Column:
    if not _is_text(values):
        return Column(values.name, "number")
    if are_digits(values):
        return Column(values.name, "digits")
    counts = _levels(values).drop_nulls().alias("level").value_counts().filter(pl.col("count") >= RARE_BELOW)
    levels = counts.sort(["count", "level"], descending=[True, False])["level"].head(MOST_LEVELS)
    return Column(values.name, "text", tuple(levels.to_list()))


def _encode_column(values: pl.Series, column: Column, target: NDArray[np.float32]) -> None:
    fits = _is_text(values) == (column.kind == "text") or column.kind == "digits" or values.dtype == pl.Null
    if not fits:
        raise SnapshotColumnsChanged(column.name, f"a {column.kind} column, as when the ranker was trained, got {values.dtype}")
    if column.kind == "text":
        series = _code(_levels(values), column.levels)
    elif _is_text(values):
        series = to_figures(values)
    else:
        series = values if values.dtype == pl.Float32 else values.cast(pl.Float64)
    with np.errstate(over="ignore", invalid="ignore"):  # 1e300 does not fit float32 and is treated as missing
        target[:] = series.to_numpy()
        if not np.isfinite(target.sum()):  # as it is where all are finite and none is huge
            target[~np.isfinite(target)] = np.nan


def _code(texts: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    """Position of each text among the levels; the number of levels for all others."""
    other = pl.when(texts.is_not_null()).then(pl.lit(len(levels), pl.Float32))
    coded = texts.replace_strict(list(levels), list(range(len(levels))), default=None, return_dtype=pl.Float32)
    return pl.select(pl.coalesce(coded, other)).to_series()


def _levels(values: pl.Series) -> pl.Series:
    """Texts without spaces around them; nothing but spaces is missing."""
    stripped = values.cast(pl.String).str.strip_chars()
    return stripped.set(stripped == "", None)


def _is_text(values: pl.Series) -> bool:
    return isinstance(values.dtype, pl.Categorical | pl.Enum) or values.dtype == pl.String


def _equal(values: NDArray[np.float32], others: NDArray[np.float32]) -> bool:
    """Are they the same, missing or not? Few columns agree in their first rows, so that hardly any are read to the end."""
    few = slice(LOOKED_AT_FIRST)
    return all(np.array_equal(values[part].view(np.int32), others[part].view(np.int32)) for part in (few, slice(None)))


def _varies(values: NDArray[np.float32]) -> bool:
    """Are there two different values, missing being one? Nearly always the first rows show it."""
    return any(
        bool(part.size) and not bool(np.all((part == values[0]) | (np.isnan(part) & np.isnan(values[0]))))
        for part in (values[:LOOKED_AT_FIRST], values)
    )
