"""The free columns of the `features` feed: each row's figures as one JSON object.

A cell is a number where it is written as JSON writes numbers (so `007` stays text), a boolean where it says true or false,
null where blank, else text. It is decided cell by cell; who needs one type per column looks at all rows.
"""

import json

import polars as pl

from app.ingest.checks import NOT_IN_TEXT
from app.ingest.findings import CONTROL, Finding, Problem, given, kept, trimmed

MAX_FIGURE_LENGTH = 1000

_NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
_NOT_FINITE = r"^(?i:[+-]?(?:nan|inf|infinity))$"
_TINY = r"[eE]-0*[1-9][0-9]{3,}$"  # no double is so small, and no database stores it as a number
_BOOLEAN = r"^(?i:true|false)$"


def check_figures(frame: pl.DataFrame) -> tuple[pl.Series, list[tuple[str, Finding]]]:
    """JSON text per row of a frame of text columns, and what is wrong by column."""
    findings: list[tuple[str, Finding]] = []
    parts: list[pl.Series | pl.Expr] = []
    for series in frame:
        cells, found = _cells(trimmed(series))
        findings += [(series.name, finding) for finding in found if finding[0].any()]
        label = json.dumps(series.name, ensure_ascii=False)
        parts += [pl.lit(("," if parts else "{") + label + ":"), cells]
    if not parts:
        return pl.Series(["{}"]).new_from_index(0, len(frame)), []
    return pl.select(pl.concat_str(*parts, pl.lit("}"))).to_series(), findings


def _cells(text: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """One column as JSON values. A column of numbers takes one pass; of repeated text each distinct one is looked at once."""
    number = text.str.contains(_NUMBER)
    if number.all():
        return text.fill_null("null"), [_too_large(text, number)]
    distinct = text.unique()
    if len(distinct) * 4 > len(text):
        return _mixed(text, number)
    cells, found = _mixed(distinct, distinct.str.contains(_NUMBER))
    findings = [(given(text.is_in(distinct.filter(mask).to_list())), problem) for mask, problem in found if mask.any()]
    return text.replace_strict(distinct, cells), findings


def _mixed(text: pl.Series, number: pl.Series) -> tuple[pl.Series, list[Finding]]:
    cells = pl.select(
        pl.when(text.is_null())
        .then(pl.lit("null"))
        .when(number)
        .then(text)
        .when(text.str.contains(_BOOLEAN))
        .then(text.str.to_lowercase())
        .otherwise('"' + _escaped(text) + '"')
    ).to_series()
    return cells, [
        (
            given(text.str.contains(_NOT_FINITE)),
            Problem("not_finite", "expected a finite number, text or nothing"),
        ),
        _too_large(text, number),
        (
            given(text.str.contains(NOT_IN_TEXT)),
            CONTROL,
        ),
        (
            given(text.str.len_chars() > MAX_FIGURE_LENGTH),
            Problem("too_long", f"expected at most {MAX_FIGURE_LENGTH} characters"),
        ),
    ]


def _too_large(text: pl.Series, number: pl.Series) -> Finding:
    numbers = kept(text, number)
    values = numbers.cast(pl.Float64, strict=False)
    vanished = kept(numbers, values == 0).str.contains(_TINY)
    beyond = values.is_infinite() | vanished.fill_null(False) | (numbers.str.len_bytes() > MAX_FIGURE_LENGTH)
    return given(beyond), Problem("out_of_range", "expected a number that a double can hold")


def _escaped(text: pl.Series) -> pl.Series:
    """Inside JSON quotes; control characters other than these three make the row rejected."""
    if not text.str.contains(r'[\\"\t\r\n]').any():
        return text
    for raw, written in (("\\", "\\\\"), ('"', '\\"'), ("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n")):
        text = text.str.replace_all(raw, written, literal=True)
    return text
