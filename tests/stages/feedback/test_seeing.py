"""The reads ask for one's own rows themselves: here nothing is hidden by the database, and still nothing foreign is shown."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core.db import set_scope
from app.feedback import queries
from app.feedback.service import Batch, record_feedback
from app.models.customer import ContactPreference, PreferenceStatus
from app.reports.phone import PAGE_BYTES, Pulled, beginning, pull_values, pull_work_orders
from app.reports.phone_sql import CHANGES, WHOLE
from tests.factories import NOW, customer, make_campaign, make_scores, make_work_order
from tests.phones import principal_of, report, stamp

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


def test_a_phone_that_holds_nothing_is_given_what_one_is_given_that_is_told_of_every_change(session):
    ana = principal_of(session, "ana")
    campaign = make_campaign(session, talk_track='"said" \\ 中文', scoring_run_id=make_scores(session, ["C01", "C02"]).id)
    orders = [make_work_order(session, campaign=campaign, customer_no=f"C{n:02d}", rank=n) for n in range(1, 8)]
    first = report(orders[0].id, note='"quoted"\t')
    corrected = report(orders[0].id, "callback", corrects_id=first["id"], callback_at=stamp(NOW + timedelta(days=1)))
    ended, again = report(orders[1].id, "bought"), [report(orders[2].id, "not_reached") for _ in range(2)]
    for items in ([first], [corrected, ended], again):
        record_feedback(session, principal=ana, batch=Batch(NOW, None, items), now=NOW)
    set_scope(session, scope="all")
    refusal = {"status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    session.add(ContactPreference(customer_id=customer(session, "C04").id, scope="all", **refusal))
    session.flush()
    session.execute(
        text("UPDATE customers SET grid_id = (SELECT id FROM units WHERE code = 'G12') WHERE customer_no IN ('C05', 'C06')")
    )
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    for page_bytes, after in ((PAGE_BYTES, 0), (PAGE_BYTES, orders[0].id), (1, 0)):
        start = replace(beginning(ana.grid_ids, NOW), after=after)
        whole, changes = (
            Pulled(*session.execute(one, pull_values(replace(start, since=since), page_bytes, NOW)).one())
            for one, since in ((WHOLE, 0), (CHANGES, 1))
        )
        held = [item for item in json.loads(f"[{changes.items}]") if "gone" not in item]
        assert (json.loads(f"[{whole.items}]"), whole.set_hash) == (held, changes.set_hash)
        assert len(held) == (1 if page_bytes == 1 else 3 - bool(after))


@pytest.mark.parametrize("statement", [WHOLE, CHANGES], ids=["whole", "changes"])
def test_a_pull_is_planned_to_make_its_json_once_to_join_by_hash_and_to_search_no_table_for_policies(session, statement):
    """Each of them was most of a pull's time once, and no answer shows it."""
    ana = principal_of(session, "ana")
    set_scope(session, scope="own", grid_ids=ana.grid_ids, staff_id=ana.staff_id)
    values = pull_values(beginning(ana.grid_ids, NOW), PAGE_BYTES, NOW)
    plan = "\n".join(session.scalars(text(f"EXPLAIN (VERBOSE) {statement.text}"), values))
    made_before = re.findall(r"octet_length\((\(*)([^\s(]+)", plan)
    assert made_before
    assert all(brackets for brackets, _ in made_before), made_before  # in brackets of its own, or but named
    assert len(re.findall(r"(Hash|Merge) Full Join", plan)) == 2
    read_once = ("work_orders_shared", "customers", "contact_feedback")
    assert [plan.count(f" on public.{table} ") for table in read_once] == [1, 1, 1]
