"""An answer of the cube as a file for spreadsheets."""

import csv
import io
from collections.abc import Collection, Iterator
from decimal import Decimal

from app.reports.analysis.cube import CubeAnswer
from app.reports.analysis.cube_terms import CubeQuestion

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # without it a spreadsheet takes Chinese for something else


def write_csv(question: CubeQuestion, answer: CubeAnswer) -> str:
    """One line for each row; a code's name stands beside it. What a spreadsheet would take for a formula is text."""
    out = io.StringIO()
    writer = csv.writer(out)
    named = [dimension.value for dimension in question.dimensions if dimension.value in answer.names]
    head = [title for each in question.dimensions for title in _titles(each.value, named)]
    writer.writerow([*head, *question.measures])
    for row in answer.rows:
        keys = [
            text
            for dimension, code in zip(question.dimensions, row.key, strict=True)
            for text in _called(code, dimension.value, named, answer)
        ]
        writer.writerow([*map(_safe, keys), *(_number(value) for value in row.values)])
    return BOM + out.getvalue()


def _titles(dimension: str, named: Collection[str]) -> Iterator[str]:
    yield dimension
    if dimension in named:
        yield f"{dimension}_name"


def _called(code: str, dimension: str, named: Collection[str], answer: CubeAnswer) -> Iterator[str]:
    yield code
    if dimension in named:
        yield answer.names[dimension].get(code, "")


def _safe(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"
