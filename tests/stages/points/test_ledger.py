"""The ledger: both sides of every line, balanced at every commit; taken back once; the database's own time; visible overrides."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.clock import Month
from app.core.db import APP_ROLE, set_scope, sqlalchemy_url
from app.models.ledger import LedgerPosting
from app.models.points import EntryKind, PointsEntry
from app.points.closing.close import close_month
from app.points.ledger.posting import Posting
from app.points.ledger.queries import UnknownEntry, balances
from app.points.ledger.service import AlreadyReversed, NotReversible, correct_entry, post_entries, reverse_entry
from app.points.plans.in_force import open_month
from app.points.service import show_my_month
from tests.factories import staff
from tests.truth import CLOSING, OCTOBER, make_anas_october

LEDGER = Path(__file__).resolve().parents[3] / "migrations" / "versions" / "0039_ledger.py"
LATER = CLOSING + timedelta(days=1)
NOVEMBER = Month(2026, 11)


def _line(session, name="ana", month=OCTOBER, component="success"):
    found = select(PointsEntry).where(
        PointsEntry.staff_id == staff(session, name).id, PointsEntry.month == month, PointsEntry.component == component
    )
    return session.scalars(found.where(PointsEntry.kind == EntryKind.EARNED)).one()


def _sides(session, entry_id):
    found = select(LedgerPosting).where(LedgerPosting.entry_id == entry_id)
    return {side.side.value: side for side in session.scalars(found)}


@pytest.fixture
def october(session):
    """Ana's October, closed, in a session that is rolled back."""
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    _as_at_commit(session)


def _as_at_commit(session):
    """What the database checks at a commit, checked now."""
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.execute(text("SET CONSTRAINTS ALL DEFERRED"))


@pytest.fixture
def owner(company, database):
    """The owner of the tables, connected, with October closed and committed."""
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    url = sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('gridwork.scope', 'all', false)")
        connection.commit()
        yield connection


def test_a_line_is_in_whole_units_on_the_manager_s_account_and_against_the_plan_s(session, october):
    line = _line(session)
    sides = _sides(session, line.id)
    assert (sides["manager"].amount, sides["manager"].staff_id) == (116_667, line.staff_id)
    assert (sides["plan"].amount, sides["plan"].plan_id) == (-116_667, line.plan_id)
    assert {(row.month, row[1]) for row in balances(session)} == {(OCTOBER, 0)}


def test_a_line_is_taken_back_whole_and_once_in_the_open_month(session, october):
    line = _line(session)
    entry_id = reverse_entry(session, entry_id=line.id, reason="Two people, one sale.", cause="note:1", now=LATER)
    entry = session.get_one(PointsEntry, entry_id)
    assert (entry.month, entry.points, entry.refers_to_id) == (NOVEMBER, -line.points, line.id)
    assert (entry.kind, entry.cause) == (EntryKind.REVERSAL, "reversal:note:1")
    with pytest.raises(AlreadyReversed):
        reverse_entry(session, entry_id=line.id, reason="Again.", cause="note:2", now=LATER)
    with pytest.raises(NotReversible):
        reverse_entry(session, entry_id=entry_id, reason="Back.", cause="note:3", now=LATER)
    with pytest.raises(UnknownEntry):
        reverse_entry(session, entry_id=2**62, reason="None.", cause="note:4", now=LATER)
    _as_at_commit(session)
    assert {row[1] for row in balances(session)} == {0}


