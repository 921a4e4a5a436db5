"""Reads behind asking customers: which back-checks, whom, and what had been reported."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotFound
from app.core.security import Principal
from app.models.campaign import Product
from app.models.customer import Customer
from app.models.feedback import BackCheck, ContactFeedback
from app.models.organisation import Staff, Unit
from app.models.work_order import WorkOrder
from app.verification.form import Reported

MS_OF_MINUTE = 60_000


class UnknownBackCheck(NotFound):
    """No back-check of this feedback was drawn, or it is not yours to ask."""

    code = "back_check.unknown"


def asked_by(principal: Principal) -> ColumnElement[bool]:
    """Condition on BackCheck: the principal's grids ask the customer."""
    return true() if principal.scope == "all" else BackCheck.caller_grid_id.in_(principal.grid_ids)


def lock_back_check(session: Session, feedback_id: UUID, principal: Principal) -> BackCheck:
    """The back-check of a feedback that the principal's grids ask, locked; raises UnknownBackCheck."""
    found = session.scalar(
        select(BackCheck)
        .where(BackCheck.feedback_id == feedback_id, asked_by(principal))
        .order_by(BackCheck.feedback_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownBackCheck
    return found


def get_reported(session: Session, feedback_id: UUID) -> Reported:
    """What a feedback says, as far as its customer can know it."""
    feedback = ContactFeedback
    row = session.execute(
        select(feedback.outcome, feedback.channel, feedback.contacted_at, WorkOrder.product_family, feedback.objection)
        .add_columns(feedback.callback_at, feedback.elapsed_ms)
        .join(WorkOrder, WorkOrder.id == feedback.work_order_id)
        .where(feedback.id == feedback_id)
        .order_by(feedback.id)
    ).one()
    return Reported(
        outcome=row.outcome,
        channel=row.channel.value,
        contacted_on=clock.local_date(row.contacted_at),
        product_family=row.product_family,
        objection=row.objection,
        callback=row.callback_at is not None,
        minutes=None if row.elapsed_ms is None else round(row.elapsed_ms / MS_OF_MINUTE),
    )


def whom_to_ask(session: Session, feedback_id: UUID) -> tuple[str, int]:
    """(number of the customer, work order) of a feedback."""
    row = session.execute(
        select(Customer.customer_no, ContactFeedback.work_order_id)
        .join(ContactFeedback, ContactFeedback.customer_id == Customer.id)
        .where(ContactFeedback.id == feedback_id)
        .order_by(Customer.id)
    ).one()
    return row.customer_no, row.work_order_id


def product_families(session: Session) -> list[str]:
    """Every product family, by name."""
    return list(session.scalars(select(Product.family).distinct().order_by(Product.family)))


def back_checks(
    session: Session, *, principal: Principal, answered: bool, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Back-checks after a position, the longest drawn first: unanswered those that the principal may ask, answered those of
    the principal's managers too. To be read with the sight of the whole company: a customer is of another grid.
    """
    mine = true() if principal.scope == "all" else BackCheck.grid_id.in_(principal.grid_ids)
    theirs = or_(mine, asked_by(principal)) if answered else asked_by(principal)
    if not answered and principal.scope != "all":
        theirs = and_(theirs, ~mine)
    statement = (
        select(
            BackCheck.feedback_id,
            BackCheck.month,
            BackCheck.drawn_at,
            BackCheck.answered_at,
            BackCheck.verdict,
            BackCheck.compared,
            BackCheck.note,
            Unit.code.label("grid_code"),
            Staff.staff_no,
            Staff.name.label("manager_name"),
            Customer.customer_no,
            Customer.name.label("customer_name"),
            func.masked_phone(Customer.phone).label("phone"),
            ContactFeedback.channel,
            ContactFeedback.outcome,
            ContactFeedback.contacted_at,
            ContactFeedback.note.label("feedback_note"),
        )
        .join(ContactFeedback, ContactFeedback.id == BackCheck.feedback_id)
        .join(Staff, Staff.id == BackCheck.staff_id)
        .join(Unit, Unit.id == BackCheck.grid_id)
        .outerjoin(Customer, Customer.id == ContactFeedback.customer_id)
        .where(theirs, BackCheck.answered_at.is_not(None) == answered)
    )
    position = tuple_(BackCheck.drawn_at, BackCheck.feedback_id)
    if after is not None:
        statement = statement.where(position > after)
    return session.execute(statement.order_by(BackCheck.drawn_at, BackCheck.feedback_id).limit(limit)).all()
