"""A full load: what is not in the file goes, within bounds and never from under anything."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.ingest.removal import TooManyRemoved
from app.ingest.service import import_feed
from app.models.campaign import Product
from app.models.customer import Customer, Holding, Tie
from app.models.operations import ImportBatch
from app.models.organisation import Staff, Unit
from app.models.points import BasePoints
from tests.factories import NOW, make_work_order
from tests.figures import all_figures

ALL = [f"C{n:02d}" for n in range(1, 16)]


@pytest.fixture
def apply(session, tmp_path):
    def import_it(feed, content, **options):
        path = tmp_path / feed
        path.write_text(content)
        return import_feed(session, feed=feed, path=path, file_name=feed, now=NOW, **options)

    return import_it


def customers(numbers, more=""):
    return "customer_no,grid_code,phone\n" + "".join(f"{number},G11,\n" for number in numbers) + more


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_a_full_load_removes_what_is_not_in_the_file(session, apply):
    report = apply("customers", customers(ALL[:-1]), full=True)
    assert (report.counts["removed"], report.counts["kept_in_use"]) == (1, 0)
    assert count(session, Customer) == 14


def test_a_full_load_that_would_remove_a_large_share_is_refused_whole(session, apply):
    with pytest.raises(TooManyRemoved, match=r"4 of 15 rows of customers \(26.7%\), more than 20.0%"):
        apply("customers", customers(ALL[:11], "NEW,G11,\n"), full=True)
    assert count(session, Customer) == 15
    assert count(session, ImportBatch) == 0


def test_the_share_may_be_set_or_the_load_forced(session, apply):
    assert apply("customers", customers(ALL[:11]), full=True, max_removed_share=Decimal("0.3")).counts["removed"] == 4
    assert apply("customers", customers(ALL[:1]), full=True, force=True).counts["removed"] == 10
    assert count(session, Customer) == 1


def test_without_full_force_removes_nothing(session, apply):
    assert apply("customers", customers(ALL[:1]), force=True).counts["removed"] == 0
    assert count(session, Customer) == 15


def test_what_something_refers_to_is_kept_and_counted(session, apply):
    make_work_order(session, customer_no="C15")
    apply("holdings", "customer_no,product_code,from_date\nC14,TV1,2026-01-01\n")
    report = apply("customers", customers(ALL[:12]), full=True)
    assert (report.counts["removed"], report.counts["kept_in_use"]) == (1, 2)
    assert count(session, Customer) == 14


def test_a_row_that_was_rejected_is_in_the_file_all_the_same(session, apply):
    report = apply("customers", customers(ALL[:12], " C13 ,NOWHERE,\nC14,G11,wrong\nC15\n"), full=True)
    assert (report.counts["rejected"], report.counts["removed"]) == (3, 0)
    apply("holdings", "customer_no,product_code,from_date\nC01,TV1,2026-01-01\nC02,TV1,2026-01-01\n")
    report = apply("holdings", "customer_no,product_code,from_date\nC01,TV1,1900-01-01\nC02,TV1,2026-01-01\n", full=True)
    assert (report.counts["rejected"], report.counts["removed"]) == (1, 0)


def test_features_are_full_for_the_days_in_the_file(session, apply):
    header = "snapshot_date,customer_no,x\n"
    apply("features", header + "2026-09-01,C01,1\n" + "".join(f"2026-10-01,{number},1\n" for number in ALL))
    report = apply("features", header + "".join(f"2026-10-01,{number},2\n" for number in ALL[:14]), full=True)
    assert (report.counts["updated"], report.counts["removed"]) == (14, 1)
    assert all_figures(session).height == 15


def test_base_points_are_full_for_the_months_in_the_file(session, apply):
    header = "period,staff_no,component,points\n"
    apply("base_points", header + "2026-09,ANA,x,1\n2026-10,ANA,x,1\n2026-10,BO,x,1\n")
    report = apply("base_points", header + "2026-10,ANA,x,2\n", full=True, force=True)
    assert report.counts["removed"] == 1
    assert count(session, BasePoints) == 2


def test_people_and_products_in_use_stay(session, apply):
    report = apply("staff", "staff_no,name,role,unit_code,active_from\nANA,Ana,terminal_manager,G11,2020-01-01\n", full=True)
    assert (report.counts["removed"], report.counts["kept_in_use"]) == (0, 9)  # each has an account
    assert count(session, Staff) == 10
    apply("products", "product_code,name,kind,bundle_of\nB,b,acquire,TV1\n")
    report = apply("products", "product_code,name,kind,bundle_of\nB,b2,acquire,TV1\n", full=True, force=True)
    assert (report.counts["removed"], report.counts["kept_in_use"]) == (2, 1)
    assert set(session.scalars(select(Product.product_code))) == {"B", "TV1"}


def test_a_branch_goes_with_its_grids(session, apply):
    header = "code,parent_code,kind,name\n"
    apply("org_units", header + "B9,CO,branch,b\nG91,B9,grid,g\nG92,B9,grid,g\n")
    kept = "CO,,company,Company\nB1,CO,branch,Branch B1\nB2,CO,branch,Branch B2\nG11,B1,grid,x\nG12,B1,grid,x\nG21,B2,grid,x\n"
    report = apply("org_units", header + kept, full=True, force=True)
    assert (report.counts["removed"], report.counts["kept_in_use"]) == (3, 0)
    assert count(session, Unit) == 6


def test_rows_of_two_keys_are_removed_too(session, apply):
    apply("ties", "customer_no,other_customer_no\n" + "".join(f"C01,{number}\n" for number in ALL[1:11]))
    apply("holdings", "customer_no,product_code,from_date\n" + "".join(f"{number},TV1,2026-01-01\n" for number in ALL[:10]))
    assert (
        apply("ties", "customer_no,other_customer_no\n" + "".join(f"C01,{n}\n" for n in ALL[2:11]), full=True).counts["removed"]
        == 1
    )
    report = apply(
        "holdings", "customer_no,product_code,from_date\n" + "".join(f"{n},TV1,2026-01-01\n" for n in ALL[2:10]), full=True
    )
    assert (report.counts["removed"], count(session, Tie), count(session, Holding)) == (2, 9, 8)
