"""Who may see a customer: by territory and work, or because the customer was opened in an emergency."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.security import Principal
from app.disclosure import queries
from app.disclosure.queries import SeenCustomer, UnknownCustomer
from app.models.disclosure import Disclosure, DisclosureKind


def see_customer(session: Session, *, customer_no: str, principal: Principal, now: datetime) -> SeenCustomer:
    """A customer as the principal may see them. Raises UnknownCustomer alike for one who is not there and one elsewhere."""
    today = clock.local_date(now)
    seen = queries.find_seen(session, customer_no=customer_no, principal=principal, today=today)
    if seen is not None:
        return seen
    opening = queries.find_opening(session, staff_id=principal.staff_id, customer_no=customer_no, now=now)
    if opening is None:
        raise UnknownCustomer
    opened = queries.find_anywhere(session, customer_no=customer_no, today=today)
    if opened is None:
        raise UnknownCustomer
    return replace(opened, opened_until=opening.ends_at)


def keep(
    session: Session,
    *,
    kind: DisclosureKind,
    principal: Principal,
    seen: SeenCustomer,
    purpose: str,
    now: datetime,
    work_order_id: int | None = None,
    ends_at: datetime | None = None,
) -> Disclosure:
    """Write down for ever what was shown to whom and why."""
    made = Disclosure(
        kind=kind,
        staff_id=principal.staff_id,
        unit_id=principal.unit_id,
        customer_no=seen.customer_no,
        customer_grid_id=seen.grid_id,
        work_order_id=work_order_id,
        purpose=purpose,
        happened_at=now,
        ends_at=ends_at,
    )
    session.add(made)
    session.flush()
    return made
