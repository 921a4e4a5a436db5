"""What a check of a column finds, and the few moves that all checks make on whole columns of text."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

BLANK = " \t\r\n\u00a0\u3000"


@dataclass(frozen=True)
class Problem:
    """Why a row cannot be taken: a stable code, and a sentence that says what was expected (never the
    value itself, which may be personal)."""

    code: str
    reason: str


CONTROL = Problem("control_character", "expected text without control or invisible characters")
Finding = tuple[pl.Series, Problem]
Result = tuple[pl.Series, list[Finding]]


def trimmed(text: pl.Series) -> pl.Series:
    """Text without blanks around it; null where nothing is left."""
    bare = text.str.strip_chars(BLANK)
    return kept(bare, bare != "")


def given(mask: pl.Series) -> pl.Series:
    """The mask with blank cells counted as not hit."""
    return mask.fill_null(False)


def kept(values: pl.Series, mask: pl.Series) -> pl.Series:
    """The values where the mask holds, null elsewhere."""
    if mask.all():
        return values
    return values.zip_with(given(mask), pl.Series([None], dtype=values.dtype).new_from_index(0, len(values)))


def lost(text: pl.Series, values: pl.Series) -> pl.Series:
    """Rows that held something and became nothing."""
    return text.is_not_null() & values.is_null()


def patched(text: pl.Series, values: pl.Series, read: Callable[[str], object]) -> pl.Series:
    """Fill what the fast way left null with `read`, one by one; a ValueError or OverflowError leaves it null."""
    rows = lost(text, values).arg_true()
    if rows.is_empty():
        return values
    found = [_or_none(read, raw) for raw in text.gather(rows)]
    return values.scatter(rows, pl.Series(found, dtype=values.dtype))


def _or_none(read: Callable[[str], object], raw: str) -> object | None:
    try:
        return read(raw)
    except (ValueError, OverflowError):
        return None
