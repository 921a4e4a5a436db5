"""Of which kind a column of figures is: decided by its cells, whatever file came first."""

import polars as pl
import pytest

from app.ingest.figures import merge_figures
from app.ingest.kinds import FigureKind, aligned, joined, kind_of, narrowed, typed


def texts(*cells: str | None) -> pl.Series:
    return pl.Series("a", cells, dtype=pl.String)


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (("1", "2.50", None), "number", [1.0, 2.5, None]),
        (("true", "False", None), "boolean", [True, False, None]),
        (("true", "3", None), "number", [1.0, 3.0, None]),
        (("1.0", "x", "TRUE", None, "0.1", "-0"), "text", ["1", "x", "true", None, "0.1", "0"]),
        (("007", "12"), "text", ["007", "12"]),
        ((None, None), "empty", [None, None]),
        ((), "empty", []),
    ],
)
def test_the_kind_is_the_one_that_holds_every_cell(cells, kind, expected):
    found = typed(texts(*cells))
    assert (kind_of(found), found.to_list(), found.name) == (kind, expected, "a")


@pytest.mark.parametrize("number", ["1" + "0" * 300, "-" + "9" * 19, "123456789012345678901234567890", "0." + "0" * 60 + "1"])
def test_a_number_of_any_length_stays_a_number(number):
    assert typed(texts(number)).to_list() == [float(number)]


def test_the_later_kind_of_the_order_stays():
    assert joined([]) == "empty"
    assert joined(map(FigureKind, ("empty", "text", "number"))) == "text"
    assert joined(map(FigureKind, ("boolean", "number"))) == "number"


def test_frames_are_aligned_by_name_and_kind():
    one, two = aligned([pl.DataFrame({"a": [1.0, 2.5]}), pl.DataFrame({"a": ["x"], "b": [True]})])
    assert one.to_dict(as_series=False) == {"a": ["1", "2.5"], "b": [None, None]}
    assert two.to_dict(as_series=False) == {"a": ["x"], "b": [True]}
    assert [frame.height for frame in aligned([pl.DataFrame(height=2), pl.DataFrame()])] == [2, 0]


def test_a_column_whose_text_is_gone_is_numbers_again():
    assert narrowed(pl.DataFrame({"a": ["1", "2"], "b": ["1", "x"]})).schema == {"a": pl.Float64, "b": pl.String}


def rows(*given: tuple[int, object]) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": [one for one, _ in given], "a": [value for _, value in given]})


def test_a_newer_file_replaces_whole_rows_and_leaves_the_others():
    before = rows((1, 1.0), (2, 2.0), (3, 3.0), (9, 9.0)).with_columns(b=pl.lit("x"))
    found = merge_figures(before, rows((2, 2.0), (3, 3.5), (4, 4.0)), gone=[9])
    assert (found.inserted, found.updated, found.removed) == (1, 2, 1)  # the second row has lost its b
    assert found.frame.rows() == [(1, 1.0, "x"), (2, 2.0, None), (3, 3.5, None), (4, 4.0, None)]


def test_a_row_that_says_the_same_is_unchanged_whatever_kind_its_column_has():
    found = merge_figures(rows((1, 1.0), (2, None)), rows((1, "1"), (2, None)))
    assert not found.changed
    assert found.frame.rows() == [(1, 1.0), (2, None)]


def test_one_row_of_text_makes_text_of_a_column_until_it_is_mended():
    found = merge_figures(rows((1, 1.0)), rows((2, "much")))
    assert found.frame["a"].to_list() == ["1", "much"]
    mended = merge_figures(found.frame, rows((2, 7.0)))
    assert (mended.updated, mended.frame["a"].to_list()) == (1, [1.0, 7.0])
