"""Whatever is asked, the answer is the sum of the finest rows, from the smallest table that has it."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from sqlalchemy import text

from app.core.clock import Month
from app.core.db import set_scope
from app.figures.adding import sum_anew
from app.figures.queries import sums_by
from app.figures.sums import NAMES, NOTHING, add_up
from app.models.figures import DailyFigures
from tests import factories as make

FIRST = date(2026, 9, 1)


@pytest.fixture
def rows(session):
    chance = random.Random(1)
    keys = {
        (chance.choice([1, 2, 3]), FIRST + timedelta(days=chance.randrange(61)), chance.randrange(4), chance.randrange(3))
        for _ in range(80)
    }
    found = []
    for grid_id, day, staff_id, campaign_id in sorted(keys):
        values = {
            "dispatched": chance.randrange(1, 9),
            "successes": Decimal(chance.randrange(50)) / 8,
            "done_seconds": 3_000_000_000,
        }
        found.append(DailyFigures(grid_id=grid_id, day=day, staff_id=staff_id, campaign_id=campaign_id, **values))
    session.add_all(found)
    session.flush()
    sum_anew(session)
    for row in found:
        session.refresh(row)
    return found


BY = ("", "grid_id", "month", "grid_id month", "day", "grid_id day", "staff_id", "staff_id month", "campaign_id",
      "campaign_id grid_id", "staff_id campaign_id")  # fmt: skip
PERIODS = ((FIRST, date(2026, 9, 30)), (FIRST, date(2026, 10, 31)), (date(2026, 9, 5), date(2026, 10, 9)))
FILTERS = ({}, {"staff_ids": [1, 2]}, {"campaign_ids": [0]})


def test_the_answer_is_the_sum_of_the_rows(session, rows):
    for names, (first, last), wanted in product(BY, PERIODS, FILTERS):
        by = tuple(names.split())
        within = [row for row in rows if first <= row.day <= last and row.grid_id in (1, 2)]
        within = [row for row in within if row.staff_id in wanted.get("staff_ids", [row.staff_id])]
        within = [row for row in within if row.campaign_id in wanted.get("campaign_ids", [row.campaign_id])]
        keys = {tuple(_key(row, name) for name in by) for row in within} or ({()} if not by else set())
        expected = {key: _total([row for row in within if tuple(_key(row, name) for name in by) == key]) for key in keys}
        assert sums_by(session, by, first=first, last=last, grid_ids=[1, 2], **wanted) == expected, (by, first, last, wanted)


def _key(row, name):
    return Month.of_day(row.day) if name == "month" else getattr(row, name)


def _total(rows):
    return add_up(type(NOTHING)(*(getattr(row, name) for name in NAMES)) for row in rows)


def test_months_of_the_company_are_read_from_the_table_of_months_of_grids(session, rows):
    session.execute(text("DELETE FROM daily_figures"))
    assert sums_by(session, ("month",), first=FIRST, last=date(2026, 10, 31), grid_ids=[1, 2, 3])


def test_a_grid_manager_reads_only_the_own_grid_and_a_terminal_manager_no_sums_of_a_grid(session):
    mine, theirs, ana = make.grid(session, "G11").id, make.grid(session, "G12").id, make.staff(session, "ana").id
    session.add_all(
        DailyFigures(grid_id=grid_id, day=FIRST, staff_id=staff_id, campaign_id=1, dispatched=1)
        for grid_id, staff_id in ((mine, ana), (mine, ana + 1), (theirs, ana + 2))
    )
    session.flush()
    sum_anew(session)
    asked = {"first": FIRST, "last": date(2026, 9, 30), "grid_ids": [mine, theirs]}
    set_scope(session, scope="grids", grid_ids=[mine])
    assert sums_by(session, ("grid_id",), **asked).keys() == {(mine,)}
    assert sums_by(session, ("staff_id",), **asked).keys() == {(ana,), (ana + 1,)}
    set_scope(session, scope="own", grid_ids=[mine], staff_id=ana)
    assert sums_by(session, ("grid_id",), **asked) == {}
    assert sums_by(session, ("staff_id",), **asked).keys() == {(ana,)}
