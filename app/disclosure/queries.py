"""Reads of who may see a customer, and of what was shown to whom."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.db import whole_company
from app.core.errors import NotFound
from app.core.security import Principal
from app.models.customer import Customer
from app.models.disclosure import Disclosure, DisclosureKind
from app.models.organisation import Role, Staff

_REVEALING = (DisclosureKind.REVEAL, DisclosureKind.CALL)

# A terminal manager sees his own customers, and those of his live work orders (also lent ones) who do not refuse all contact.
_SEEN = text("""
SELECT c.id, c.customer_no, c.grid_id, c.phone, ARRAY(SELECT p.scope FROM contact_preferences p
    WHERE p.customer_id = c.id AND p.status = 'refused' AND (p.until IS NULL OR p.until >= :today) ORDER BY p.scope) AS refuses
FROM customers c
WHERE c.customer_no = :customer_no AND (:anybody
    OR (c.grid_id = ANY(:grid_ids) AND (CAST(:staff_id AS int) IS NULL OR c.owner_staff_id = :staff_id))
    OR (EXISTS (SELECT FROM work_orders w WHERE w.customer_id = c.id AND w.state IN ('open', 'in_progress')
            AND w.staff_id = :staff_id)
        AND NOT EXISTS (SELECT FROM contact_preferences p WHERE p.customer_id = c.id AND p.scope = 'all'
            AND p.status = 'refused' AND (p.until IS NULL OR p.until >= :today))))
""")


class UnknownCustomer(NotFound):
    """There is no customer with this number here."""

    code = "customer.unknown"


class UnknownOrder(NotFound):
    """There is no such work order of yours that is live, with this customer."""

    code = "work_order.unknown"


@dataclass(frozen=True)
class SeenCustomer:
    """A customer whom somebody may see; `refuses`: scopes of contact; `opened_until`: only because of an opening, until then."""

    id: int
    customer_no: str
    grid_id: int
    phone: str | None
    refuses: list[str]
    opened_until: datetime | None = None


def find_seen(session: Session, *, customer_no: str, principal: Principal, today: date) -> SeenCustomer | None:
    """A customer of the principal's grids; for a terminal manager of his own or of his live work orders."""
    staff_id = principal.staff_id or 0 if principal.role == Role.TERMINAL_MANAGER else None
    values = {"anybody": False, "grid_ids": list(principal.grid_ids), "staff_id": staff_id}
    row = session.execute(_SEEN, {**values, "customer_no": customer_no, "today": today}).one_or_none()
    return None if row is None else SeenCustomer(*row)


def find_anywhere(session: Session, *, customer_no: str, today: date) -> SeenCustomer | None:
    """A customer of the whole company, whatever one may see oneself."""
    values = {"anybody": True, "grid_ids": [], "staff_id": None, "customer_no": customer_no, "today": today}
    with whole_company(session):
        row = session.execute(_SEEN, values).one_or_none()
    return None if row is None else SeenCustomer(*row)


def find_opening(session: Session, *, staff_id: int | None, customer_no: str, now: datetime) -> Disclosure | None:
    """The opening of this customer by this person that has not ended."""
    statement = select(Disclosure).where(
        Disclosure.kind == DisclosureKind.OPENING,
        Disclosure.staff_id == staff_id,
        Disclosure.customer_no == customer_no,
        Disclosure.ends_at > now,
    )
    return session.scalar(statement.order_by(Disclosure.ends_at.desc(), Disclosure.id).limit(1))


def revealed_since(session: Session, *, staff_id: int, since: datetime) -> set[str]:
    """Numbers of the customers whose phone number this person was given since then."""
    statement = select(Disclosure.customer_no).where(
        Disclosure.staff_id == staff_id, Disclosure.kind.in_(_REVEALING), Disclosure.happened_at >= since
    )
    return set(session.scalars(statement.order_by(Disclosure.id)))


def openings_since(session: Session, *, staff_id: int, since: datetime) -> int:
    """How many customers this person opened since then."""
    statement = select(func.count()).where(
        Disclosure.staff_id == staff_id, Disclosure.kind == DisclosureKind.OPENING, Disclosure.happened_at >= since
    )
    return session.scalars(statement).one()


def get_live_order(session: Session, work_order_id: int, *, customer_id: int, staff_id: int | None) -> str:
    """The product family of a live work order of this person with this customer. Raises UnknownOrder."""
    found = session.scalar(
        text(
            "SELECT product_family FROM work_orders WHERE id = :id AND customer_id = :customer_id AND staff_id = :staff_id"
            " AND state IN ('open', 'in_progress') AND pooled_at IS NULL"
        ),
        {"id": work_order_id, "customer_id": customer_id, "staff_id": staff_id},
    )
    if found is None:
        raise UnknownOrder
    return str(found)


def staff_no_of(session: Session, staff_id: int) -> str:
    """The number of a person."""
    return session.scalars(select(Staff.staff_no).where(Staff.id == staff_id)).one()


def find_customer_id(session: Session, customer_no: str) -> int | None:
    """The customer with this number, within the scope of the session."""
    return session.scalar(select(Customer.id).where(Customer.customer_no == customer_no).order_by(Customer.id))


@dataclass(frozen=True)
class Overseer:
    """Who answers for somebody: whoever has this role in this unit. `code`: of the unit where the person works."""

    unit_id: int
    role: Role
    code: str


# The grid manager; where a grid has none, or of a grid manager himself, the branch manager; above that the administrators.
_OVERSEER = text("""
SELECT u.code, u.id AS unit_id, b.id AS branch_id, coalesce(co.id, b.id, u.id) AS company_id, u.kind,
    EXISTS (SELECT FROM staff s WHERE s.unit_id = u.id AND s.role = 'grid_manager' AND s.active_from <= :today
        AND coalesce(s.active_to, 'infinity') >= :today) AS led
FROM units u LEFT JOIN units b ON b.id = u.parent_id LEFT JOIN units co ON co.id = b.parent_id WHERE u.id = :unit_id
""")


def overseer_of(session: Session, *, unit_id: int, role: str | None, today: date) -> Overseer:
    """Who answers for a person of this role in this unit; `role` None: for a customer of this grid."""
    row = session.execute(_OVERSEER, {"unit_id": unit_id, "today": today}).one()
    if row.kind == "grid" and row.led and role != Role.GRID_MANAGER:
        return Overseer(row.unit_id, Role.GRID_MANAGER, row.code)
    if row.kind == "grid":
        return Overseer(row.branch_id, Role.BRANCH_MANAGER, row.code)
    return Overseer(row.company_id, Role.ADMIN, row.code)
