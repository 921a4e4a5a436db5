"""What the database itself shows to whom, of every protected table: one row of Ana's in each, seen and added by others.

Checks, references and triggers of these tables are away meanwhile: only row level security and rights decide here.
"""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.commands.doctor_database import PROTECTED
from app.core.db import APP_ROLE, make_engine, set_scope

ID = 900_000_001  # of every row and of all it names, so that rows belong together
REFUSED = "42501"
OF_THE_COMPANY = {
    "audit_entries",
    "back_check_strata",
    "digests",
    "figure_marks",
    "live_changes",
    "mail_addresses",
    "outbox_deliveries",
    "outbox_events",
    "ownership_news",
    "personnel_looks",
    "points_inputs",
    "push_marks",
    "sms_confirmations",
    "webhook_secrets",
}
OF_WHO_LEADS = {
    "back_checks",
    "campaign_month_figures",
    "campaign_result_figures",
    "carried_over",
    "escalations",
    "evaluated_managers",
    "figure_targets",
    "grid_day_figures",
    "grid_month_figures",
    "handover_customers",
    "handover_orders",
    "handovers",
    "notices",
    "review_cases",
    "review_events",
}
OF_THE_PERSON = {"figure_alarms", "notice_reads", "permission_ends", "permission_grants", "push_settings"}
OF_ALL_IN_THE_GRID = {"campaign_targets", "capacity_bookings", "customer_arrivals", "customer_ownerships", "customers"}
HERS_WHEREVER_SHE_WORKS = OF_THE_PERSON | {
    "attachments",
    "competitor_findings",
    "contact_feedback",
    "devices",
    "disclosures",
    "do_not_disturb",
    "do_not_disturb_undos",
    "feedback_attachments",
    "feedback_quarantine",
    "ledger_postings",
    "monthly_statements",
    "phone_pulls",
    "points_disputes",
    "points_entries",
    "points_evidence",
    "saved_views",
    "verifications",
    "work_order_tombstones",
    "work_orders",
}
SHARED = {"saved_views"}  # by Ana, with her grid
ADDED_BY_ANYBODY = {"figure_marks", "outbox_deliveries", "outbox_events"}  # services say whom it is about
STRANGERS = {
    "who leads another grid": ("grids", "G12", "fu"),
    "a manager of another grid": ("own", "G12", "cy"),
    "who leads nothing": ("grids", None, "fu"),
    "a system": ("none", None, None),
    "nobody": ("", None, None),
}
_BARE = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT unnest(CAST('{tables}' AS regclass[])) AS name LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER USER', one.name);
    END LOOP;
    FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        WHERE conrelid = ANY (CAST('{tables}' AS regclass[])) AND contype IN ('c', 'f', 'x') AND conislocal AND conparentid = 0
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname);
    END LOOP;
