"""A table in a spreadsheet: text is text, numbers are numbers."""

import io
import zipfile
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from app.core.sheets import Sheet, as_csv, as_xlsx

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")']
SHEET = Sheet("G11", ["Code", "=Title", "n"], [["a,b", "网格", Decimal("-0.5")], ["-x", None, 7]])


def test_numbers_stay_numbers_and_text_that_would_be_a_formula_begins_with_an_apostrophe():
    lines = as_csv(SHEET).decode("utf-8-sig").split("\r\n")
    assert lines == ["Code,'=Title,n", '"a,b",网格,-0.5', "'-x,,7", ""]


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula(text):
    written = as_csv(Sheet("s", ["t"], [[text]])).decode("utf-8-sig").split("\r\n", 1)[1]
    assert written.lstrip('"').startswith("'")
    assert "<f>" not in cells_of(as_xlsx(Sheet("s", [text], [[text]])))


def test_a_workbook_has_numbers_as_numbers_and_text_as_text():
    sheet = ElementTree.fromstring(cells_of(as_xlsx(SHEET)))
    kinds = {cell.get("r"): cell.get("t") for cell in sheet.iter() if cell.tag.endswith("}c")}
    assert kinds["A2"] == kinds["B2"] == kinds["A3"] == "s"
    assert kinds["C2"] is kinds["C3"] is None


def test_a_workbook_is_named_by_what_a_sheet_may_be_named():
    assert as_xlsx(Sheet("a/b:c*" * 20, ["t"], [[date(2026, 1, 1)]]))
    assert as_xlsx(Sheet("", ["t"], []))


def cells_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()
