"""Reads of who a customer belongs to and belonged to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.customer import Customer, CustomerOwnership
from app.models.organisation import Staff, Unit


class UnknownCustomer(NotFound):
    """There is no customer with this number here."""

    code = "customer.unknown"


@dataclass(frozen=True)
class Owner:
    """Whose customer somebody was on the day `on`; `to_date` is the first day on which it was otherwise.

    `from_date` is None where it was so ever since the customer is known, `to_date` where it is so today.
    """

    customer_no: str
    on: date
    grid_code: str
    owner_staff_no: str | None
    owner_name: str | None
    from_date: date | None
    to_date: date | None


def get_owner_on(session: Session, customer_no: str, *, on: date, grid_ids: Collection[int] | None) -> Owner:
    """Whose customer it was on this day, if it is now one of these grids (None: of any). Raises UnknownCustomer."""
    period = (
        select(CustomerOwnership)
        .where(
            CustomerOwnership.customer_id == Customer.id,
            or_(CustomerOwnership.from_date.is_(None), CustomerOwnership.from_date <= on),
            or_(CustomerOwnership.to_date.is_(None), CustomerOwnership.to_date > on),
        )
        .lateral()
    )
    known = period.c.id.is_not(None)
    statement = (
        select(Unit.code, Staff.staff_no, Staff.name, period.c.from_date, period.c.to_date)
        .select_from(Customer)
        .outerjoin(period, known)
        .join(Unit, Unit.id == func.coalesce(period.c.grid_id, Customer.grid_id))
        # A known period without an owner is one without an owner, whoever owns the customer today.
        .outerjoin(Staff, or_(known & (Staff.id == period.c.owner_staff_id), ~known & (Staff.id == Customer.owner_staff_id)))
        .where(Customer.customer_no == customer_no)
    )
    if grid_ids is not None:
        statement = statement.where(Customer.grid_id.in_(grid_ids))
    row = session.execute(statement.order_by(Customer.id)).one_or_none()
    if row is None:
        raise UnknownCustomer
    return Owner(customer_no, on, *row)
