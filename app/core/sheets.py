"""Tables as files for a spreadsheet: CSV and XLSX. Text is never a formula there, and numbers are numbers."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import xlsxwriter

Cell = str | int | Decimal | date | None
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_NAME = 31  # of a sheet


class FileFormat(StrEnum):
    """What a table can be had as."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True)
class Sheet:
    """A table with a name, the titles of its columns, and its rows."""

    name: str
    titles: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_sheet(sheet: Sheet, form: FileFormat) -> tuple[bytes, str]:
    """(content, media type) of the table in this format."""
    return (as_csv(sheet), CSV_TYPE) if form is FileFormat.CSV else (as_xlsx(sheet), XLSX_TYPE)


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a byte order mark, by which spreadsheets know it; text that would be a formula begins with an apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([_plain(title) for title in sheet.titles])
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_xlsx(sheet: Sheet) -> bytes:
    """One sheet with a frozen first row; text that would be a formula is marked as text."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        page = book.add_worksheet("".join(c for c in sheet.name if c not in "[]:*?/\\'")[:LONGEST_NAME] or "1")
        head, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for column, title in enumerate(sheet.titles):
            page.write_string(0, column, title, head)
        for number, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(number, column, cell, quoted if cell.startswith(FORMULA) else None)
                elif isinstance(cell, date):
                    page.write_datetime(number, column, cell, day)
                elif cell is not None:
                    page.write_number(number, column, cell)
        page.freeze_panes(1, 0)
        page.autofit()
    return written.getvalue()


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA) else cell
    return "" if cell is None else f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