END $$
"""
_COLUMNS = text("""
SELECT CAST(CAST(attrelid AS regclass) AS text), CAST(attname AS text), format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = ANY (CAST(:tables AS regclass[])) AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY 1, attnum
""")
_VALUES = {
    "boolean": "false",
    "date": "'2026-10-01'",
    "json": "'{}'",
    "jsonb": "'{}'",
    "timestamp with time zone": "'2026-10-12'",
    "uuid": "'00000000-0000-7000-8000-000000000001'",
}


class Rows:
    """Ana's rows on a connection of the owner's: how each is added, and where it lies."""

    def __init__(self, connection):
        self.connection, self.additions, self.places = connection, {}, {}
        self.units = dict(connection.execute(text("SELECT code, id FROM units")).all())
        self.people = dict(connection.execute(text("SELECT lower(staff_no), id FROM staff")).all())
        account = connection.scalar(text("SELECT id FROM accounts WHERE login = 'ana'"))
        self.named = {
            "for_staff_id": "NULL",
            "grid_id": self.units["G11"],
            "unit_id": self.units["G11"],
            "staff_id": self.people["ana"],
        }
        self.named |= {"account_id": account, "shared_role": "NULL", "role": "'grid_manager'"}

    def add(self):
        """One to each table."""
        columns = {}
        for table, column, kind in self.connection.execute(_COLUMNS, {"tables": list(PROTECTED)}):
            columns.setdefault(table, {})[column] = self._value(column, kind)
        for table, of in columns.items():
            addition = f"INSERT INTO {table} ({', '.join(of)}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(of.values())})"
            self.additions[table] = text(addition)
            place = self.connection.execute(text(f"{addition} RETURNING tableoid, CAST(ctid AS text)")).one()
            self.places[table] = f"tableoid = {place[0]} AND ctid = '{place[1]}'"

    def _value(self, column, kind):
        for ending, value in self.named.items():
            if column.endswith(ending):
                return str(value)
        if kind in ("integer", "bigint") and column.endswith("id"):
            return str(ID)
        return _VALUES.get(kind, "'{}'" if kind.endswith("[]") else "'1'")

    def seen_by(self, scope, unit, name):
        """The tables in which this person sees Ana's row."""
        looks = [f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table} WHERE {place})" for table, place in self.places.items()]
        with self.connection.begin_nested() as nested:
            self._act_as(scope, unit, name)
            found = set(self.connection.scalars(text(" UNION ALL ".join(looks))))
            nested.rollback()
        return found

    def added_by(self, scope, unit, name):
        """The tables to which this person may add a row like Ana's."""
        return {table for table, addition in self.additions.items() if not self._is_refused(addition, scope, unit, name)}

    def _is_refused(self, addition, *who):
        nested = self.connection.begin_nested()
        self._act_as(*who)
        try:
            self.connection.execute(addition)
        except DBAPIError as error:
            return error.orig.sqlstate == REFUSED
        finally:
            nested.rollback()
        return False

    def _act_as(self, scope, unit, name):
        self.connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))
        grids = [] if unit is None else [self.units[unit]]
        set_scope(self.connection, scope=scope, grid_ids=grids, staff_id=self.people.get(name))


@pytest.fixture(scope="module")
def rows(shared_url):
    """One of Ana's in each protected table, all taken back at the end."""
    engine = make_engine(shared_url, as_app=False)
    with engine.connect() as connection:
        connection.execute(text(_BARE.format(tables="{" + ",".join(PROTECTED) + "}")))
        found = Rows(connection)
        found.add()
        yield found
        connection.rollback()
    engine.dispose()


def test_who_acts_for_the_company_sees_all_of_it(rows):
    assert rows.seen_by("all", None, None) == set(PROTECTED)


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_see_none_of_it_and_add_nothing(rows, who):
    assert rows.seen_by(*STRANGERS[who]) == set()
    assert rows.added_by(*STRANGERS[who]) == ADDED_BY_ANYBODY


def test_who_leads_the_grid_sees_all_but_what_is_of_the_company_or_of_a_person(rows):
    assert set(PROTECTED) - rows.seen_by("grids", "G11", "chen") == OF_THE_COMPANY | OF_THE_PERSON


def test_a_colleague_sees_and_adds_what_is_of_the_grid_and_nothing_of_another_person(rows):
    assert rows.seen_by("own", "G11", "bo") == OF_ALL_IN_THE_GRID | SHARED
    assert rows.added_by("own", "G11", "bo") == OF_ALL_IN_THE_GRID | ADDED_BY_ANYBODY


def test_ana_sees_all_but_what_is_of_the_company_or_of_who_leads(rows):
    assert set(PROTECTED) - rows.seen_by("own", "G11", "ana") == OF_THE_COMPANY | OF_WHO_LEADS


def test_ana_keeps_sight_of_what_is_hers_when_she_works_elsewhere(rows):
    assert rows.seen_by("own", "G12", "ana") == HERS_WHEREVER_SHE_WORKS
