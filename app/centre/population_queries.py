"""Reads of who the customers are, for drawing some of them, and of which figures they have."""

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.models.customer import Customer


def believed_customers(session: Session) -> int:
    """How many customers PostgreSQL counted last; 0 where it never did."""
    found = session.scalar(text("SELECT reltuples FROM pg_class WHERE oid = to_regclass('customers')"))
    return max(0, round(found or 0))


def range_of_ids(session: Session) -> tuple[int, int]:
    """The lowest and the highest id of a customer; raises ValueError where there is none."""
    first, last = session.execute(select(func.min(Customer.id), func.max(Customer.id)).order_by(None)).one()
    if first is None:
        raise ValueError("expected customers")
    return first, last


def ids_from_first(session: Session, most: int) -> list[int]:
    """The first so many ids."""
    return list(session.scalars(select(Customer.id).order_by(Customer.id).limit(most)))


def ids_among(session: Session, wanted: Sequence[int]) -> list[int]:
    """Which of these are ids of customers."""
    statement = text("SELECT id FROM customers WHERE id = ANY(CAST(:wanted AS bigint[])) ORDER BY id")
    return list(session.scalars(statement, {"wanted": list(wanted)}))
