"""As it was served then: a month at a past instant equals what anybody saw at that instant, whatever happened since."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from app.core.clock import Month
from app.core.errors import Invalid
from app.dispatch.life import move_work_order
from app.dispatch.states import Event
from app.models.customer import Order
from app.models.feedback import QuarantinedFeedback
from app.models.organisation import Account
from app.models.points import BasePoints, PointsEvidence
from app.points.closing.close import close_month
from app.points.late.service import adjust_closed_months
from app.points.past import show_months_at, show_my_month_at
from app.points.service import show_months, show_my_month
from app.verification.service import verify_feedback
from tests.factories import get, staff
from tests.truth import CLOSING, OCTOBER, declare_complete, make_anas_october, make_call, make_feedback, make_orders, make_sale

NOVEMBER = Month(2026, 11)
MONTHS = (Month(2026, 9), OCTOBER, NOVEMBER)
PEOPLE = ("ana", "bo", "cy", "dee")


def at(session, instant):
    """Let the database live at this instant."""
    shift = (instant - datetime.now(UTC)).total_seconds()
    session.execute(text("SELECT set_config('gridwork.shift', :shift, true)"), {"shift": f"{shift} seconds"})


def served(months):
    return {
        staff_id: (one.closed_at, one.total, [dict(line) for line in one.lines], one.pending_feedback)
        for staff_id, one in months.items()
    }


def listed(month):
    """What a manager's phone lists beside the lines."""
    return month.waiting_work_orders, month.pending, month.rejected, month.dispute_until


def happens(session, rng, orders, now):
    """One thing of those that change what a month comes to."""
    order = rng.choice(orders)
    kind = rng.randrange(11)
    if kind == 0:
        make_sale(session, order, ordered_at=order.dispatched_at + timedelta(hours=rng.randrange(1, 300)))
    elif kind == 1:
        sale = rng.choice(session.query(Order).order_by(Order.id).all() or [None])
        if sale is not None:
            sale.cancelled_at = rng.choice([None, sale.ordered_at + timedelta(hours=3)])
    elif kind == 2:
        sale = rng.choice(session.query(Order).order_by(Order.id).all() or [None])
        paid = select(PointsEvidence.id).where(PointsEvidence.order_id == (sale.id if sale else 0)).exists()
        if sale is not None and not session.scalar(select(paid)):  # what was paid for refers to it
            session.delete(sale)
    elif kind in (3, 4):
        outcome = rng.choice(["not_reached", "thinking", "refused"])
        person = staff(session, rng.choice(PEOPLE[:2]))
        make_feedback(
            session, order, outcome=outcome, contacted_at=now - timedelta(minutes=9), received_at=now, staff_id=person.id
        )
        if rng.random() < 0.5:
            make_call(session, order, started_at=now - timedelta(minutes=9))
    elif kind == 5:
        verify_feedback(session, now=now, since=OCTOBER.starts_at)
    elif kind == 6:
        key = {
            "period": rng.choice(MONTHS[1:]),
            "staff_id": staff(session, rng.choice(PEOPLE)).id,
            "component": "existing_scheme",
        }
        known = session.query(BasePoints).filter_by(**key).one_or_none()
        if known is None:
            session.add(BasePoints(**key, points=Decimal(rng.randrange(100))))
        elif rng.random() < 0.3:
            session.delete(known)
        else:
            known.points = Decimal(rng.randrange(100))
    elif kind == 7 and order.state in ("open", "in_progress"):
        person = staff(session, rng.choice(PEOPLE[:2]))
        move_work_order(session, work_order=order, event=Event.REASSIGNED, to_staff_id=person.id, gate_asked=True, now=now)
    elif kind == 8 and order.state in ("open", "in_progress"):
        event, reason = rng.choice(
            [(Event.RETURNED, "pending:moved"), (Event.WITHDRAWN, "do_not_disturb"), (Event.COMPLETED, None)]
        )
        move_work_order(session, work_order=order, event=event, reason=reason, gate_asked=True, now=now)
    elif kind == 9 and order.state == "returned" and (order.close_reason or "").startswith("pending:"):
        move_work_order(session, work_order=order, event=Event.RETURN_ACCEPTED, reason="data_fault:moved", now=now)
    elif kind == 10:
        aside = session.scalars(select(QuarantinedFeedback).where(QuarantinedFeedback.released_at.is_(None))).first()
        if aside is not None and rng.random() < 0.5:
            aside.released_at = now
        else:
            make_set_aside(session, rng.choice(PEOPLE[:2]), received_at=now)
    session.flush()
    session.expire_all()


