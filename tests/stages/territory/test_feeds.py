"""Who wins where the feed and a handover differ: the handover, until the feed says something new."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.ingest.service import import_feed
from app.models.organisation import Staff
from app.models.territory import OwnershipHold, PostingHold
from app.territory.applying import apply_due_handovers
from tests.factories import NOW, TODAY, grid, staff
from tests.stages.territory.handing import apply, hire, owners, periods_of

CUSTOMERS = "customer_no,grid_code,owner_staff_no,segment\n"
STAFF = "staff_no,name,role,unit_code,daily_capacity,active_from,active_to\n"
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def feed(session, tmp_path):
    def import_it(name, head, line, day=1):
        path = tmp_path / name
        path.write_text(head + line + "\n")
        return import_feed(session, feed=name, path=path, file_name=name, now=NOW + timedelta(days=day)).counts

    return import_it


def held(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_as_long_as_the_feed_says_what_it_said_before_the_handover_stays(session, feed):
    apply(session, "exit", staff_no="ANA")
    counts = feed("customers", CUSTOMERS, "C01,G11,ANA,office")
    assert (counts["updated"], owners(session, "C01")) == (1, ["BO"])  # the segment is taken
    assert feed("customers", CUSTOMERS, "C01,G11,ANA,home\n", day=30)["updated"] == 1
    assert owners(session, "C01") == ["BO"]
    assert periods_of(session, "C01") == [("ANA", None, TODAY), ("BO", TODAY, None)]
    assert held(session, OwnershipHold) == 2


def test_when_the_feed_agrees_it_is_followed_from_then_on(session, feed):
    apply(session, "exit", staff_no="ANA")
    feed("customers", CUSTOMERS, "C01,G11,BO,home")
    assert held(session, OwnershipHold) == 1
    hire(session, "eva")
    feed("customers", CUSTOMERS, "C01,G11,ANA,home", day=2)
    assert owners(session, "C01") == ["ANA"]


def test_when_the_feed_says_something_new_it_wins_from_that_day(session, feed):
    hire(session, "eva")
    apply(session, "exit", staff_no="ANA", others=("BO",))
    feed("customers", CUSTOMERS, "C01,G11,EVA,home")
    assert owners(session, "C01", "C02") == ["EVA", "BO"]
    assert periods_of(session, "C01") == [("ANA", None, TODAY), ("BO", TODAY, TOMORROW), ("EVA", TOMORROW, None)]


def test_of_two_handovers_the_word_of_the_feed_is_that_before_the_first(session, feed):
    hire(session, "eva")
    apply(session, "exit", staff_no="ANA", others=("BO",))
    apply(session, "exit", staff_no="BO", others=("EVA",))
    feed("customers", CUSTOMERS, "C01,G11,ANA,home")
    assert owners(session, "C01") == ["EVA"]
    feed("customers", CUSTOMERS, "C01,G11,BO,home", day=2)  # the feed has learned of the first alone: that is new
    assert owners(session, "C01") == ["BO"]


def test_the_same_holds_for_where_people_work_and_until_when(session, feed):
    apply(session, "transfer", staff_no="ANA", to_grid_code="G12")
    line = "ANA,Ana A.,terminal_manager,G11,10,2020-01-01,"
    assert feed("staff", STAFF, line)["updated"] == 1
    ana = staff(session, "ana")
    assert (ana.name, ana.unit_id) == ("Ana A.", grid(session, "G12").id)
    feed("staff", STAFF, line.replace("G11", "G12"), day=2)
    assert held(session, PostingHold) == 0
    feed("staff", STAFF, line.replace("Ana A.", "Ana"), day=3)
    assert session.scalar(select(Staff.unit_id).where(Staff.staff_no == "ANA")) == grid(session, "G11").id


def test_a_last_day_that_the_feed_says_anew_wins(session, feed):
    apply(session, "exit", staff_no="ANA")
    feed("staff", STAFF, "ANA,Ana,terminal_manager,G11,10,2020-01-01,")
    assert staff(session, "ana").active_to == TODAY - timedelta(days=1)
    feed("staff", STAFF, "ANA,Ana,terminal_manager,G11,10,2020-01-01,2026-12-31", day=2)
    session.expire_all()
    assert str(staff(session, "ana").active_to) == "2026-12-31"


def test_a_leave_that_is_over_leaves_nothing_held(session):
    apply(session, "leave", staff_no="ANA", return_on=TOMORROW)
    assert held(session, OwnershipHold) == 2
    assert apply_due_handovers(session, now=NOW + timedelta(days=1))["returned"] == 1
    assert held(session, OwnershipHold) == 0
