"""Names and kinds of the columns of figures (pure).

Figures that bear the name of a column of ours are called `features.<name>`.
"""

from collections.abc import Iterable

import polars as pl

from app.ingest.kinds import FigureKind, as_kind, kind_of
from app.scoring.learning.encoding import Column, Encoding, SnapshotColumnsChanged
from app.scoring.learning.features import DERIVED, NOT_FEATURES

PREFIX = "features."
OURS = frozenset({*NOT_FEATURES, *DERIVED, "opened_on"})


def trained_figures(frame: pl.DataFrame, encoding: Encoding) -> pl.DataFrame:
    """The figures that a ranker learned from, of the kinds it learned; one that is absent here is null.

    Raises SnapshotColumnsChanged when a column of numbers now holds text.
    """
    return pl.DataFrame([_of_kind(frame, column) for column in encoding.columns if column.name not in DERIVED])


def trained_names(encoding: Encoding) -> list[str]:
    """The figures that a ranker learned from."""
    return [column.name for column in encoding.columns if column.name not in DERIVED]


def columns_by_name(keys: Iterable[str]) -> dict[str, str]:
    """Name of each column of figures to its key in a file. Of two keys for one column the one that bears our name is kept."""
    names: dict[str, str] = {}
    for key in keys:
        name = column_of(key)
        if name != key or name not in names:
            names[name] = key
    return names


def column_of(key: str) -> str:
    """The column of a key."""
    return PREFIX + key if key in OURS or key.startswith("_") else key


def _of_kind(frame: pl.DataFrame, column: Column) -> pl.Series:
    name = column.name
    values = frame[name] if name in frame.columns else pl.Series(name, [None]).new_from_index(0, frame.height).alias(name)
    if column.kind == "digits":  # numbers in text, or by now numbers
        return values
    if column.kind == "number" and kind_of(values) is FigureKind.TEXT:
        raise SnapshotColumnsChanged(name, "numbers, as when the ranker was trained, got text")
    return as_kind(values, FigureKind.TEXT if column.kind == "text" else FigureKind.NUMBER)
