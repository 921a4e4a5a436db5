"""The free columns of the `features` feed: figures, each of the kind its cells have, and how a newer file changes them."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from app.ingest.checks import NOT_IN_TEXT
from app.ingest.findings import CONTROL, Finding, Problem, given, kept, trimmed
from app.ingest.kinds import NUMBER, aligned, narrowed, typed

MAX_FIGURE_LENGTH = 1000
CUSTOMER = "customer_id"
KEPT_APART = f"features.{CUSTOMER}"  # a figure that bears the name of the key

_NOT_FINITE = r"^(?i:[+-]?(?:nan|inf|infinity))$"
_TINY = r"[eE]-0*[1-9][0-9]{3,}$"  # no double is so small


@dataclass(frozen=True)
class MergedFigures:
    """A partition after a file: customer_id (rising), figures; and how many rows of the file were new, and changed one."""

    frame: pl.DataFrame
    inserted: int
    updated: int
    removed: int

    @property
    def changed(self) -> bool:
        """Is it another than before?"""
        return bool(self.inserted or self.updated or self.removed)


def check_figures(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[tuple[str, Finding]]]:
    """The figures of a frame of text columns, and what is wrong by column."""
    findings: list[tuple[str, Finding]] = []
    columns = []
    for series in frame:
        values, found = _checked(trimmed(series))
        findings += [(series.name, finding) for finding in found if finding[0].any()]
        columns.append(values)
    return pl.DataFrame(columns) if columns else pl.DataFrame(height=frame.height), findings


def merge_figures(before: pl.DataFrame | None, new: pl.DataFrame, *, gone: Collection[int] = ()) -> MergedFigures:
    """Rows of a newer file (`new`, one per customer_id, rising) into a partition, without the customers in `gone`.

    A row that is there already is replaced whole; a figure that the newer file does not have is null then.
    """
    if before is None:
        return MergedFigures(new.select(pl.col(CUSTOMER), *narrowed(new.drop(CUSTOMER))), new.height, 0, 0)
    old_figures, new_figures = aligned([before.drop(CUSTOMER), new.drop(CUSTOMER)])
    old = pl.concat([before.select(CUSTOMER), old_figures], how="horizontal")
    newer = pl.concat([new.select(CUSTOMER), new_figures], how="horizontal")
    known = newer.filter(pl.col(CUSTOMER).is_in(old[CUSTOMER].implode()))
    updated = known.height - _same(old.filter(pl.col(CUSTOMER).is_in(newer[CUSTOMER].implode())), known)
    left = old.filter(~pl.col(CUSTOMER).is_in(newer[CUSTOMER].implode()))
    stay = left.filter(~pl.col(CUSTOMER).is_in(list(gone))) if gone else left
    frame = narrowed(pl.concat([stay, newer]).sort(CUSTOMER))
    return MergedFigures(frame, newer.height - known.height, updated, left.height - stay.height)


def _same(old: pl.DataFrame, new: pl.DataFrame) -> int:
    """How many rows are the same in both, which hold the same customers in the same order."""
    same = pl.Series([True]).new_from_index(0, old.height)
    for values in old:
        same &= values.eq_missing(new[values.name])
    return int(same.sum())


def _checked(text: pl.Series) -> tuple[pl.Series, list[Finding]]:
    """One column. Numbers take one pass; of repeated text each distinct one is looked at once."""
    number = text.str.contains(NUMBER)
    if number.all():
        return typed(text), [_too_large(text, number)]
    distinct = text.unique()
    if len(distinct) * 4 > len(text):
        return typed(text), _wrong(text, number)
    found = _wrong(distinct, distinct.str.contains(NUMBER))
    findings = [(given(text.is_in(distinct.filter(mask).implode())), problem) for mask, problem in found if mask.any()]
    return text.replace_strict(distinct, typed(distinct)), findings


def _wrong(text: pl.Series, number: pl.Series) -> list[Finding]:
    return [
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
