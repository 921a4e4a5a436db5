"""Lifecycle stage and customer value as of a day, by hand."""

from datetime import date

import polars as pl
import pytest

from app.scoring.learning.lifecycle import NO_HOLDINGS, STAGES, add_lifecycle

DAY = date(2026, 9, 1)  # 180 days before: 2026-03-05
LONG_AGO = date(2020, 1, 1)


def stage(*holdings, opened=LONG_AGO, as_of=DAY):
    frame = pl.DataFrame({"customer_id": [1], "as_of": [as_of]})
    rows = pl.DataFrame([(1, *holding) for holding in holdings], schema=NO_HOLDINGS.schema, orient="row")
    people = pl.DataFrame({"customer_id": [1], "opened_on": [opened]}, schema={"customer_id": pl.Int64, "opened_on": pl.Date})
    return add_lifecycle(frame, rows, people).row(0)[2:]


@pytest.mark.parametrize(
    ("holdings", "opened", "expected"),
    [
        ([(LONG_AGO, None, 99.0)], LONG_AGO, ("mature", 99.0, 0.0)),
        ([(LONG_AGO, None, 99.0), (date(2026, 6, 1), None, 30.0)], LONG_AGO, ("growing", 129.0, 30.0)),
        ([(LONG_AGO, None, 99.0), (LONG_AGO, date(2026, 6, 1), 30.0)], LONG_AGO, ("declining", 99.0, -30.0)),
        ([(LONG_AGO, date(2026, 8, 31), 99.0)], LONG_AGO, ("lost", 0.0, -99.0)),
        ([(date(2026, 6, 1), None, 99.0)], None, ("new", 99.0, 99.0)),
        ([(LONG_AGO, None, None), (date(2026, 6, 1), None, None)], LONG_AGO, ("growing", 0.0, 0.0)),
        ([], LONG_AGO, (None, 0.0, 0.0)),
        ([], date(2026, 8, 1), ("new", 0.0, 0.0)),
    ],
)
def test_a_stage_follows_from_what_was_held_half_a_year_ago_and_is_held_now(holdings, opened, expected):
    assert stage(*holdings, opened=opened) == expected
    assert expected[0] is None or expected[0] in STAGES


def test_what_happens_on_the_day_or_later_is_not_known():
    ends_today = (LONG_AGO, DAY, 99.0)
    assert stage(ends_today) == ("mature", 99.0, 0.0)
    assert stage(ends_today, (DAY, None, 500.0), (date(2027, 1, 1), None, 500.0)) == ("mature", 99.0, 0.0)
    assert stage(ends_today, as_of=date(2026, 9, 2))[0] == "lost"


def test_the_order_and_number_of_rows_are_kept():
    frame = pl.DataFrame({"customer_id": [3, 1, 3], "as_of": [DAY, DAY, LONG_AGO], "x": [1, 2, 3]})
    people = pl.DataFrame({"customer_id": [1, 3], "opened_on": [LONG_AGO, LONG_AGO]})
    assert add_lifecycle(frame, NO_HOLDINGS, people)["x"].to_list() == [1, 2, 3]
