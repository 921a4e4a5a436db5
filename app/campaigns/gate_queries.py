"""Reads of the gate."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, func, select, text, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.campaigns.policy.passed import Made
from app.core import clock
from app.models.campaign import Campaign, Product
from app.models.customer import Arm, PastContact
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrder, WorkOrderState


@dataclass(frozen=True)
class AskedOrder:
    """A work order as the gate sees it. `contact`: orders of one contact share it; `is_begun`: its contact was begun;
    `waits_until`: the day of what is planned and in no pool, which no phone has before."""

    id: int
    campaign_id: int
    customer_id: int
    contact: int
    channel: str
    family: str
    kind: str
    due_on: date
    is_begun: bool
    waits_until: date | None


def orders_asked(session: Session, work_order_ids: Collection[int]) -> list[AskedOrder]:
    """These work orders, by campaign, last day and id."""
    asked = func.unnest(cast(list(work_order_ids), ARRAY(BigInteger))).column_valued("id")  # more than a statement has parameters
    statement = (
        select(
            WorkOrder.id,
            WorkOrder.campaign_id,
            WorkOrder.customer_id,
            func.coalesce(WorkOrder.contact_id, WorkOrder.id).label("contact"),
            Campaign.channel,
            WorkOrder.product_family,
            Product.kind,
            WorkOrder.due_on,
            (WorkOrder.state == WorkOrderState.IN_PROGRESS).label("is_begun"),
            case((and_(WorkOrder.state == WorkOrderState.PLANNED, WorkOrder.pooled_at.is_(None)), WorkOrder.scheduled_on)),
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Product, Product.id == WorkOrder.product_id)
        .where(WorkOrder.id.in_(select(asked)))
        .order_by(WorkOrder.campaign_id, WorkOrder.due_on, WorkOrder.id)
    )
    return [AskedOrder(*row) for row in session.execute(statement)]


def contacts_made(session: Session, customer_ids: Collection[int], *, since: datetime) -> dict[int, list[Made]]:
    """The contacts that were made with each of these customers since then, those of earlier systems too."""
    asked = cast(list(customer_ids), ARRAY(BigInteger))
    contact = func.coalesce(WorkOrder.contact_id, WorkOrder.id)
    reports = (
        select(
            ContactFeedback.customer_id, contact, ContactFeedback.contacted_at, ContactFeedback.channel, WorkOrder.product_family
        )
        .join(WorkOrder, WorkOrder.id == ContactFeedback.work_order_id)
        .where(ContactFeedback.customer_id == func.any(asked), ContactFeedback.contacted_at >= since)
    )
    earlier = (
        select(PastContact.customer_id, -PastContact.id, PastContact.contacted_at, PastContact.channel, Product.family)
        .join(Product, Product.id == PastContact.product_id)
        .where(PastContact.customer_id == func.any(asked), PastContact.contacted_at >= since)
        .where(PastContact.arm.is_distinct_from(Arm.CONTROL))
    )
    found: dict[int, list[Made]] = {customer_id: [] for customer_id in customer_ids}
    rows: Sequence[Any] = session.execute(union_all(reports, earlier).order_by(text("1, 3, 2"))).all()
    for customer_id, contact_id, at, channel, family in rows:
        found[customer_id].append(Made(contact_id, clock.local_date(at), channel, family))
    return found
