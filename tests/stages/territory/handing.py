"""What the tests of handovers share: planning, confirming and applying in a line, and looking at what came of it."""

from datetime import timedelta

from sqlalchemy import select

from app.models.customer import Customer, CustomerOwnership
from app.models.organisation import Role, Staff
from app.models.work_order import WorkOrderEvent
from app.territory.applying import apply_due_handovers
from app.territory.service import confirm_handover, plan_handover
from app.territory.terms import Terms
from tests.cast import LONG_AGO
from tests.factories import NOW, TODAY, customer, grid, staff


def plan(session, kind, *, effective_on=TODAY, reason="as agreed", now=NOW, **terms):
    return plan_handover(session, terms=Terms(kind, effective_on, reason, **terms), principal=None, now=now)


def apply(session, kind, *, now=NOW, **terms):
    """Plan, confirm and apply a handover that is due."""
    found = plan(session, kind, now=now, **terms)
    confirm_handover(session, handover_id=found.id, principal=None, now=now)
    assert apply_due_handovers(session, now=now) == {"applied": 1, "returned": 0, "failed": 0}, found.problem
    session.refresh(found)
    return found


def later(days):
    return NOW + timedelta(days=days)


def hire(session, name, *, grid_code="G11", daily=10, **overrides):
    values = {"role": Role.TERMINAL_MANAGER, "daily_capacity": daily, "active_from": LONG_AGO}
    person = Staff(staff_no=name.upper(), name=name.title(), unit_id=grid(session, grid_code).id, **(values | overrides))
    session.add(person)
    session.flush()
    return person


def give_all(session, name, *customer_nos):
    for customer_no in customer_nos:
        customer(session, customer_no).owner_staff_id = staff(session, name).id
    session.flush()


def owners(session, *customer_nos):
    statement = select(Customer.customer_no, Staff.staff_no).outerjoin(Staff, Staff.id == Customer.owner_staff_id)
    found = dict(session.execute(statement.where(Customer.customer_no.in_(customer_nos))).all())
    return [found[customer_no] for customer_no in customer_nos]


def whose(session, order):
    session.refresh(order)
    return session.get(Staff, order.staff_id).staff_no


def events_of(session, order):
    statement = select(WorkOrderEvent).where(WorkOrderEvent.work_order_id == order.id).order_by(WorkOrderEvent.id)
    return [(row.event, row.reason) for row in session.scalars(statement)]


def periods_of(session, customer_no):
    statement = select(CustomerOwnership).join(Customer, Customer.id == CustomerOwnership.customer_id)
    rows = session.scalars(statement.where(Customer.customer_no == customer_no).order_by(CustomerOwnership.id))
    return [
        (session.get(Staff, row.owner_staff_id).staff_no if row.owner_staff_id else None, row.from_date, row.to_date)
        for row in rows
    ]