def make_set_aside(session, name, *, received_at):
    person, account = staff(session, name), get(session, Account, login=name)
    values = {"staff_id": person.id, "grid_id": person.unit_id, "account_id": account.id, "received_at": received_at}
    said = {"code": "feedback.unknown_order", "detail": "not yours", "content": {}, "content_hash": b"x"}
    session.add(QuarantinedFeedback(feedback_id=str(uuid.uuid4()), **values, **said))


@pytest.mark.parametrize("seed", range(2))
def test_what_was_served_at_any_instant_is_served_again_as_of_it(session, seed):
    rng = random.Random(seed)
    at(session, OCTOBER.starts_at)
    declare_complete(session, "calls", date(2026, 10, 1), date(2026, 11, 30))
    begun = OCTOBER.starts_at + timedelta(days=1)
    customers = [f"C{n:02d}" for n in range(1, 11)]
    orders = make_orders(session, "ana", customers[:5], state="open", dispatched_at=begun)
    orders += make_orders(
        session, "bo", customers[5:], state="open", dispatched_at=begun, matures_at=NOVEMBER.starts_at + timedelta(days=9)
    )
    ids = [staff(session, name).id for name in PEOPLE]
    seen, lists, now = [], [], begun
    for step in range(90):
        now += timedelta(hours=rng.randrange(4, 20))
        at(session, now)
        if step == 55:
            close_month(session, month=OCTOBER, now=max(now, NOVEMBER.starts_at))
            now = max(now, NOVEMBER.starts_at)
        elif step > 55 and rng.random() < 0.2:
            adjust_closed_months(session, now=now)
        else:
            for _ in range(3):  # of what is listed only reports and what is set aside change something
                happens(session, rng, orders, now)
        now += timedelta(minutes=30)
        for month in MONTHS:
            seen.append((month, now, served(show_months(session, staff_ids=ids, month=month, now=now))))
        month = NOVEMBER if rng.random() < (0.2, 0.9)[step > 55] else OCTOBER  # mostly the one that is under way
        for one in ids[:2]:
            lists.append((month, now, one, listed(show_my_month(session, staff_id=one, month=month, now=now))))
    assert len({str(one) for one in seen}) > 60
    later = now + timedelta(days=1)
    for month, instant, was in seen:
        again = show_months_at(session, staff_ids=ids, month=month, as_of=instant, now=later)
        assert served(again) == was, (month, instant)
    assert len({str(one) for *_, one in lists}) > 40
    for month, instant, one, was in lists:
        assert listed(show_my_month_at(session, staff_id=one, month=month, as_of=instant, now=later)) == was, (month, instant)


def test_what_the_feed_overwrote_is_needed_for_it(session):
    """Without the kept versions the past view would show what became of the order, not what was known of it."""
    at(session, CLOSING)
    orders = make_anas_october(session)
    ana, month = orders[0].staff_id, {"month": OCTOBER}
    before = show_my_month_at(session, staff_id=ana, **month, as_of=None, now=CLOSING)
    at(session, CLOSING + timedelta(hours=1))
    session.execute(text("UPDATE orders SET cancelled_at = ordered_at + interval '1 hour' WHERE cancelled_at IS NULL"))
    session.execute(text("UPDATE base_points SET points = 1"))
    later = CLOSING + timedelta(hours=2)
    now = show_my_month_at(session, staff_id=ana, **month, as_of=None, now=later)
    then = show_my_month_at(session, staff_id=ana, **month, as_of=CLOSING + timedelta(minutes=30), now=later)
    assert now.total != before.total == then.total
    assert then.lines == before.lines


def test_an_instant_to_come_is_no_past(session):
    with pytest.raises(Invalid, match="as_of"):
        show_my_month_at(session, staff_id=1, month=OCTOBER, as_of=CLOSING + timedelta(seconds=1), now=CLOSING)


def test_what_a_feed_said_before_cannot_be_changed(session):
    make_anas_october(session)
    session.execute(text("UPDATE base_points SET points = 1"))
    for change in (
        "UPDATE base_points_versions SET points = 9",
        "DELETE FROM base_points_versions",
        "DELETE FROM order_versions",
    ):
        with pytest.raises(Exception, match=r"append|permission denied"), session.begin_nested():
            session.execute(text(change))
