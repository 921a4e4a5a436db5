from datetime import date

import polars as pl
import pytest

from app.scoring.learning.times import UnusableTime, read_times

TODAY = date(2026, 11, 1)
DAY_9_OF_MAY = (date(2026, 5, 9) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    "written",
    [
        *("2026-05-09", "2026/5/9", "2026-05-09T10:30:00Z", "2026-05-09 10:30", "20260509", "9.5.2026", "2026年5月9日"),
        *("5/9/2026", "5/9/26", "05/09/2026 10:30:00 PM", "09-May-2026", "9-May-26", "9 May 2026", "May 9, 2026", "9 may 2026"),
    ],
)
def test_days_of_any_common_form_are_days(written: str) -> None:
    of_april = written.replace("20260509", "20260430").replace("5/9/", "4/30/").replace("05/09", "04/30")
    times, dated = read_times(pl.Series("at", [written, of_april]), today=TODAY)
    assert (times[0], dated) == (DAY_9_OF_MAY, True)


def test_first_days_of_months_are_not_read_as_days_of_january() -> None:
    european = pl.Series("at", ["01/02/2026", "01/03/2026", "01/10/2026"])
    american = pl.Series("at", ["02/01/2026", "03/01/2026", "10/01/2026"])
    firsts = [(date(2026, month, 1) - date(1970, 1, 1)).days for month in (2, 3, 10)]
    assert [read_times(each, today=TODAY)[0].tolist() for each in (european, american)] == [firsts, firsts]


def test_days_of_two_forms_in_one_column_are_refused_with_one_of_each() -> None:
    with pytest.raises(UnusableTime, match="'at' is text such as '1/13/26', '01-02-26'"):
        read_times(pl.Series("at", ["1/13/26", "1/14/26", "01-02-26"]), today=TODAY)


def test_numbers_of_eight_digits_are_days_and_other_numbers_stay() -> None:
    assert read_times(pl.Series("at", [20260509, 20260601]), today=TODAY)[0].tolist() == [DAY_9_OF_MAY, DAY_9_OF_MAY + 23]
    assert read_times(pl.Series("at", [20260509, 20261399]), today=TODAY)[1] is False
    assert read_times(pl.Series("at", ["2026-05", "2026-06"]), today=TODAY)[1] is True