def test_a_correction_is_a_reversal_and_what_stands_instead_and_is_corrected_in_its_turn(session, october):
    line = _line(session)
    _, second = correct_entry(session, entry_id=line.id, points=Decimal(15), reason="A sale.", cause="note:1", now=LATER)
    correct_entry(session, entry_id=second, points=Decimal("14.5"), reason="Half of it.", cause="note:2", now=LATER)
    shown = show_my_month(session, staff_id=line.staff_id, month=NOVEMBER, now=LATER)
    posted = [one for one in shown.lines if one["kind"] != "earned"]
    assert [one["points"] for one in posted] == ["-11.6667", "15.0000", "-15.0000", "14.5000"]
    assert f"Instead of line {line.id} of 2026-10: 15 points, not 11.6667. A sale." in posted[1]["words"]
    with pytest.raises(AlreadyReversed):
        correct_entry(session, entry_id=line.id, points=Decimal(1), reason="No.", cause="note:3", now=LATER)


def test_points_finer_than_the_ledger_are_refused(session, october):
    line = _line(session)
    with pytest.raises(ValueError, match="at most four places"):
        correct_entry(session, entry_id=line.id, points=Decimal("0.00001"), reason="x", cause="x", now=LATER)


def _insert(session, line, **other):
    values = {"kind": "reversal", "points": -line.points, "cause": "x", "plan_id": line.plan_id, "refers_to_id": line.id}
    place = {"staff_id": line.staff_id, "grid_id": line.grid_id, "component": line.component.value}
    month = open_month(session, month=NOVEMBER, now=LATER).month
    post_entries(session, [Posting(**place | values | other, explanation={})], month=month, now=LATER)


@pytest.mark.parametrize(
    ("wrong", "by"),
    [
        ({"points": Decimal(1)}, "to the unit"),
        ({"component": "accuracy"}, "same manager, component and plan"),
        ({"refers_to_id": None}, "same manager, component and plan"),
        ({"kind": "correction", "points": Decimal(3)}, "follows the reversal"),
        ({"kind": "adjustment", "cause": None}, "ck_points_entries_linked"),
        ({"kind": "earned"}, "ck_points_entries_linked"),
    ],
)
def test_the_database_refuses_a_link_that_says_something_else(session, october, wrong, by):
    with pytest.raises(DBAPIError, match=by):
        _insert(session, _line(session), **wrong)


def test_the_database_refuses_a_second_reversal_whatever_its_cause(session, october):
    _insert(session, _line(session))
    with pytest.raises(DBAPIError, match="uq_points_entries_reversed"):
        _insert(session, _line(session), cause="y")


