"""Reads behind verification."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Interval,
    Row,
    Select,
    SQLColumnExpression,
    Uuid,
    any_,
    case,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from app.core import clock
from app.models.campaign import Product
from app.models.customer import Call, Order
from app.models.feedback import ContactFeedback, Verification
from app.models.operations import FeedDay
from app.models.work_order import WorkOrder
from app.verification.matching import CALL_TOLERANCE, SALE_GRACE

_NEAR = literal(CALL_TOLERANCE, Interval)


def is_current() -> ColumnElement[bool]:
    """Condition on ContactFeedback: no later feedback corrects it, so it is the claim that is judged."""
    correction = aliased(ContactFeedback)
    return ~select(correction.id).where(correction.corrects_id == ContactFeedback.id).exists()


def complete_days(session: Session, feed: str) -> frozenset[date]:
    """The local days for which a feed is known to be complete."""
    return frozenset(session.scalars(select(FeedDay.day).where(FeedDay.feed == feed).order_by(FeedDay.day)))


def claims(
    session: Session, *, feedback_ids: Collection[UUID], sale_outcomes: Collection[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """This feedback with its traces in the feeds and its standing verdict.

    Columns: feedback (id, staff_id, grid_id, channel, outcome, clock_doubtful), days (call_from .. sale_to, local), traces
    (call_id, call_seconds, order_no), standing (number or None, kind, verdict, rule, evidence, probability, account_id,
    dispute_id).
    """
    statement = claims_with_traces(sale_outcomes).where(ContactFeedback.id == any_(literal(list(feedback_ids), ARRAY(Uuid))))
    return session.execute(statement.order_by(ContactFeedback.id)).all()


def claims_with_traces(sale_outcomes: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Feedback with its traces in the feeds and its standing verdict, columns as in `claims`; of whom and when is left to add."""
    feedback, zone = ContactFeedback, clock.zone().key
    call, order, standing = _longest_call(), _first_order(sale_outcomes), standing_verdict()
    return (
        select(
            feedback.id,
            feedback.staff_id,
            feedback.grid_id,
            feedback.channel,
            feedback.outcome,
            feedback.clock_doubtful,
            _local_day(zone, feedback.contacted_at - _NEAR).label("call_from"),
            _local_day(zone, feedback.contacted_at + _NEAR).label("call_to"),
            _local_day(zone, WorkOrder.dispatched_at).label("sale_from"),
            _local_day(zone, _sale_deadline()).label("sale_to"),
            call.c.call_id,
            call.c.duration_seconds.label("call_seconds"),
            order.c.order_no,
            standing.c.number,
            standing.c.kind,
            standing.c.verdict,
            standing.c.rule,
            standing.c.evidence,
            standing.c.judging_probability.label("probability"),
            standing.c.decided_by_account_id.label("account_id"),
            standing.c.dispute_id,
        )
        .join(WorkOrder, WorkOrder.id == feedback.work_order_id)
        .outerjoin(call, true())
        .outerjoin(order, true())
        .outerjoin(standing, true())
    )


def _local_day(zone: str, instant: SQLColumnExpression[datetime]) -> ColumnElement[date]:
    return cast(func.timezone(zone, instant), Date)


def _sale_deadline() -> ColumnElement[datetime]:
    # A clock in doubt may have put the contact too early; the server's own time never does.
    contacted = case((ContactFeedback.clock_doubtful, ContactFeedback.received_at), else_=ContactFeedback.contacted_at)
    return contacted + literal(SALE_GRACE, Interval)


def _longest_call() -> LateralFromClause:
    feedback = ContactFeedback
    near = Call.started_at.between(feedback.contacted_at - _NEAR, feedback.contacted_at + _NEAR)
    return (
        select(Call.call_id, Call.duration_seconds)
        .where(feedback.channel == "call", Call.staff_id == feedback.staff_id, Call.customer_id == feedback.customer_id, near)
        .order_by(Call.duration_seconds.desc(), Call.call_id)
        .limit(1)
        .lateral("longest_call")
    )


def _first_order(sale_outcomes: Collection[str]) -> LateralFromClause:
    since_dispatch = Order.ordered_at.between(WorkOrder.dispatched_at, _sale_deadline())
    return (
        select(Order.order_no)
        .join(Product, Product.id == Order.product_id)
        .where(ContactFeedback.outcome.in_(sale_outcomes), Order.customer_id == ContactFeedback.customer_id)
        .where(Product.family == WorkOrder.product_family, since_dispatch)
        .order_by(Order.ordered_at, Order.order_no)
        .limit(1)
        .lateral("first_order")
    )


def standing_verdict() -> LateralFromClause:
    """The latest judgement of the ContactFeedback beside it, to be joined on true."""
    return (
        select(Verification)
        .where(Verification.feedback_id == ContactFeedback.id)
        .order_by(Verification.number.desc())
        .limit(1)
        .lateral("standing")
    )


def find_standing(session: Session, feedback_id: UUID) -> Verification | None:
    """The latest judgement of a feedback."""
    return session.scalar(
        select(Verification).where(Verification.feedback_id == feedback_id).order_by(Verification.number.desc()).limit(1)
    )
