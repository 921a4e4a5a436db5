"""A small closed campaign with one of each: sold, refused, not reached, never begun, withdrawn, controls."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.campaign import Campaign, CampaignStatus, CampaignTarget, Draw, Product, TerminalReason
from app.models.customer import Call, Order
from app.models.feedback import Channel, ContactFeedback
from app.models.organisation import Staff
from app.models.work_order import WorkOrder, WorkOrderEvent, WorkOrderState
from tests.factories import NOW, TODAY, customer, get, make_campaign, make_work_order, staff

DRAWN = NOW - timedelta(days=7)
MATURE = NOW + timedelta(days=15)  # nine days to the end, three of attribution, two of maturity, and the day itself
MANAGER = {number: "ana" if number < 6 else "bo" if number < 10 else "cy" for number in range(1, 16)}


def make_closed_campaign(session: Session, code: str, *, customers: int = 14, closed: bool = True, **more: Any) -> Campaign:
    """C01 to C10 have work orders, C11 to C13 are controls (one was called and one bought), C14 wants no contact."""
    status = CampaignStatus.CLOSED if closed else CampaignStatus.RUNNING
    share = Decimal("0.2")
    campaign = make_campaign(session, code=code, status=status, frozen_at=DRAWN, closed_at=NOW, control_share=share, **more)
    for number in range(1, min(customers, 10) + 1):
        _work(session, campaign, number)
    for number in range(11, customers + 1):
        _target(session, campaign, f"C{number:02d}", TerminalReason.CONTROL if number <= 13 else TerminalReason.DO_NOT_DISTURB)
    if customers:
        sell(session, "C11", NOW, prefix=code)
        call(session, "C12", NOW)
    return campaign


def sell(session: Session, customer_no: str, at: datetime, *, amount: Decimal | None = None, prefix: str = "O") -> Order:
    """An order of the campaign's product in billing."""
    person = customer(session, customer_no)
    campaign_product = make_product_id(session)
    order = Order(
        order_no=f"{prefix}-{customer_no}", customer_id=person.id, product_id=campaign_product, ordered_at=at, amount=amount
    )
    session.add(order)
    session.flush()
    return order


def make_product_id(session: Session) -> int:
    """FTTH1."""
    return int(get(session, Product, product_code="FTTH1").id)


def call(session: Session, customer_no: str, at: datetime) -> None:
    """A call of Cy's work number."""
    session.add(
        Call(
            call_id=f"call {customer_no} {at}",
            staff_id=staff(session, "cy").id,
            customer_id=customer(session, customer_no).id,
            started_at=at,
            duration_seconds=60,
        )
    )
    session.flush()


def report(session: Session, order: WorkOrder, outcome: str, at: datetime, *, objection: str | None = None) -> None:
    """What its manager reported of a work order."""
    person = session.get_one(Staff, order.staff_id)
    session.add(
        ContactFeedback(
            id=UUID(int=order.id * 1_000 + int(at.timestamp()) % 1_000),
            work_order_id=order.id,
            customer_id=order.customer_id,
            staff_id=person.id,
            grid_id=person.unit_id,
            channel=Channel.CALL,
            outcome=outcome,
            objection=objection,
            phone_started_at=at,
            contacted_at=at,
            clock_offset_seconds=0,
            clock_doubtful=False,
            received_at=at,
            month=Month.of(at),
            content_hash=b"",
        )
    )
    session.flush()


def _work(session: Session, campaign: Campaign, number: int) -> None:
    """1-3 sold after a talk, 4 without a report, 5-8 refused as too expensive, 9 not reached; 10 stayed planned. Of 4 nothing was
    ever reported; it was sold to at the counter."""
    number_of, at = f"C{number:02d}", DRAWN + timedelta(hours=3)
    done = number not in (4, 10)
    order = make_work_order(
        session,
        campaign=campaign,
        customer_no=number_of,
        manager=MANAGER[number],
        state=WorkOrderState.DONE if done else WorkOrderState.EXPIRED,
        close_reason=None if done else "window_over",
        closed_at=NOW,
        dispatched_at=DRAWN,
        matures_at=MATURE,
        scheduled_on=TODAY - timedelta(days=6),
    )
    if number <= 3:
        report(session, order, "interested" if number > 1 else "bought", at)
    elif number in (5, 6, 7, 8):
        report(session, order, "refused", at, objection="too_expensive")
    elif number == 9:
        report(session, order, "not_reached", at)
    if number <= 4:
        sell(session, number_of, DRAWN + timedelta(days=2), amount=Decimal(50) if number == 1 else None)
    if number == 10:
        session.add(
            WorkOrderEvent(
                work_order_id=order.id,
                happened_at=NOW,
                event="expired",
                from_state=WorkOrderState.PLANNED,
                to_state=WorkOrderState.EXPIRED,
                from_staff_id=order.staff_id,
                to_staff_id=order.staff_id,
            )
        )
        session.flush()


def _target(session: Session, campaign: Campaign, customer_no: str, reason: TerminalReason) -> None:
    person = customer(session, customer_no)
    session.add(
        CampaignTarget(
            campaign_id=campaign.id,
            customer_id=person.id,
            grid_id=person.grid_id,
            rank=2,
            score=0.2,
            draw=Draw.RANKED,
            selection_probability=0.95,
            reason=reason,
            decided_at=DRAWN,
        )
    )
    session.flush()
