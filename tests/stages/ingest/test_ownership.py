"""The customers feed keeps whose customer somebody was, as periods."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core.db import set_scope
from app.ingest.service import import_feed
from app.models.customer import Customer, CustomerOwnership
from app.models.organisation import Staff, Unit
from tests.factories import NOW, TODAY, customer, grid, staff

HEAD = "customer_no,grid_code,owner_staff_no,segment\n"


@pytest.fixture
def apply(session, tmp_path):
    def import_it(*lines, day=TODAY, **options):
        path = tmp_path / "customers"
        path.write_text(HEAD + "".join(f"{line}\n" for line in lines))
        return import_feed(session, feed="customers", path=path, file_name="c", now=NOW + (day - TODAY), **options)

    return import_it


@pytest.fixture
def periods(session):
    def of(customer_no):
        rows = session.execute(
            select(Unit.code, Staff.staff_no, CustomerOwnership.from_date, CustomerOwnership.to_date)
            .join(Customer, Customer.id == CustomerOwnership.customer_id)
            .join(Unit, Unit.id == CustomerOwnership.grid_id)
            .outerjoin(Staff, Staff.id == CustomerOwnership.owner_staff_id)
            .where(Customer.customer_no == customer_no)
            .order_by(CustomerOwnership.id)
        )
        return [tuple(row) for row in rows]

    return of


def test_a_new_customer_and_one_whose_other_columns_change_need_no_period(apply, periods):
    report = apply("N1,G11,ANA,home", "C01,G11,ANA,office")
    assert (report.counts["inserted"], report.counts["updated"]) == (1, 1)
    assert periods("N1") == periods("C01") == []


def test_a_change_of_owner_or_grid_ends_a_period_and_begins_one_that_day(apply, periods):
    apply("C01,G11,BO,home", "C02,G12,,home")
    assert periods("C01") == [("G11", "ANA", None, TODAY), ("G11", "BO", TODAY, None)]
    assert periods("C02") == [("G11", "ANA", None, TODAY), ("G12", None, TODAY, None)]
    later = TODAY + timedelta(days=9)
    apply("C01,G12,CY,home", day=later)
    assert periods("C01")[1:] == [("G11", "BO", TODAY, later), ("G12", "CY", later, None)]


def test_of_two_changes_on_one_day_the_last_counts_for_the_day(apply, periods):
    apply("C01,G11,BO,home")
    apply("C01,G12,CY,home")
    assert periods("C01") == [("G11", "ANA", None, TODAY), ("G12", "CY", TODAY, None)]


def test_a_change_dated_before_the_last_one_does_not_turn_time_around(apply, periods):
    apply("C01,G11,BO,home")
    apply("C01,G12,CY,home", day=TODAY - timedelta(days=30))
    assert periods("C01") == [("G11", "ANA", None, TODAY), ("G12", "CY", TODAY, None)]


def test_a_row_that_is_put_aside_changes_no_period(apply, periods):
    report = apply("C01,NOWHERE,BO,home", "C02,G11,NOBODY,home")
    assert report.counts["rejected"] == 2
    assert periods("C01") == periods("C02") == []


def test_a_full_load_takes_the_periods_of_whom_it_removes_along(session, apply, periods):
    apply("C15,G12,,home")
    assert len(periods("C15")) == 2
    everybody = [f"C{n:02d},{'G11' if n < 11 else 'G12'},,home" for n in range(1, 15)]
    assert apply(*everybody, full=True).counts["removed"] == 1
    assert session.scalar(select(CustomerOwnership).where(CustomerOwnership.grid_id == grid(session, "G21").id)) is None


def _period(session, **dates):
    whose = customer(session, "C01")
    session.add(CustomerOwnership(customer_id=whose.id, grid_id=whose.grid_id, owner_staff_id=staff(session, "bo").id, **dates))


@pytest.mark.parametrize(
    ("guard", "dates"),
    [
        ("one_begins", {"from_date": TODAY, "to_date": TODAY + timedelta(days=2)}),
        ("one_begins", {"to_date": date(2026, 2, 1)}),
        ("one_ends", {"from_date": TODAY + timedelta(days=1)}),
        ("one_ends", {"from_date": date(2026, 1, 1), "to_date": TODAY}),
        ("follows", {"from_date": date(2026, 1, 1), "to_date": date(2026, 2, 1)}),
        ("follows", {"from_date": TODAY + timedelta(days=1), "to_date": TODAY + timedelta(days=2)}),
        ("one_", {}),
    ],
)
def test_the_database_holds_periods_of_a_customer_apart(session, apply, guard, dates):
    apply("C01,G11,BO,home")
    _period(session, **dates)
    with pytest.raises(IntegrityError, match=f"customer_ownerships_{guard}"):
        session.flush()


def test_writers_at_once_begin_one_period(company, sessions):
    whose = customer(company, "C01")
    company.add(CustomerOwnership(customer_id=whose.id, grid_id=whose.grid_id, to_date=TODAY))
    company.commit()
    barrier = threading.Barrier(4)

    def begin(nth):
        with sessions() as session:
            set_scope(session, scope="all")
            barrier.wait()
            ends = None if nth % 2 else TODAY + timedelta(days=nth + 1)
            session.add(CustomerOwnership(customer_id=whose.id, grid_id=whose.grid_id, from_date=TODAY, to_date=ends))
            try:
                session.commit()
            except IntegrityError:
                return 0
            return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(begin, range(4))) == 1


def test_a_period_that_ended_is_history(session, apply):
    apply("C01,G11,BO,home")
    for change in ("SET owner_staff_id = NULL WHERE to_date IS NOT NULL", "SET to_date = NULL WHERE to_date IS NOT NULL"):
        with pytest.raises(DBAPIError, match="is history: UPDATE refused"), session.begin_nested():
            session.execute(text(f"UPDATE customer_ownerships {change}"))
    with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
        session.execute(text("DELETE FROM customer_ownerships"))
