"""The chain of seals tells where the ledger was tampered with, also where its guards were switched off first."""

from datetime import timedelta

import psycopg
import pytest

from app.core.db import set_scope, sqlalchemy_url
from app.points.closing.close import close_month
from app.points.late.service import adjust_closed_months
from app.points.ledger.sealing import LedgerBroken, find_ledger_breaks, seal_ledger, verify_ledger
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_sale

LATER = CLOSING + timedelta(days=1)


@pytest.fixture
def sealed(company):
    """October, closed and sealed, and a late sale under a seal of its own; committed. Gives the session."""
    orders = make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    assert seal_ledger(company, now=CLOSING) == {"entries": 12}
    make_sale(company, orders[9])
    adjust_closed_months(company, now=LATER)
    assert seal_ledger(company, now=LATER) == {"entries": 1}
    company.commit()
    set_scope(company, scope="all")
    return company


@pytest.fixture
def tamper(sealed, database):
    """Executes SQL as the owner with the guards switched off, and switches them on again."""
    url = sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    tables = (
        "points_entries", "points_evidence", "ledger_postings", "ledger_seals", "ledger_leaves", "ledger_overrides",
        "ledger_override_rows",
    )  # fmt: skip

    def run(*statements):
        with psycopg.connect(url) as owner:
            owner.execute("SELECT set_config('gridwork.scope', 'all', false)")
            for way in ("DISABLE", "ENABLE"):
                for table in tables:
                    owner.execute(f"ALTER TABLE {table} {way} TRIGGER USER")
                if way == "DISABLE":
                    for statement in statements:
                        assert owner.execute(statement).rowcount > 0, statement
                    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")

    return run


def _broken(session):
    return [str(one) for one in find_ledger_breaks(session)]


def test_what_was_sealed_and_left_alone_verifies_in_any_zone(sealed):
    found = verify_ledger(sealed)
    assert (found["seals"], found["overrides"]) == (2, 0)
    for setting in (
        "SET LOCAL timezone = 'America/New_York'",
        "SET LOCAL extra_float_digits = 0",
    ):
        sealed.connection().exec_driver_sql(setting)
        assert verify_ledger(sealed, anchor=found["newest"]) == found
    assert seal_ledger(sealed, now=LATER) == {"entries": 0}


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE points_entries SET explanation = '{}' WHERE id = (SELECT min(id) FROM points_entries)", "changed"),
        ("UPDATE points_entries SET recorded_at = recorded_at + interval '1 s' WHERE kind = 'adjustment'", "changed"),
        ("UPDATE points_evidence SET counted = 'success' WHERE counted = 'failed'", "changed"),
        ("DELETE FROM points_evidence WHERE id = (SELECT max(id) FROM points_evidence)", "changed"),
        ("UPDATE ledger_leaves SET sha256 = repeat('0', 64) WHERE entry_id % 7 = 0", "changed"),
        ("UPDATE ledger_seals SET entry_count = 11 WHERE id = 1", "seal"),
        ("UPDATE ledger_seals SET previous_sha256 = repeat('1', 64) WHERE id = 2", "seal"),
    ],
)  # fmt: skip
def test_each_change_is_found_and_named(sealed, tamper, statement, kind):
    tamper(statement)
    found = _broken(sealed)
    assert found
    assert found[-1].startswith(kind)
    with pytest.raises(LedgerBroken):
        verify_ledger(sealed)


def test_an_entry_that_was_removed_is_missed(sealed, tamper):
    last = "(SELECT max(id) FROM points_entries)"
    tamper(*[f"DELETE FROM {table} WHERE entry_id = {last}" for table in ("points_evidence", "ledger_postings")],
           f"DELETE FROM points_entries WHERE id = {last}")  # fmt: skip
    (found,) = _broken(sealed)
    assert found.startswith("removed: entry ")


def test_an_entry_that_was_slipped_in_behind_a_seal_is_found(sealed, tamper):
    first = "SELECT -5, month, staff_id, grid_id, component, 'adjustment', 5, plan_id, 'x', '{}', posted_at FROM points_entries"
    columns = "id, month, staff_id, grid_id, component, kind, points, plan_id, cause, explanation, posted_at"
    sides = ("'manager', month, staff_id, NULL, 50000", "'plan', month, NULL, plan_id, -50000")
    tamper(
        f"INSERT INTO points_entries ({columns}) {first} LIMIT 1",
        *[f"INSERT INTO ledger_postings SELECT id, {side} FROM points_entries WHERE id = -5" for side in sides],
    )
    assert _broken(sealed) == ["added: entry -5, behind what was sealed"]


def test_a_chain_that_was_cut_off_is_found_by_who_kept_its_newest_seal(sealed, tamper):
    newest = verify_ledger(sealed)["newest"]
    sealed.commit()
    last = "(SELECT max(entry_id) FROM ledger_leaves)"
    tamper(*[f"DELETE FROM {table} WHERE entry_id = {last}" for table in ("points_evidence", "ledger_postings")],
           f"DELETE FROM points_entries WHERE id = {last}", f"DELETE FROM ledger_leaves WHERE entry_id = {last}",
           "DELETE FROM ledger_seals WHERE id = 2")  # fmt: skip
    set_scope(sealed, scope="all")
    assert verify_ledger(sealed)["seals"] == 1  # the ledger alone cannot know
    with pytest.raises(LedgerBroken, match="anchor"):
        verify_ledger(sealed, anchor=newest)


def test_an_override_that_was_removed_is_missed_and_one_that_stands_does_not_hide_what_it_changed(sealed, tamper, database):
    url = sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    sealed.commit()
    with psycopg.connect(url) as owner:
        owner.execute("SELECT set_config('gridwork.scope', 'all', false)")
        owner.execute("SELECT override_ledger('a mistake in the words')")
        owner.execute("UPDATE points_entries SET explanation = '{}' WHERE kind = 'adjustment'")
    set_scope(sealed, scope="all")
    (found,) = _broken(sealed)
    assert found.startswith("changed: entry ")
    sealed.commit()
    set_scope(sealed, scope="all")
    from app.points.ledger.service import correct_entry
    from tests.stages.points.test_ledger import _line

    correct_entry(sealed, entry_id=_line(sealed).id, points=_line(sealed).points + 1, reason="x", cause="x", now=LATER)
    seal_ledger(sealed, now=LATER)
    sealed.commit()
    tamper("DELETE FROM ledger_override_rows", "DELETE FROM ledger_overrides")
    set_scope(sealed, scope="all")
    assert "overrides: those until seal 3 were changed or removed" in _broken(sealed)


@pytest.mark.parametrize(("table", "trigger"), [("points_entries", "append_only"), ("ledger_overrides", "append_only"),
                                                ("contact_feedback", "open_month"), ("points_entries", "balance"),
                                                ("work_orders_shared", "kept_by_evidence"),
                                                ("work_orders_shared", "no_truncate")])  # fmt: skip
def test_a_guard_that_is_switched_off_is_named(sealed, database, table, trigger):
    url = sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    sealed.commit()
    with psycopg.connect(url) as owner:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    set_scope(sealed, scope="all")
    assert _broken(sealed) == [f"guard: {table}: {trigger}"]
