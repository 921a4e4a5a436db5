"""From a frame of figures to the float32 matrix LightGBM reads, by codes learned in training."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.errors import Invalid
from app.scoring.learning.features import feature_columns

MOST_LEVELS = 100
RARE_BELOW = 10


class SnapshotColumnsChanged(Invalid):
    """The features are not those the ranker was trained on."""

    code = "snapshot_columns_changed"


class NoFeatures(Invalid):
    """There is no column to learn from."""

    code = "no_features"


@dataclass(frozen=True)
class Column:
    """One trained column. `levels` of a text, most frequent first: code = position, anything else = len(levels)."""

    name: str
    kind: Literal["number", "text"]
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

    Texts seen fewer than 10 times, or beyond the 100 most frequent, share one code with all that is unseen.
    Numbers stay as they are: sentinels such as 999 are for the trees to find. Raises NoFeatures.
    """
    columns, seen = [], set()
    for name in feature_columns(frame):
        column = _fit_column(frame[name])
        values = _encode_column(frame[name], column)
        content = values.tobytes()
        if content in seen or not _varies(values):
            continue
        seen.add(content)
        columns.append(column)
    if not columns:
        raise NoFeatures("features", "at least one column with two different values")
    return Encoding(tuple(columns))


def encode(frame: pl.DataFrame, encoding: Encoding) -> NDArray[np.float32]:
    """Rows x columns, float32, column-major; missing and infinite = NaN.

    Raises SnapshotColumnsChanged naming a trained column that is absent or of another kind.
    """
    matrix = np.empty((frame.height, len(encoding.columns)), dtype=np.float32, order="F")
    for i, column in enumerate(encoding.columns):
        if column.name not in frame.columns:
            raise SnapshotColumnsChanged(column.name, "a column of the features, as when the ranker was trained; it is absent")
        matrix[:, i] = _encode_column(frame[column.name], column)
    return matrix


def _fit_column(values: pl.Series) -> Column:
    if values.dtype not in (pl.String, pl.Categorical):
        return Column(values.name, "number")
    counts = values.cast(pl.String).drop_nulls().alias("level").value_counts().filter(pl.col("count") >= RARE_BELOW)
    levels = counts.sort(["count", "level"], descending=[True, False])["level"].head(MOST_LEVELS)
    return Column(values.name, "text", tuple(levels.to_list()))


def _encode_column(values: pl.Series, column: Column) -> NDArray[np.float32]:
    is_text = values.dtype in (pl.String, pl.Categorical)
    if values.dtype != pl.Null and is_text != (column.kind == "text"):
        raise SnapshotColumnsChanged(column.name, f"a {column.kind} column, as when the ranker was trained, got {values.dtype}")
    if column.kind == "text":
        codes = range(len(column.levels))
        other = pl.when(values.is_not_null()).then(pl.lit(len(column.levels), pl.Float32))
        coded = values.cast(pl.String).replace_strict(list(column.levels), list(codes), default=None, return_dtype=pl.Float32)
        series = pl.select(pl.coalesce(coded, other)).to_series()
    else:
        series = values.cast(pl.Float64)
    with np.errstate(over="ignore"):  # 1e300 does not fit float32 and is treated as missing
        numbers = series.to_numpy().astype(np.float32)
    return np.where(np.isfinite(numbers), numbers, np.float32(np.nan))


def _varies(values: NDArray[np.float32]) -> bool:
    return bool(values.size) and not bool(np.all((values == values[0]) | (np.isnan(values) & np.isnan(values[0]))))