def test_the_database_says_when_it_took_a_line_in_whatever_the_server_says(session, october):
    line = _line(session)
    assert line.posted_at == CLOSING
    session.execute(text("SELECT 1"))
    assert abs(line.recorded_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_application_writes_no_side_itself(session, october):
    with pytest.raises(DBAPIError) as refused:
        session.execute(text("UPDATE ledger_postings SET amount = 0"))
    assert refused.value.orig.sqlstate == "42501"


LONE_SIDE = "DELETE FROM ledger_postings WHERE side = 'plan' AND entry_id = (SELECT min(entry_id) FROM ledger_postings)"
OTHER_AMOUNT = "UPDATE ledger_postings SET amount = amount + 1 WHERE side = 'manager'"
BOTH_OTHER = "UPDATE ledger_postings SET amount = 2 * amount"
OTHER_MONTH = "UPDATE ledger_postings SET month = '2026-09-01'"
ENTRY_ALONE = "UPDATE points_entries SET points = points + 1"


@pytest.mark.parametrize("statement", [LONE_SIDE, OTHER_AMOUNT, BOTH_OTHER, OTHER_MONTH, ENTRY_ALONE])
def test_what_does_not_balance_is_not_committed_even_in_an_override(owner, statement):
    owner.execute("SELECT override_ledger('a test of the balance')")
    owner.execute(statement)
    with pytest.raises(psycopg.Error, match="do not balance"):
        owner.commit()


@pytest.mark.parametrize("statement", [LONE_SIDE, OTHER_AMOUNT, BOTH_OTHER, OTHER_MONTH])
def test_without_the_constraint_it_would_be(owner, statement):
    owner.execute("DROP TRIGGER balance ON ledger_postings")
    owner.execute("SELECT override_ledger('a test of the balance')")
    owner.execute(statement)
    owner.commit()


def test_not_even_the_owner_changes_the_ledger_without_an_override(owner):
    for table in ("ledger_postings", "points_entries", "monthly_statements", "payroll_files"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(psycopg.Error) as refused:
                owner.execute(statement)
            assert refused.value.sqlstate == "GW001", statement
            owner.rollback()


def test_an_override_says_who_when_and_why_and_keeps_what_was(owner):
    owner.execute("SELECT override_ledger('the court ordered it, file 17')")
    owner.execute("UPDATE monthly_statements SET total = total + 1 WHERE total > 70")
    owner.commit()
    ((reason, role),) = owner.execute("SELECT reason, role FROM ledger_overrides").fetchall()
    assert (reason, role) == ("the court ordered it, file 17", owner.info.user)
    ((table, operation, before),) = owner.execute("SELECT table_name, operation, before FROM ledger_override_rows").fetchall()
    assert (table, operation, Decimal(str(before["total"]))) == ("monthly_statements", "update", Decimal("73.6153"))
    with pytest.raises(psycopg.Error, match="append-only"):  # it was for that transaction alone
        owner.execute("UPDATE monthly_statements SET total = total + 1")


def test_an_override_is_removed_by_nobody_and_names_a_reason(owner):
    with pytest.raises(psycopg.Error, match="reason_given"):
        owner.execute("SELECT override_ledger('  no   ')")
    owner.rollback()
    owner.execute("SELECT override_ledger('one that stays for ever')")
    owner.commit()
    for statement in (
        "DELETE FROM ledger_overrides",
        "UPDATE ledger_overrides SET reason = 'another one, rather'",
        "TRUNCATE ledger_overrides CASCADE",
        "SELECT override_ledger('to remove the other one'); DELETE FROM ledger_overrides",
    ):
        with pytest.raises(psycopg.Error, match="append-only"):
            owner.execute(statement)
        owner.rollback()


def test_the_application_takes_no_override(owner):
    owner.execute(f"SET ROLE {APP_ROLE}")
    for statement in (
        "SELECT override_ledger('to see whether I may')",
        "INSERT INTO ledger_overrides (reason) VALUES ('to see whether I may')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)
        owner.rollback()
        owner.execute(f"SET ROLE {APP_ROLE}")


def test_a_manager_sees_the_sides_of_their_own_lines_alone(session, october):
    ana = staff(session, "ana")
    before = len(session.scalars(select(LedgerPosting.entry_id)).all())
    set_scope(session, scope="own", grid_ids=[ana.unit_id], staff_id=ana.id)
    assert len(session.scalars(select(LedgerPosting.entry_id)).all()) == 6 < before


def test_what_was_posted_before_the_ledger_has_both_sides_since(owner):
    """As the migration brings it in: its statement over entries that have none."""
    statement = LEDGER.read_text(encoding="utf-8").split('BOTH_SIDES_SO_FAR = """')[1].split('"""')[0]
    owner.execute("ALTER TABLE ledger_postings DISABLE TRIGGER USER")
    before = owner.execute("SELECT * FROM ledger_postings ORDER BY entry_id, side").fetchall()
    owner.execute("DELETE FROM ledger_postings")
    owner.execute(statement)
    assert owner.execute("SELECT * FROM ledger_postings ORDER BY entry_id, side").fetchall() == before


def test_entries_are_posted_at_one_place():
    from tests.test_architecture import APP, _name

    writes = ("insert(PointsEntry", "PointsEntry(", "INSERT INTO points_entries", "LedgerPosting(", "INSERT INTO ledger_postings")
    found = {
        _name(path)
        for path in APP.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8").replace("class ", "class_") for word in writes)
    }
    assert found - {"app/models/points.py", "app/models/ledger.py"} == {"app/points/ledger/service.py"}
