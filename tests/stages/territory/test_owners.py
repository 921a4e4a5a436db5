"""Whose customer it was on a day."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.core.db import set_scope
from app.core.errors import Invalid
from app.ingest.service import import_feed
from app.territory.queries import UnknownCustomer
from app.territory.service import find_owner
from tests.factories import NOW, TODAY, grid

FIRST, SECOND = date(2026, 3, 1), date(2026, 6, 1)


def change(session, tmp_path, line, day):
    path = tmp_path / "customers"
    path.write_text("customer_no,grid_code,owner_staff_no\n" + line + "\n")
    import_feed(session, feed="customers", path=path, file_name="c", now=NOW + (day - TODAY))


def ask(session, customer_no="C01", on=None, grid_ids=None):
    found = find_owner(session, customer_no=customer_no, on=on, grid_ids=grid_ids, now=NOW)
    return found.grid_code, found.owner_staff_no, found.from_date, found.to_date


@pytest.fixture
def moved(session, tmp_path):
    """C01: Ana's in G11, from March on Bo's, from June on nobody's in G12."""
    change(session, tmp_path, "C01,G11,BO", FIRST)
    change(session, tmp_path, "C01,G12,", SECOND)


def test_who_never_changed_is_whose_they_are(session):
    assert ask(session, "C03", on=date(1999, 1, 1)) == ask(session, "C03") == ("G11", "BO", None, None)


def test_each_day_has_its_owner(session, moved):
    day = timedelta(days=1)
    assert ask(session, on=FIRST - day) == ("G11", "ANA", None, FIRST)
    assert ask(session, on=FIRST) == ask(session, on=SECOND - day) == ("G11", "BO", FIRST, SECOND)
    assert ask(session, on=SECOND) == ask(session) == ("G12", None, SECOND, None)


def test_a_day_without_an_owner_stays_so_when_there_is_one_today(session, moved, tmp_path):
    change(session, tmp_path, "C01,G12,CY", TODAY)
    assert ask(session, on=SECOND) == ("G12", None, SECOND, TODAY)


def test_a_day_that_has_not_come_is_refused(session):
    with pytest.raises(Invalid, match="on: expected a day up to today, 2026-10-12"):
        ask(session, on=TODAY + timedelta(days=1))


def test_those_of_the_grid_of_today_see_all_of_it_and_those_of_the_grid_before_nothing(session, moved):
    now, before = grid(session, "G12"), grid(session, "G11")
    assert ask(session, on=FIRST, grid_ids=[now.id]) == ("G11", "BO", FIRST, SECOND)
    for unit, found in ((now, 3), (before, 0)):
        set_scope(session, scope="grids", grid_ids=[unit.id])
        assert session.scalar(text("SELECT count(*) FROM customer_ownerships")) == found
    with pytest.raises(UnknownCustomer):
        ask(session, on=FIRST, grid_ids=[before.id])


def test_the_command_says_it_in_a_sentence(gridwork):
    code, said = gridwork("owner", "C01", "--on", "2026-10-01")
    assert (code, said.strip()) == (
        0,
        "C01 on 2026-10-01: Ana (ANA), grid G11; ever since the customer is known, to this day",
    )
    code, said = gridwork("owner", "C01", "--on", "2026-12-01")
    assert (code, said.strip()) == (1, "gridwork: on: expected a day up to today, 2026-10-12")
    assert gridwork("owner", "X99") == (1, "gridwork: There is no customer with this number here.\n")
