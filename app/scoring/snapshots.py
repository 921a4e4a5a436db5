"""Figures of snapshots, JSON objects of whatever keys, as columns of one type each (pure).

A key that holds text in any row is a column of text, in which the number 1.0 is written `1`. Keys that bear the name of a
column of ours are kept as `features.<key>`.
"""

import json
from collections.abc import Collection, Iterable

import polars as pl

from app.scoring.learning.encoding import Encoding, SnapshotColumnsChanged
from app.scoring.learning.features import DERIVED, NOT_FEATURES

PREFIX = "features."
OURS = frozenset({*NOT_FEATURES, *DERIVED, "opened_on"})
_LONG_NUMBER = r": -?(?:[0-9]{19}|[0-9.]{40})"  # beyond 64 bits, or too long for the JSON reader


def decode(texts: pl.Series, *, as_text: Collection[str] = ()) -> pl.DataFrame:
    """One row per JSON text (a null gives nulls), one column per key: numbers, booleans or text.

    `as_text` names columns which are text elsewhere and are to be text here too.
    """
    frame = _unnest(_with_short_numbers(texts), None)
    raw = [name for name in frame.columns if column_of(name) in as_text and frame[name].dtype != pl.String]
    if raw:
        frame = frame.with_columns(_unnest(_with_short_numbers(texts), pl.Struct(dict.fromkeys(raw, pl.String))))
    return _named(frame)


def decode_trained(texts: pl.Series, encoding: Encoding) -> pl.DataFrame:
    """The columns that a ranker learned from, of the kinds it learned; a key absent here is null.

    Raises SnapshotColumnsChanged when a column of numbers now holds text.
    """
    kinds = {key_of(c.name): pl.Float64 if c.kind == "number" else pl.String for c in encoding.columns if c.name not in DERIVED}
    short = _with_short_numbers(texts)
    try:
        return _named(_unnest(short, pl.Struct(kinds)))
    except pl.exceptions.ComputeError:
        found = _unnest(short, None).schema
        for key, kind in kinds.items():
            if kind == pl.Float64 and found.get(key) == pl.String:
                raise SnapshotColumnsChanged(column_of(key), "numbers, as when the ranker was trained, got text") from None
        raise


def compact(frame: pl.DataFrame) -> pl.DataFrame:
    """The same for training, in which numbers are 32 bits wide: half the memory. What is neither number nor text is dropped."""
    numbers = [name for name, kind in frame.schema.items() if kind.is_numeric() or kind == pl.Boolean]
    plain = [name for name, kind in frame.schema.items() if not kind.is_nested()]
    return frame.select(plain).with_columns(pl.col(numbers).cast(pl.Float32))


def mixed_columns(frames: Iterable[pl.DataFrame]) -> set[str]:
    """Columns that are text in some of the frames and numbers in others."""
    text: set[str] = set()
    other: set[str] = set()
    for frame in frames:
        for name, kind in frame.schema.items():
            (text if kind == pl.String else other if kind != pl.Null else set()).add(name)
    return text & other


def column_of(key: str) -> str:
    """The column of a key."""
    return PREFIX + key if key in OURS or key.startswith("_") else key


def key_of(column: str) -> str:
    """The key of a column."""
    key = column.removeprefix(PREFIX)
    return key if column_of(key) == column else column


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns instead of keys. Of two keys for one column the one that bears our name is kept."""
    names = {key: column_of(key) for key in frame.columns}
    if not names:
        return frame
    renamed = {column for key, column in names.items() if key != column}
    return frame.select(pl.col(key).alias(column) for key, column in names.items() if key != column or key not in renamed)


def _unnest(texts: pl.Series, kind: pl.Struct | None) -> pl.DataFrame:
    if (kind is not None and not kind.fields) or not len(texts):
        return pl.DataFrame(height=len(texts))
    decoded = texts.str.json_decode(kind, infer_schema_length=None)
    some = isinstance(decoded.dtype, pl.Struct) and decoded.dtype.fields
    return decoded.struct.unnest() if some else pl.DataFrame(height=len(texts))


def _with_short_numbers(texts: pl.Series) -> pl.Series:
    """1e300, which PostgreSQL writes out in full, and whole numbers beyond 64 bits, as a double is written."""
    long = texts.str.contains(_LONG_NUMBER).fill_null(False)
    if not long.any():
        return texts
    places = long.arg_true()
    return texts.scatter(places, [json.dumps(json.loads(text, parse_int=_whole)) for text in texts.gather(places)])


def _whole(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else float(digits)
