"""Reads behind messages to customers."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.feedback.outcomes import OUTCOMES
from app.models.customer import ContactPreference, Customer, PreferenceStatus
from app.models.feedback import BackCheck, ContactFeedback
from app.models.sms import SmsConfirmation

SPOKEN = tuple(outcome.code for outcome in OUTCOMES.values() if outcome.spoke)
REFUSING = ("all", "sms")


class UnknownMessage(NotFound):
    """No message was sent with this reference."""

    code = "sms.unknown"


def unasked(session: Session, *, since: datetime, today: date, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """(feedback_id, phone, contacted_at) of drawn feedback that nobody answered or asked about by message, the oldest first."""
    refuses = select(ContactPreference.customer_id).where(
        ContactPreference.customer_id == Customer.id,
        ContactPreference.scope.in_(REFUSING),
        ContactPreference.status == PreferenceStatus.REFUSED,
        or_(ContactPreference.until.is_(None), ContactPreference.until >= today),
    )
    asked = select(SmsConfirmation.feedback_id).where(SmsConfirmation.feedback_id == BackCheck.feedback_id)
    statement = (
        select(BackCheck.feedback_id, Customer.phone, ContactFeedback.contacted_at)
        .join(ContactFeedback, ContactFeedback.id == BackCheck.feedback_id)
        .join(Customer, Customer.id == ContactFeedback.customer_id)
        .where(BackCheck.answered_at.is_(None), BackCheck.drawn_at >= since, ContactFeedback.outcome.in_(SPOKEN))
        .where(Customer.phone.is_not(None), ~refuses.exists(), ~asked.exists())
        .order_by(BackCheck.drawn_at, BackCheck.feedback_id)
        .limit(limit)
    )
    return session.execute(statement).all()


def lock_message(session: Session, reference: str) -> SmsConfirmation:
    """A message by its reference, locked; raises UnknownMessage."""
    found = session.scalar(
        select(SmsConfirmation)
        .where(SmsConfirmation.reference == reference)
        .order_by(SmsConfirmation.feedback_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownMessage
    return found
