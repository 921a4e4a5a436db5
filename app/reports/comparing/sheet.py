"""What is on the screen, as a table for a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.centre.metrics import get_metric
from app.core.errors import Invalid
from app.core.sheets import Cell, Sheet
from app.figures.rates import COMPARED
from app.reports.comparing.page import Comparison, Row

_TITLES = {
    "code": ("编号", "Code"),
    "name": ("名称", "Name"),
    "low": ("区间下限", "Interval from"),
    "high": ("区间上限", "Interval to"),
    "first": ("名次自", "Place from"),
    "last": ("名次至", "Place to"),
    "before": ("对比期", "Before"),
    "target": ("目标", "Target"),
}


@dataclass(frozen=True)
class Look:
    """How the table stood on the screen: which figures, by which column it was sorted and which way, in which language."""

    columns: Sequence[str]
    order: str
    down: bool
    language: str


def sheet_of(comparison: Comparison, look: Look) -> Sheet:
    """The rows as they stood. Raises Invalid for a column that there is not."""
    columns = list(look.columns) or [comparison.asked.measure]
    for name in (*columns, look.order):
        if name not in COMPARED and name not in ("code", "name"):
            raise Invalid("columns", "some of " + ", ".join(COMPARED))
    say = 0 if look.language == "zh" else 1
    metrics = [(get_metric(code).name_zh, get_metric(code).name_en)[say] for code in columns]
    beside = [_TITLES[name][say] for name in ("low", "high", "first", "last", "before", "target")]
    titles = [_TITLES["code"][say], _TITLES["name"][say], *metrics, *beside, *map(str, comparison.months)]
    return Sheet(comparison.path[-1].code, titles, [_cells(row, columns) for row in _ordered(comparison.rows, look)])


def _ordered(rows: Sequence[Row], look: Look) -> list[Row]:
    """Those of whom nothing is known come last, either way."""
    if look.order in ("code", "name"):
        return sorted(rows, key=lambda row: str(getattr(row.member, look.order)), reverse=look.down)
    known = [row for row in rows if row.figures[look.order] is not None]
    ordered = sorted(known, key=lambda row: row.figures[look.order] or 0, reverse=look.down)
    return [*ordered, *(row for row in rows if row.figures[look.order] is None)]


def _cells(row: Row, columns: Sequence[str]) -> list[Cell]:
    place = (None, None) if row.place is None else (row.place.first, row.place.last)
    measured = (row.measured.low, row.measured.high, *place, row.before.value, row.target)
    return [row.member.code, row.member.name, *(row.figures[code] for code in columns), *measured, *row.trend]
