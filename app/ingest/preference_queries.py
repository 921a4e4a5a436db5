"""Reads of what customers refuse and allow."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.models.customer import ContactPreference


def is_preference(customer_id: int, scope: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """That a row is what this customer said of this scope."""
    return ContactPreference.customer_id == customer_id, ContactPreference.scope == scope


def lock_preference(session: Session, customer_id: int, scope: str) -> ContactPreference | None:
    """What a customer said of a scope, as it is now, locked until the end of the transaction."""
    statement = select(ContactPreference).where(*is_preference(customer_id, scope)).order_by(ContactPreference.scope)
    return session.scalar(statement.with_for_update().execution_options(populate_existing=True))
