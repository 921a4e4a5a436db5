"""Credit for a work order that changed hands, from reports in the database to the paid month."""

import random
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from app.models.points import PointsEntry, PointsEvidence
from app.models.work_order import WorkOrderState
from app.points.closing.close import close_month
from app.points.credit import Talk, split_credit
from app.points.credit_queries import SPOKEN
from app.points.queries import work_order_facts
from app.points.service import preview_month
from tests.factories import NOW, make_campaign, make_work_order, staff
from tests.truth import CLOSING, OCTOBER, make_feedback, make_sale

SOLD = NOW + timedelta(days=2)


def _order(session, customer_no="C01", manager="bo", campaign=None):
    return make_work_order(
        session,
        campaign=campaign,
        customer_no=customer_no,
        manager=manager,
        state=WorkOrderState.DONE,
        matures_at=NOW + timedelta(days=10),
    )


def _spoke(session, order, name, hours, outcome="interested", **more):
    person = staff(session, name)
    at = NOW + timedelta(hours=hours)
    return make_feedback(
        session, order, outcome=outcome, staff_id=person.id, grid_id=person.unit_id, contacted_at=at, received_at=at, **more
    )


def _parts(session, order):
    facts = work_order_facts(session, OCTOBER, now=CLOSING)
    return {fact.staff_id: fact.share for fact in facts if fact.work_order_id == order.id}


def test_a_sale_of_two_managers_is_paid_to_both_and_the_lines_say_so(session):
    order = _order(session)
    _spoke(session, order, "ana", 0)
    _spoke(session, order, "bo", 24)
    make_sale(session, order, ordered_at=SOLD)
    ana, bo = staff(session, "ana").id, staff(session, "bo").id
    shown = preview_month(session, staff_ids=[ana], month=OCTOBER, now=CLOSING)[ana].lines[0]
    close_month(session, month=OCTOBER, now=CLOSING)
    entries = {
        entry.staff_id: entry
        for entry in session.scalars(select(PointsEntry).where(PointsEntry.component == "success", PointsEntry.month == OCTOBER))
    }
    figures = entries[ana].explanation["figures"]
    assert (figures["successes"], figures["matured"], figures["shared"], figures["expected"]) == ("0.4", "0.4", 1, "0.08")
    assert (
        "0.4 of 0.4 matured work orders were sales. Of 1 work order colleagues have a part" in entries[ana].explanation["words"]
    )
    assert entries[bo].explanation["figures"]["successes"] == "0.6"
    assert shown["figures"]["successes"] == "0.4"
    rows = select(PointsEvidence.staff_id, PointsEvidence.weight, PointsEvidence.counted).order_by(PointsEvidence.staff_id)
    assert session.execute(rows.where(PointsEvidence.feedback_id.is_(None))).all() == [
        (ana, Decimal("0.4"), "success"),
        (bo, Decimal("0.6"), "success"),
    ]


def test_a_talk_after_the_sale_and_one_that_was_corrected_give_no_part(session):
    order = _order(session)
    wrong = _spoke(session, order, "cy", -5)
    _spoke(session, order, "cy", -5, outcome="not_reached", corrects_id=wrong.id)
    _spoke(session, order, "ana", 0)
    make_sale(session, order, ordered_at=NOW + timedelta(hours=1))
    _spoke(session, order, "bo", 24)
    assert _parts(session, order) == {staff(session, "ana").id: 1}


def _report_at_random(session, chance, order):
    """The talk that counts, if any, of one report that may be of anybody, say anything, and be corrected."""
    name, outcome = chance.choice(("ana", "bo", "cy", "dee")), chance.choice(("interested", "not_reached", "refused"))
    hours = chance.randrange(200)
    made = _spoke(session, order, name, hours, outcome)
    corrected = chance.random() < 0.2
    if corrected:
        _spoke(session, order, name, hours, "not_reached", corrects_id=made.id)
    return [Talk(made.staff_id, made.contacted_at)] if outcome in SPOKEN and not corrected else []


def test_the_database_splits_credit_as_the_written_rule_does(session):
    """30 work orders of two products with up to 12 reports of 4 managers; half of them sold after 100 hours."""
    chance, expected = random.Random(36), {}
    campaigns = [make_campaign(session, product_code=code) for code in ("FTTH1", "TV1")]
    for number in range(30):
        order = _order(session, f"C{1 + number % 15:02d}", chance.choice(("ana", "bo", "cy")), campaigns[number // 15])
        talks = [talk for _ in range(chance.randrange(12)) for talk in _report_at_random(session, chance, order)]
        until = order.matures_at
        if chance.random() < 0.5:
            until = make_sale(session, order, ordered_at=NOW + timedelta(hours=100)).ordered_at
        expected[order.id] = split_credit(talks, holder=order.staff_id, until=until)
    found = {}
    for fact in work_order_facts(session, OCTOBER, now=CLOSING):
        found.setdefault(fact.work_order_id, {})[fact.staff_id] = fact.share
    assert found == expected
    assert {len(parts) for parts in found.values()} == {1, 2, 3, 4}


def test_a_work_order_counts_once_though_several_have_a_part(session):
    order = _order(session)
    for name in ("ana", "bo", "cy"):
        _spoke(session, order, name, len(name))
    assert sum(_parts(session, order).values()) == 1
