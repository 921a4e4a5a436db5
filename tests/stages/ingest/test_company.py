"""Units and people: the company has one shape, whatever the order of the lines."""

import pytest
from sqlalchemy import select

from app.ingest.service import import_feed
from app.models.operations import RejectedRow
from app.models.organisation import Unit
from tests.factories import NOW, get, grid

UNITS = "code,parent_code,kind,name\n"
STAFF = "staff_no,name,role,unit_code,active_from\n"


@pytest.fixture
def apply(session, tmp_path):
    def import_it(feed, content, **options):
        path = tmp_path / feed
        path.write_text(content)
        return import_feed(session, feed=feed, path=path, file_name=feed, now=NOW, **options)

    return import_it


def faults(session, report):
    rows = session.scalars(select(RejectedRow).where(RejectedRow.batch_id == report.id).order_by(RejectedRow.line))
    return [(row.line, row.column_name, row.reason) for row in rows]


def test_a_unit_may_stand_above_its_parent_in_the_file(session, apply):
    report = apply("org_units", UNITS + "G99,B9,grid,g\nB9,CO,branch,b\nCO,,company,Renamed\n")
    assert (report.counts["inserted"], report.counts["updated"], report.counts["rejected"]) == (2, 1, 0)
    assert grid(session, "G99").parent_id == grid(session, "B9").id
    assert grid(session, "CO").name == "Renamed"


def test_a_grid_moves_to_another_branch(session, apply):
    assert apply("org_units", UNITS + "G11,B2,grid,Grid G11\n").counts["updated"] == 1
    assert grid(session, "G11").parent_id == grid(session, "B2").id


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("C2,,company,x", "kind", 'expected one company, there is "CO"'),
        ("CO,B1,company,x", "parent_code", "expected no parent, this is the company"),
        ("B3,,branch,x", "parent_code", "expected the code of the company above this branch"),
        ("B3,B1,branch,x", "parent_code", 'expected a company above a branch, "B1" is a branch'),
        ("G3,CO,grid,x", "parent_code", 'expected a branch above a grid, "CO" is a company'),
        ("G3,G11,grid,x", "parent_code", 'expected a branch above a grid, "G11" is a grid'),
        ("G3,NO,grid,x", "parent_code", 'there is no unit "NO"'),
        ("B1,B2,grid,x", "kind", 'expected branch, unit "B1" keeps its kind'),
        ("G3,G3,grid,x", "parent_code", "expected parent_code to differ from code"),
    ],
)
def test_a_unit_in_the_wrong_place_is_put_aside(session, apply, line, column, reason):
    report = apply("org_units", UNITS + line + "\nG98,B1,grid,fine\n")
    assert faults(session, report) == [(2, column, reason)]
    assert report.counts["inserted"] == 1


def test_below_a_unit_that_was_put_aside_nothing_stands(session, apply):
    report = apply("org_units", UNITS + "G99,B9,grid,g\nB9,NO,branch,b\n")
    assert faults(session, report) == [
        (2, "parent_code", 'there is no unit "B9"'),
        (3, "parent_code", 'there is no unit "NO"'),
    ]


def test_two_units_above_each_other_do_not_hold_the_import_up(session, apply):
    report = apply("org_units", UNITS + "X,Y,grid,x\nY,X,grid,y\n")
    assert report.counts["rejected"] == 2


def test_of_two_companies_in_an_empty_installation_the_first_stays(session, apply):
    session.execute(Unit.__table__.update().values(kind="grid"))
    report = apply("org_units", UNITS + "A,,company,x\nB,,company,x\n")
    assert faults(session, report) == [(3, "kind", 'expected one company, there is "A"')]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("X,x,terminal_manager,B1,2026-01-01", 'expected a grid for a terminal_manager, "B1" is a branch'),
        ("X,x,grid_manager,CO,2026-01-01", 'expected a grid for a grid_manager, "CO" is a company'),
        ("X,x,branch_manager,G11,2026-01-01", 'expected a branch for a branch_manager, "G11" is a grid'),
        ("X,x,planner,NO,2026-01-01", 'there is no unit "NO"'),
    ],
)
def test_people_belong_to_units_of_their_kind(session, apply, line, reason):
    report = apply("staff", STAFF + line + "\nY,y,planner,CO,2026-01-01\nZ,z,admin,B1,2026-01-01\n")
    assert faults(session, report) == [(2, "unit_code", reason)]
    assert report.counts["inserted"] == 2


def test_a_person_of_one_file_is_known_in_the_next(session, apply):
    apply("staff", STAFF + "NEW,n,terminal_manager,G11,2026-01-01\n")
    apply("customers", "customer_no,grid_code,owner_staff_no\nN1,G11,NEW\n")
    from app.models.customer import Customer
    from app.models.organisation import Staff

    assert get(session, Customer, customer_no="N1").owner_staff_id == get(session, Staff, staff_no="NEW").id
