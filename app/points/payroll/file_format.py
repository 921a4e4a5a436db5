"""The bytes that payroll pulls: one row for each entry of a closed month, the same for ever (pure).

UTF-8, `\\n` at the end of every line, RFC 4180 quoting, points with four places; no names.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from decimal import Decimal

_COMPONENTS = ("success", "accuracy", "existing_scheme")


@dataclass(frozen=True)
class PayrollLine:
    """One entry. `refers_to_entry` and `reason` are empty but for an adjustment."""

    entry_id: str
    month: str
    staff_no: str
    component: str
    kind: str
    points: str
    refers_to_entry: str
    reason: str


HEADER = [field.name for field in fields(PayrollLine)]


@dataclass(frozen=True)
class Contents:
    """A file with what payroll checks it by."""

    content: bytes
    row_count: int
    points_sum: Decimal
    sha256: str


def points_text(points: Decimal) -> str:
    """Points as the file writes them."""
    return f"{points:.4f}"


def write_file(lines: Iterable[PayrollLine]) -> Contents:
    """The file of these entries, in whatever order they come: by staff number, component, earned first, entry."""
    ordered = sorted(lines, key=_place)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(astuple(line) for line in ordered)
    content = text.getvalue().encode()
    total = sum((Decimal(line.points) for line in ordered), Decimal(0))
    return Contents(content, len(ordered), total, hashlib.sha256(content).hexdigest())


def read_file(content: bytes) -> list[PayrollLine]:
    """The lines of such a file, in its order."""
    rows = csv.reader(io.StringIO(content.decode(), newline=""))
    next(rows)
    return [PayrollLine(*row) for row in rows]


def _place(line: PayrollLine) -> tuple[str, int, bool, int]:
    return line.staff_no, _COMPONENTS.index(line.component), line.kind != "earned", int(line.entry_id)
