"""Of which kind a figure is: empty, boolean, number or text. What its cells hold decides, never which file came first.

Any cell of text makes it text: a number is then written as short as it can be (1.0 is `1`), a boolean as `true`.
Without text any number makes it a number, of double precision; a boolean beside numbers is 1 or 0.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

import polars as pl

NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"  # as JSON writes numbers, so that `007` stays text
BOOLEAN = r"^(?i:true|false)$"
WHOLE_BELOW = 1e15  # doubles below are whole without doubt


class FigureKind(StrEnum):
    """Kinds, from the one that gives way to the one that stays."""

    EMPTY = "empty"
    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"


_TYPES = {
    FigureKind.EMPTY: pl.Null(),
    FigureKind.BOOLEAN: pl.Boolean(),
    FigureKind.NUMBER: pl.Float64(),
    FigureKind.TEXT: pl.String(),
}
_KINDS = {kind: name for name, kind in _TYPES.items()}
_ORDER = list(FigureKind)


def kind_of(values: pl.Series) -> FigureKind:
    """The kind of a column that `typed` or `as_kind` made."""
    return _KINDS[values.dtype]


def joined(kinds: Iterable[FigureKind]) -> FigureKind:
    """The kind of all of them together."""
    return max(kinds, key=_ORDER.index, default=FigureKind.EMPTY)


def typed(text: pl.Series) -> pl.Series:
    """Cells of text, null where blank, as the kind that holds them all."""
    if text.null_count() == len(text):
        return text.cast(pl.Null)
    number = text.str.contains(NUMBER)
    if number.all():
        return text.cast(pl.Float64, strict=False)
    boolean = text.str.contains(BOOLEAN)
    true = text.str.to_lowercase() == "true"
    if not number.any() and boolean.all():
        return true
    numbers = text.cast(pl.Float64, strict=False)
    if (number | boolean).all():
        return numbers.zip_with(number.fill_null(True), true.cast(pl.Float64))
    plain = text.zip_with(~boolean.fill_null(False), text.str.to_lowercase())
    return _as_text(numbers).zip_with(number.fill_null(False), plain).rename(text.name)


def as_kind(values: pl.Series, kind: FigureKind) -> pl.Series:
    """A column as a kind that its own gives way to."""
    if kind is FigureKind.TEXT and values.dtype == pl.Float64:
        return _as_text(values)
    return values.cast(_TYPES[kind])


def aligned(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Frames of figures with the same columns of the same kinds; null where a frame had no such column."""
    kinds: dict[str, FigureKind] = {}
    for frame in frames:
        for values in frame:
            kinds[values.name] = joined((kinds.get(values.name, FigureKind.EMPTY), kind_of(values)))
    return [_with_kinds(frame, kinds) for frame in frames]


def narrowed(frame: pl.DataFrame) -> pl.DataFrame:
    """The same with every column of text looked at again: the rows that made it text may be gone."""
    return frame.with_columns(typed(values) for values in frame if values.dtype == pl.String)


def _with_kinds(frame: pl.DataFrame, kinds: dict[str, FigureKind]) -> pl.DataFrame:
    columns = [
        as_kind(frame.get_column(name), kind)
        if name in frame.columns
        else pl.Series(name, [None], dtype=_TYPES[kind]).new_from_index(0, frame.height).alias(name)
        for name, kind in kinds.items()
    ]
    return pl.DataFrame(columns) if columns else pl.DataFrame(height=frame.height)


def _as_text(numbers: pl.Series) -> pl.Series:
    whole = ((numbers == numbers.round(0)) & (numbers.abs() < WHOLE_BELOW)).fill_null(False)
    short = numbers.zip_with(whole, pl.Series([None], dtype=pl.Float64).new_from_index(0, len(numbers))).cast(pl.Int64)
    return short.cast(pl.String).zip_with(whole, numbers.cast(pl.String)).rename(numbers.name)
