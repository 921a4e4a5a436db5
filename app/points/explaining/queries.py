"""Reads behind the explanation of one line: by its entry's evidence, each thing by its key."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.core.db import seeing_ones_grids
from app.core.errors import NotFound
from app.models.campaign import Campaign, Product
from app.models.customer import Customer, Order
from app.models.feedback import ContactFeedback, Verification
from app.models.operations import FeedDay
from app.models.organisation import Account, Staff
from app.models.points import PointsEntry, PointsEvidence
from app.models.work_order import WorkOrder


class UnknownLine(NotFound):
    """There is no such line in this month."""

    code = "points.unknown_line"


class WorkOrderShown(NamedTuple):
    """What is shown of a work order."""

    customer_no: str | None
    campaign_code: str
    product_code: str
    dispatched_at: datetime
    matures_at: datetime
    close_reason: str | None


class VerdictShown(NamedTuple):
    """A verdict with who decided, None where a feed did."""

    rule: str
    evidence: dict[str, Any]
    decided_at: datetime
    decided_by: str | None


def get_entry(session: Session, entry_id: int, *, staff_id: int, month: Month) -> PointsEntry:
    """An entry of a manager's month. Raises UnknownLine, also for another's."""
    mine = PointsEntry.id == entry_id, PointsEntry.staff_id == staff_id, PointsEntry.month == month
    found = session.scalar(select(PointsEntry).where(*mine).order_by(PointsEntry.id))
    if found is None:
        raise UnknownLine
    return found


def evidence_of_entry(session: Session, entry_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Columns: work_order_id, feedback_id, verification_id, order_id, counted, weight; as they were counted."""
    found = PointsEvidence
    columns = found.work_order_id, found.feedback_id, found.verification_id, found.order_id, found.counted, found.weight
    return session.execute(select(*columns).where(found.entry_id == entry_id).order_by(found.id)).all()


def work_orders(session: Session, ids: Collection[int]) -> dict[int, WorkOrderShown]:
    """These work orders by id, also those that somebody else of one's grids has now."""
    statement = (
        select(
            WorkOrder.id,
            Customer.customer_no,
            Campaign.code,
            Product.product_code,
            WorkOrder.dispatched_at,
            WorkOrder.matures_at,
            WorkOrder.close_reason,
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Product, Product.id == WorkOrder.product_id)
        .outerjoin(Customer, Customer.id == WorkOrder.customer_id)
        .where(WorkOrder.id == _any(ids, BigInteger))
        .order_by(WorkOrder.id)
    )
    with seeing_ones_grids(session):
        return {order_id: WorkOrderShown._make(rest) for order_id, *rest in session.execute(statement)}


def orders(session: Session, ids: Collection[int]) -> dict[int, tuple[str, datetime]]:
    """(order_no, ordered_at) of these orders in billing by id."""
    rows = session.execute(
        select(Order.id, Order.order_no, Order.ordered_at).where(Order.id == _any(ids, BigInteger)).order_by(Order.id)
    )
    return {order_id: (order_no, ordered_at) for order_id, order_no, ordered_at in rows}


def reports(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[str, str, datetime]]:
    """(channel, outcome, received_at) of these reports by id."""
    columns = ContactFeedback.id, ContactFeedback.channel, ContactFeedback.outcome, ContactFeedback.received_at
    rows = session.execute(select(*columns).where(ContactFeedback.id == _any(ids, Uuid)).order_by(ContactFeedback.id))
    return {feedback_id: (channel.value, outcome, received_at) for feedback_id, channel, outcome, received_at in rows}


def verdicts(session: Session, ids: Collection[int]) -> dict[int, VerdictShown]:
    """These verdicts by id."""
    person = aliased(Staff)
    statement = (
        select(
            Verification.id,
            Verification.rule,
            Verification.evidence,
            Verification.decided_at,
            func.coalesce(person.name, Account.login),
        )
        .outerjoin(Account, Account.id == Verification.decided_by_account_id)
        .outerjoin(person, person.id == Account.staff_id)
        .where(Verification.id == _any(ids, BigInteger))
        .order_by(Verification.id)
    )
    return {verdict_id: VerdictShown._make(rest) for verdict_id, *rest in session.execute(statement)}


def complete_days(session: Session, feed: str, first: date, last: date) -> frozenset[date]:
    """The local days from `first` to `last` for which a feed is complete."""
    days = select(FeedDay.day).where(FeedDay.feed == feed, FeedDay.day.between(first, last))
    return frozenset(session.scalars(days.order_by(FeedDay.day)))


def _any(ids: Collection[Any], kind: type[BigInteger | Uuid[Any]]) -> ColumnElement[Any]:
    """One of these, as an array: the statement is the same however many there are, and its plan looks each up by its key."""
    return any_(literal(list(ids), ARRAY(kind)))
