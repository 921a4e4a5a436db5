"""Reads of the gate."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.models.campaign import Campaign, Product
from app.models.work_order import WorkOrder, WorkOrderState


@dataclass(frozen=True)
class AskedOrder:
    """A work order as the gate sees it. `contact`: orders of one contact share it; `is_begun`: its contact was begun."""

    id: int
    campaign_id: int
    customer_id: int
    contact: int
    channel: str
    family: str
    kind: str
    due_on: date
    is_begun: bool


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
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Product, Product.id == WorkOrder.product_id)
        .where(WorkOrder.id.in_(select(asked)))
        .order_by(WorkOrder.campaign_id, WorkOrder.due_on, WorkOrder.id)
    )
    return [AskedOrder(*row) for row in session.execute(statement)]
