"""The reads ask for one's own rows themselves: here nothing is hidden by the database, and still nothing foreign is shown."""

import json
import re

from sqlalchemy import text

from app.core.db import set_scope
from app.feedback import queries
from app.feedback.service import Batch, record_feedback
from app.reports.phone import PAGE_BYTES, PULL, beginning, pull_values, pull_work_orders
from tests.factories import NOW, make_work_order
from tests.phones import principal_of, report

SECRET = "s" * 32


def test_set_aside_reports_are_asked_for_by_their_sender_or_grid(session):
    ana = principal_of(session, "ana")
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    record_feedback(session, principal=ana, batch=Batch(NOW, None, ["x"]), now=NOW)
    session.flush()
    set_scope(session, scope="all")

    def seen(find, name):
        return len(find(session, principal=principal_of(session, name), secret=SECRET, cursor=None, limit=9).items)

    assert [seen(queries.set_aside_of_me, name) for name in ("ana", "bo")] == [1, 0]
    assert [seen(queries.set_aside_in_grids, name) for name in ("chen", "fu")] == [1, 0]


def test_work_orders_are_asked_for_by_their_manager(session):
    order = make_work_order(session)
    bos = make_work_order(session, customer_no="C02", manager="bo")
    record_feedback(session, principal=principal_of(session, "bo"), batch=Batch(NOW, None, [report(bos.id)]), now=NOW)
    set_scope(session, scope="all")

    def seen(name):
        who = principal_of(session, name)
        set_scope(session, scope="all", staff_id=who.staff_id)
        body = pull_work_orders(session, principal=who, secret=SECRET, cursor=None, set_hash=None, now=NOW)
        return [item["id"] for item in json.loads(body)["items"]]

    assert (seen("ana"), seen("bo"), seen("cy")) == ([order.id], [bos.id], [])


def test_a_pull_is_planned_to_make_its_json_once_to_join_reports_by_hash_and_to_search_no_table_for_policies(session):
    """Each of them was most of a pull's time once, and no answer shows it."""
    ana = principal_of(session, "ana")
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    values = pull_values(beginning(ana.grid_ids, NOW), PAGE_BYTES, NOW)
    plan = "\n".join(session.scalars(text(f"EXPLAIN (VERBOSE) {PULL.text}"), values))
    assert "octet_length((CASE" in plan  # in brackets of its own: what was made before
    assert "octet_length(CASE" not in plan
    assert re.search(r"(Hash|Merge) Full Join", plan)
    assert [plan.count(f" on public.{table} ") for table in ("work_orders", "contact_feedback")] == [1, 1]
