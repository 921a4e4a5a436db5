"""Reads behind adjustments: work orders of closed months whose outcome is no longer what was paid."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Numeric, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.models.campaign import Campaign, Product
from app.models.customer import Order
from app.models.points import Component, EntryKind, PointsEntry, PointsEvidence, PointsMonth
from app.models.work_order import WorkOrder
from app.points.queries import counted, is_win


class Change(NamedTuple):
    """A work order that counts differently now. `entry_id` is the original line, `order_id` the order that made the sale,
    `score` the probability frozen on the work order."""

    entry_id: int
    work_order_id: int
    counted_before: str
    counted_now: str
    order_id: int | None
    order_no: str | None
    score: Decimal


def changed_outcomes(session: Session, since: Month) -> list[Change]:
    """Where the facts as they are now and the standing evidence of the closed months from `since` on differ, by entry and work
    order: billing, and what the work order became (given back with reason, withdrawn)."""
    original, adjusted = aliased(PointsEntry), aliased(PointsEntry)
    evidence, correction = aliased(PointsEvidence), aliased(PointsEvidence)
    latest = (
        select(adjusted.refers_to_id, correction.work_order_id, correction.counted)
        .join(adjusted, adjusted.id == correction.entry_id)
        .where(adjusted.kind == EntryKind.ADJUSTMENT)
        .ext(distinct_on(adjusted.refers_to_id, correction.work_order_id))
        .order_by(adjusted.refers_to_id, correction.work_order_id, adjusted.id.desc())
        .subquery("latest")
    )
    win = (
        select(WorkOrder.id.label("work_order_id"), Order.id.label("order_id"), Order.order_no)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Order, Order.customer_id == WorkOrder.customer_id)
        .join(Product, Product.id == Order.product_id)
        .where(is_win(), WorkOrder.matures_at > since.starts_at)
        .ext(distinct_on(WorkOrder.id))
        .order_by(WorkOrder.id, Order.ordered_at, Order.id)
        .subquery("win")
    )
    paid = func.coalesce(latest.c.counted, evidence.counted)
    now = counted(win.c.order_id)
    statement = (
        select(original.id, evidence.work_order_id, paid, now, win.c.order_id, win.c.order_no, cast(WorkOrder.score, Numeric))
        .select_from(evidence)
        .join(WorkOrder, WorkOrder.id == evidence.work_order_id)
        .join(original, original.id == evidence.entry_id)
        .join(PointsMonth, PointsMonth.month == original.month)
        .outerjoin(latest, (latest.c.refers_to_id == original.id) & (latest.c.work_order_id == evidence.work_order_id))
        .outerjoin(win, win.c.work_order_id == evidence.work_order_id)
        .where(PointsMonth.closed_at.is_not(None), PointsMonth.month >= since)
        .where(original.component == Component.SUCCESS, original.kind == EntryKind.EARNED)
        .where(evidence.feedback_id.is_(None), paid != now)
        .order_by(original.id, evidence.work_order_id)
    )
    return [Change._make(row) for row in session.execute(statement)]


def entries(session: Session, entry_ids: Collection[int]) -> Sequence[PointsEntry]:
    """These entries."""
    return session.scalars(select(PointsEntry).where(PointsEntry.id.in_(entry_ids)).order_by(PointsEntry.id)).all()


def adjustments_of(session: Session, entry_ids: Collection[int]) -> Sequence[PointsEntry]:
    """Adjustments to these entries so far."""
    return session.scalars(select(PointsEntry).where(PointsEntry.refers_to_id.in_(entry_ids)).order_by(PointsEntry.id)).all()
