"""What may be asked of the cube, over which days, and from which rollup it is answered."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.core.errors import Invalid
from app.figures.sums import Sums
from app.reports.analysis.cube_terms import (
    MEASURES,
    CubeQuestion,
    Dimension,
    Period,
    Source,
    TooWide,
    check_question,
    columns_of,
    days_of,
    source_of,
    values_of,
)

ASKED = CubeQuestion(("successes", "success_rate"), (Dimension.BRANCH,))
TODAY = date(2026, 10, 12)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"measures": ("nothing",)}, "measures"),
        ({"rows": (Dimension.GRID, Dimension.GRID)}, "rows"),
        ({"rows": (Dimension.DAY,), "column": Dimension.MONTH}, "rows"),
        ({"rows": (Dimension.OUTCOME,)}, "measures"),
        ({"filters": {Dimension.DAY: ["2026-10-01"]}}, "filters"),
        ({"filters": {Dimension.OUTCOME: ["claimed"]}}, "filters"),
    ],
)
def test_what_nobody_can_answer_is_refused_by_name(change, field):
    with pytest.raises(Invalid) as refused:
        check_question(replace(ASKED, **change))
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        (Period.LAST_7_DAYS, date(2026, 10, 6), TODAY),
        (Period.THIS_MONTH, date(2026, 10, 1), date(2026, 10, 31)),
        (Period.LAST_MONTH, date(2026, 9, 1), date(2026, 9, 30)),
        (Period.LAST_3_MONTHS, date(2026, 7, 1), date(2026, 9, 30)),
        (Period.THIS_YEAR, date(2026, 1, 1), date(2026, 10, 31)),
        (Period.LAST_12_MONTHS, date(2025, 10, 1), date(2026, 9, 30)),
    ],
)
def test_a_period_moves_with_the_calendar(period, first, last):
    assert days_of(replace(ASKED, period=period), TODAY) == (first, last)


def test_chosen_days_are_taken_as_they_are_and_must_be_in_order():
    chosen = replace(ASKED, period=Period.CHOSEN, first_day=date(2026, 2, 1), last_day=date(2026, 2, 28))
    assert days_of(chosen, TODAY) == (date(2026, 2, 1), date(2026, 2, 28))
    for wrong in (replace(chosen, last_day=None), replace(chosen, last_day=date(2026, 1, 31))):
        with pytest.raises(Invalid):
            days_of(wrong, TODAY)


@pytest.mark.parametrize(
    ("rows", "last", "source"),
    [
        ((Dimension.BRANCH, Dimension.MONTH), date(2026, 9, 30), Source.MONTHS_OF_GRIDS),
        ((Dimension.MANAGER,), date(2026, 9, 30), Source.MONTHS_OF_MANAGERS),
        ((Dimension.PRODUCT,), date(2026, 9, 30), Source.MONTHS_OF_CAMPAIGNS),
        ((Dimension.MANAGER, Dimension.PRODUCT), date(2026, 9, 30), Source.DAYS),
        ((Dimension.BRANCH,), date(2026, 9, 29), Source.DAYS_OF_GRIDS),
        ((Dimension.WEEK,), date(2026, 9, 30), Source.DAYS_OF_GRIDS),
        ((Dimension.MANAGER,), date(2026, 9, 29), Source.DAYS),
    ],
)
def test_the_smallest_rollup_that_has_it_answers(rows, last, source):
    assert source_of(replace(ASKED, rows=rows), date(2026, 9, 1), last, grids=3) is source


def test_a_filter_counts_like_a_dimension():
    asked = replace(ASKED, filters={Dimension.CAMPAIGN: ["K"]})
    assert source_of(asked, date(2026, 9, 1), date(2026, 9, 30), grids=3) is Source.MONTHS_OF_CAMPAIGNS


def test_more_days_of_more_grids_than_one_waits_for_are_refused():
    asked = replace(ASKED, rows=(Dimension.MANAGER, Dimension.DAY))
    assert source_of(asked, date(2026, 9, 1), date(2026, 9, 7), grids=182) is Source.DAYS
    assert source_of(asked, date(2026, 9, 1), date(2026, 9, 30), grids=11) is Source.DAYS
    with pytest.raises(TooWide, match="fewer days, or a filter by branch or grid"):
        source_of(asked, date(2026, 9, 1), date(2026, 9, 30), grids=182)


def test_a_rate_is_of_the_sums_and_none_where_there_is_nothing_to_divide_by():
    assert columns_of(ASKED) == ("successes", "matured")
    assert values_of(ASKED, Sums(successes=Decimal(3), matured=Decimal(8))) == [Decimal(3), Decimal("0.375")]
    assert values_of(ASKED, Sums())[1] is None
    assert set(MEASURES) >= {"successes", "success_rate", "accuracy"}
