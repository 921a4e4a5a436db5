"""Raw rows into typed rows, a chunk at a time: what is accepted, what is rejected and why.

Nothing here reads a file or a database, so a reference to something unknown is not found here: see `Feed.references`.
"""

import csv
import io
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.ingest.checks import check_column
from app.ingest.columns import Column, Feed
from app.ingest.figures import check_figures
from app.ingest.findings import Finding, Problem, given, trimmed

LINE = "line"
_NO_FIGURES = pl.DataFrame()


@dataclass(frozen=True)
class RejectedRow:
    """A row put aside: where it starts in the file (1 is the header), the column at fault, why, and its original text.

    `column` is empty where the row as a whole is at fault. `values` are the original cells in the order of the file's header.
    """

    line: int
    column: str
    code: str
    reason: str
    values: tuple[str, ...]

    @property
    def original(self) -> str:
        """The row as CSV, without its line break."""
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(self.values)
        return out.getvalue()


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file as text: one String column per column of the file, the line on which each row starts, and the rows
    that could not be cut into that many columns."""

    frame: pl.DataFrame
    lines: pl.Series
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True)
class Checked:
    """`accepted` has all columns of the feed in its order, typed, then `line`. Codes, texts, months and phones are String,
    money Decimal, instants UTC, `;` columns lists. `figures` are the extra columns of the same rows where the feed keeps them."""

    accepted: pl.DataFrame
    rejected: list[RejectedRow]
    figures: pl.DataFrame


def check_chunk(chunk: Chunk, feed: Feed, *, zone: str = "Asia/Shanghai") -> Checked:
    """Check every value of a chunk against the feed. A row with several faults is rejected for the first, in the feed's order."""
    values: dict[str, pl.Series] = {}
    findings: list[tuple[str, Finding]] = []
    for column in feed.columns:
        values[column.name], found = check_column(_text_of(chunk.frame, column), column, zone)
        findings += [(column.name, finding) for finding in found]
    figures, wrong = check_figures(chunk.frame.drop(feed.names, strict=False) if feed.keeps_extra else _NO_FIGURES)
    findings += wrong
    findings += _across(values, feed)
    typed = pl.DataFrame([series.alias(name) for name, series in values.items()] + [chunk.lines.alias(LINE)])
    if not findings:
        return Checked(typed, list(chunk.rejected), figures)
    faults = _first_fault(findings, len(typed))
    rejected = [*chunk.rejected, *_rejected(chunk, findings, faults)]
    good = pl.Series(faults < 0)
    return Checked(
        typed.filter(good), sorted(rejected, key=lambda row: row.line), figures.filter(good) if feed.keeps_extra else figures
    )


def keep_last(accepted: pl.DataFrame, feed: Feed) -> tuple[pl.DataFrame, int]:
    """Of rows with the same key the one on the latest line, and how many were superseded."""
    kept = accepted.sort(LINE).unique(subset=feed.key, keep="last", maintain_order=True)
    return kept, len(accepted) - len(kept)


def _text_of(frame: pl.DataFrame, column: Column) -> pl.Series:
    if column.name in frame.columns:
        return trimmed(frame.get_column(column.name))
    return pl.Series(column.name, [None], dtype=pl.String).new_from_index(0, len(frame))


def _across(values: dict[str, pl.Series], feed: Feed) -> list[tuple[str, Finding]]:
    """Faults that show only between two columns of a row."""
    found: list[tuple[str, Finding]] = []
    for earlier, later in feed.in_order:
        mask = given(values[later] < values[earlier])
        found.append((later, (mask, Problem("before_start", f"expected {later} not before {earlier}"))))
    for one, other in feed.apart:
        mask = given(values[one] == values[other])
        found.append((other, (mask, Problem("same_twice", f"expected {other} to differ from {one}"))))
    for one, other in feed.together:
        mask = values[one].is_null() != values[other].is_null()
        found.append((one, (mask, Problem("half_given", f"expected both {one} and {other}, or neither"))))
    return [(name, finding) for name, finding in found if finding[0].any()]


def _first_fault(findings: list[tuple[str, Finding]], height: int) -> np.ndarray:
    """Per row the place of its first finding, -1 where it has none."""
    faults = np.full(height, -1, dtype=np.int32)
    for place, (_, (mask, _)) in enumerate(findings):
        faults[mask.to_numpy() & (faults < 0)] = place
    return faults


def _rejected(chunk: Chunk, findings: list[tuple[str, Finding]], faults: np.ndarray) -> list[RejectedRow]:
    at = np.flatnonzero(faults >= 0)
    cells = chunk.frame[at].rows()
    lines = chunk.lines[at].to_list()
    rows = []
    for row, line, place in zip(cells, lines, faults[at], strict=True):
        column, (_, problem) = findings[place]
        rows.append(RejectedRow(line, column, problem.code, problem.reason, tuple(cell or "" for cell in row)))
    return rows
