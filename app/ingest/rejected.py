"""Rejected rows as a file that is fixed in a spreadsheet and sent again.

The original columns in their order, then where and why. A cell that a spreadsheet would run as a formula gets an apostrophe
in front, and so does a cell that starts with an apostrophe: taking one away, which reading does to files that have these three
columns, gives back every original exactly.
"""

import csv
import io
from collections.abc import Iterable, Iterator

from app.ingest.rows import RejectedRow

REJECTED_COLUMNS = ("rejected_line", "rejected_column", "rejected_reason")
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")


def rejected_csv(header: Iterable[str], rejected: Iterable[RejectedRow]) -> Iterator[str]:
    """The file piece by piece: UTF-8 text with a byte order mark (spreadsheets need it), CRLF, one row per piece."""
    yield "\ufeff" + _written([*map(_guarded, header), *REJECTED_COLUMNS])
    for row in rejected:
        cells = [_guarded(value) for value in row.values]
        yield _written([*cells, str(row.line), _guarded(row.column), row.reason])


def write_rejected_csv(header: Iterable[str], rejected: Iterable[RejectedRow]) -> str:
    """The whole file as one text."""
    return "".join(rejected_csv(header, rejected))


def unguarded(cell: str) -> str:
    """Take away the apostrophe that `rejected_csv` put in front."""
    return cell.removeprefix("'")


def _guarded(cell: str) -> str:
    return "'" + cell if cell.startswith(_GUARDED) else cell


def _written(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
