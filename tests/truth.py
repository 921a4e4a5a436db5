"""What happened and what was said about it: feedback, calls, sales and complete days for tests of truth and points."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import Month, local_date
from app.core.security import Principal
from app.models.campaign import Campaign, Product
from app.models.customer import Call, Order
from app.models.feedback import Channel, ContactFeedback
from app.models.operations import FeedDay
from app.models.organisation import Account, Unit, UnitKind
from app.models.points import BasePoints
from app.models.work_order import WorkOrder, WorkOrderState
from tests.factories import NOW, customer, get, make_campaign, make_work_order, staff

OCTOBER = Month(2026, 10)
CLOSING = datetime.fromisoformat("2026-11-03T09:00:00+08:00")  # when October is closed
CLOSED_SALE = datetime.fromisoformat("2026-10-10T12:00:00+08:00")
_numbers = count(1)


def make_feedback(session: Session, order: WorkOrder, *, outcome: str = "not_reached", **overrides: Any) -> ContactFeedback:
    """A feedback by call on a work order, made at NOW and received five minutes later."""
    contacted_at = overrides.pop("contacted_at", NOW)
    received_at = overrides.pop("received_at", contacted_at + timedelta(minutes=5))
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "work_order_id": order.id,
        "customer_id": order.customer_id,
        "staff_id": order.staff_id,
        "grid_id": order.grid_id,
        "channel": Channel.CALL,
        "outcome": outcome,
        "phone_started_at": contacted_at,
        "contacted_at": contacted_at,
        "clock_offset_seconds": 0,
        "clock_doubtful": False,
        "received_at": received_at,
        "month": Month.of(received_at),
        "content_hash": b"x",
    }
    feedback = ContactFeedback(**(values | overrides))
    session.add(feedback)
    session.flush()
    return feedback


def make_call(session: Session, order: WorkOrder, *, started_at: datetime = NOW, seconds: int = 60) -> Call:
    """A call of the order's manager with its customer."""
    call = Call(
        call_id=f"CALL{next(_numbers)}",
        staff_id=order.staff_id,
        customer_id=order.customer_id,
        started_at=started_at,
        duration_seconds=seconds,
    )
    session.add(call)
    session.flush()
    return call


def make_sale(session: Session, order: WorkOrder, *, ordered_at: datetime = CLOSED_SALE, **overrides: Any) -> Order:
    """An order in billing of the work order's customer and product."""
    values: dict[str, Any] = {"customer_id": order.customer_id, "product_id": order.product_id, "ordered_at": ordered_at}
    if code := overrides.pop("product_code", None):
        values["product_id"] = get(session, Product, product_code=code).id
    sale = Order(order_no=f"SALE{next(_numbers)}", **(values | overrides))
    session.add(sale)
    session.flush()
    return sale


def declare_complete(session: Session, feed: str, first: date, last: date) -> None:
    """Say that a feed is complete for these local days."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    session.add_all(FeedDay(feed=feed, day=day, declared_at=NOW) for day in days)
    session.flush()


def make_orders(session: Session, manager: str, customer_nos: list[str], **overrides: Any) -> list[WorkOrder]:
    """Done work orders of one new campaign, one for each customer, maturing on the 27th of October."""
    campaign: Campaign = make_campaign(session)
    state = {"state": WorkOrderState.DONE}
    return [
        make_work_order(session, campaign=campaign, customer_no=number, manager=manager, **(state | overrides))
        for number in customer_nos
    ]


def make_anas_october(session: Session) -> list[WorkOrder]:
    """Ana's month as worked out by hand in tests/stages/points/test_closing.py: 1 success of 8, 4 of 5 judged true, 84.2."""
    orders = make_orders(session, "ana", [f"C{n:02d}" for n in range(1, 11)])
    won, cancelled, late, early, other, cancelled_at_the_end, withdrawn, returned, *_ = orders
    make_sale(session, won)
    make_sale(session, cancelled, cancelled_at=CLOSED_SALE + timedelta(days=1))
    make_sale(session, late, ordered_at=datetime.fromisoformat("2026-10-25T00:00:00+08:00"))
    make_sale(session, early, ordered_at=early.dispatched_at - timedelta(seconds=1))
    make_sale(session, other, product_code="TV1")
    make_sale(session, cancelled_at_the_end, cancelled_at=cancelled_at_the_end.matures_at)
    make_sale(session, withdrawn)
    withdrawn.state = WorkOrderState.WITHDRAWN
    returned.state, returned.close_reason = WorkOrderState.RETURNED, "data_fault:wrong_number"
    declare_complete(session, "calls", local_date(NOW), local_date(NOW))
    for order in orders[:4]:
        make_feedback(session, order)
        make_call(session, order)
    make_feedback(session, orders[4])  # a call that never was
    make_feedback(session, orders[5], channel=Channel.VISIT, outcome="not_home")
    ana = staff(session, "ana")
    session.add(BasePoints(period=OCTOBER, staff_id=ana.id, component="existing_scheme", points=Decimal("84.2")))
    session.flush()
    return orders


def customer_id(session: Session, customer_no: str) -> int:
    """Id of a customer of the cast."""
    return customer(session, customer_no).id


def principal_of(session: Session, name: str) -> Principal:
    """A grid manager, branch manager or administrator of the cast as who acts."""
    person = staff(session, name)
    unit: Unit = get(session, Unit, id=person.unit_id)
    grids = [one for one in session.query(Unit).order_by(Unit.id) if one.kind == UnitKind.GRID]
    mine = [one.id for one in grids if unit.kind == UnitKind.COMPANY or unit.id in (one.id, one.parent_id)]
    return Principal(
        account_id=get(session, Account, login=name).id,
        login=name,
        role=person.role.value,
        scope="all" if unit.kind == UnitKind.COMPANY else "grids",
        unit_id=person.unit_id,
        grid_ids=tuple(mine),
        staff_id=person.id,
    )
