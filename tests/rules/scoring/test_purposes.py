"""Whom a purpose is for, and what holders left alone teach, by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from app.models.campaign import ProductKind
from app.models.score import RankerTarget
from app.scoring.learning.holder_days import holder_days, label_complaints, monthly_days
from app.scoring.learning.purposes import PURPOSES, lost_on

DAY = date(2026, 7, 2)
LONG_AGO = date(2020, 1, 1)
SPANS = {"customer_id": pl.Int64, "from_date": pl.Date, "to_date": pl.Date}
DAYS = {"customer_id": pl.Int64, "day": pl.Date}


def spans(*rows):
    return pl.DataFrame(rows, schema=SPANS, orient="row")


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def labels(*rows, contacts=()):
    touched = pl.DataFrame(contacts, schema=DAYS, orient="row")
    return holder_days(spans(*rows), touched, [DAY], label_window=30).select("customer_id", "lost").rows()


def test_every_kind_of_product_has_a_purpose_and_foretells_a_target():
    assert set(PURPOSES) == {kind.value for kind in ProductKind}
    assert {purpose.foretells for purpose in PURPOSES.values()} == {target.value for target in RankerTarget}
    assert [kind for kind, purpose in PURPOSES.items() if purpose.must_hold] == ["retention", "care"]
    assert [kind for kind, purpose in PURPOSES.items() if purpose.must_have_lost] == ["win_back"]


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        ([(LONG_AGO, None)], False),
        ([(LONG_AGO, after(-1))], True),
        ([(LONG_AGO, after(0))], False),
        ([(LONG_AGO, after(-30)), (after(-20), None)], False),
        ([(LONG_AGO, after(-30)), (after(-20), after(-1))], True),
        ([(LONG_AGO, after(-30)), (after(0), None)], True),
        ([(after(1), None)], False),
        ([], False),
    ],
)
def test_lost_is_who_held_it_before_and_holds_none_on_the_day(rows, lost):
    frame = pl.DataFrame({"customer_id": [9, 1], "as_of": [DAY, DAY]})
    assert lost_on(frame, spans(*((1, *row) for row in rows))).to_list() == [False, lost]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(LONG_AGO, None)], [(1, 0)]),
        ([(LONG_AGO, after(0))], [(1, 1)]),
        ([(LONG_AGO, after(29))], [(1, 1)]),
        ([(LONG_AGO, after(30))], [(1, 0)]),
        ([(LONG_AGO, after(10)), (after(11), None)], [(1, 0)]),
        ([(LONG_AGO, after(10)), (after(40), None)], [(1, 1)]),
        ([(LONG_AGO, after(-1))], []),
        ([(after(0), None)], []),
    ],
)
def test_a_holder_is_lost_when_nothing_of_the_family_is_held_at_the_windows_end(rows, expected):
    assert labels(*((1, *row) for row in rows)) == expected


@pytest.mark.parametrize(("contacted", "left_out"), [(-1, False), (0, True), (29, True), (30, False)])
def test_who_is_contacted_in_the_window_is_no_example_of_being_left_alone(contacted, left_out):
    found = labels((1, LONG_AGO, None), (2, LONG_AGO, None), contacts=[(1, after(contacted))])
    assert found == [*([] if left_out else [(1, 0)]), (2, 0)]


def test_of_each_month_the_day_after_the_first_snapshot_counts_if_its_window_is_over():
    days = [date(2026, 5, 31), date(2026, 6, 8), date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)]
    found = monthly_days(days, as_of=date(2026, 8, 1), label_window=30)
    assert found == [date(2026, 6, 1), date(2026, 6, 2), date(2026, 7, 2)]
    assert monthly_days(days, as_of=date(2026, 7, 31), label_window=30) == found[:2]


@pytest.mark.parametrize(("day", "expected"), [(-1, 0), (0, 1), (29, 1), (30, 0)])
def test_a_complaint_counts_within_the_window(day, expected):
    examples = pl.DataFrame({"customer_id": [2, 1], "as_of": [DAY, DAY]})
    complaints = pl.DataFrame([(1, after(day)), (1, after(day))], schema=DAYS, orient="row")
    assert label_complaints(examples, complaints, label_window=30)["complained"].to_list() == [0, expected]
