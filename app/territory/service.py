"""Whose customer it is and was; handovers planned, confirmed by whom it takes, and cancelled until they are applied."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.ingest.postings import forget_absence, note_absence
from app.models.organisation import Role, Staff
from app.models.territory import Handover, HandoverCustomer, HandoverKind, HandoverOrder, HandoverStatus, OrderWay
from app.territory import handover_queries, queries
from app.territory.planning import Plan, make_plan
from app.territory.queries import Owner
from app.territory.terms import Terms, check_terms, is_between_grids

# Thousands of rows at once.
_CUSTOMERS = text("""
INSERT INTO handover_customers (handover_id, customer_id, from_grid_id, from_staff_id, to_grid_id, to_staff_id)
SELECT :handover_id, m.customer, :grid_id, m.from_staff, m.to_grid, m.to_staff
FROM unnest(CAST(:customer_id AS bigint[]), CAST(:from_staff_id AS int[]), CAST(:to_grid_id AS int[]),
    CAST(:to_staff_id AS int[])) AS m (customer, from_staff, to_grid, to_staff)""")
_ORDERS = text("""
INSERT INTO handover_orders
    (handover_id, work_order_id, way, from_grid_id, from_staff_id, from_day, to_grid_id, to_staff_id, to_day)
SELECT :handover_id, m.id, m.way, :grid_id, m.from_staff, m.from_day, m.to_grid, m.to_staff, m.to_day
FROM unnest(CAST(:work_order_id AS bigint[]), CAST(:way AS text[]), CAST(:from_staff_id AS int[]), CAST(:from_day AS date[]),
    CAST(:to_grid_id AS int[]), CAST(:to_staff_id AS int[]), CAST(:to_day AS date[]))
    AS m (id, way, from_staff, from_day, to_grid, to_staff, to_day)""")

MAY_DECIDE_BETWEEN_GRIDS = (Role.BRANCH_MANAGER, Role.ADMIN)


class WrongHandoverStatus(Conflict):
    """The handover is not in a status in which this can happen."""

    code = "handover.wrong_status"


class NotYoursToDecide(Forbidden):
    """A handover between grids takes the word of a manager of both: your branch manager."""

    code = "handover.not_yours_to_decide"


def find_owner(session: Session, *, customer_no: str, on: date | None, grid_ids: Collection[int] | None, now: datetime) -> Owner:
    """Whose customer it was on a day, today where `on` is None; of the customers who are now in these grids (None: in any).

    Raises UnknownCustomer alike for one who is not there and one elsewhere, and Invalid for a day that has not come.
    """
    today = clock.local_date(now)
    if on is not None and on > today:
        raise Invalid("on", f"a day up to today, {today}")
    return queries.get_owner_on(session, customer_no, on=on or today, grid_ids=grid_ids)


def plan_handover(session: Session, *, terms: Terms, principal: Principal | None, now: datetime) -> Handover:
    """Plan a handover of a grid of the principal's (None: of any) and keep what it would do, to be looked at and confirmed.

    Raises Invalid, which names the field, and NobodyTakes.
    """
    check_terms(terms, today=clock.local_date(now))
    grid_ids = principal.grid_ids if principal else None
    person = _person(session, terms, grid_ids)
    grid_id, to_grid_id = _grids(session, terms, person, grid_ids)
    others = [handover_queries.get_manager(session, no, field="others", grid_ids=[grid_id]).id for no in terms.others]
    handover = Handover(
        kind=HandoverKind(terms.kind),
        status=HandoverStatus.PLANNED,
        grid_id=grid_id,
        to_grid_id=to_grid_id,
        staff_id=person.id if person else None,
        effective_on=terms.effective_on,
        return_on=terms.return_on,
        choices={
            "others": sorted(others),
            "named": sorted(terms.others),
            "orders_only": terms.orders_only,
            "keep_promised": terms.keep_promised,
        },
        reason=terms.reason,
        preview={},
        planned_by_account_id=principal.account_id if principal else None,
        planned_at=now,
    )
    plan = make_plan(session, handover=handover, pins={}, day=terms.effective_on, now=now)
    handover.preview = plan.preview
    session.add(handover)
    session.flush()  # its rows carry its id
    write_plan(session, handover=handover, plan=plan)
    return handover


def confirm_handover(session: Session, *, handover_id: int, principal: Principal | None, now: datetime) -> Handover:
    """Let a planned handover be applied on its day. Raises UnknownHandover, WrongHandoverStatus, NotYoursToDecide."""
    handover = _lock(session, handover_id, principal, HandoverStatus.PLANNED)
    if principal is not None and is_between_grids(handover.kind.value) and not _decides_between(principal, handover):
        raise NotYoursToDecide
    handover.status, handover.confirmed_at = HandoverStatus.CONFIRMED, now
    handover.confirmed_by_account_id = principal.account_id if principal else None
    if handover.kind is HandoverKind.LEAVE:
        assert handover.staff_id is not None
        assert handover.return_on is not None
        note_absence(session, staff_id=handover.staff_id, first=handover.effective_on, until=handover.return_on)
    return handover


def cancel_handover(session: Session, *, handover_id: int, principal: Principal | None, now: datetime) -> Handover:
    """Let a handover that is not applied yet never be. Raises UnknownHandover, WrongHandoverStatus."""
    handover = _lock(session, handover_id, principal, HandoverStatus.PLANNED, HandoverStatus.CONFIRMED)
    if handover.kind is HandoverKind.LEAVE and handover.status is HandoverStatus.CONFIRMED:
        assert handover.staff_id is not None
        forget_absence(session, staff_id=handover.staff_id, first=handover.effective_on)
    handover.status, handover.cancelled_at = HandoverStatus.CANCELLED, now
    handover.cancelled_by_account_id = principal.account_id if principal else None
    return handover


def _decides_between(principal: Principal, handover: Handover) -> bool:
    return principal.role in MAY_DECIDE_BETWEEN_GRIDS and handover.to_grid_id in principal.grid_ids


def write_plan(session: Session, *, handover: Handover, plan: Plan) -> None:
    """Keep what a handover does, instead of what was kept before."""
    for table in (HandoverCustomer, HandoverOrder):
        session.execute(delete(table).where(table.handover_id == handover.id))
    moves, orders = plan.moves, plan.orders
    customers = {
        "customer_id": [move.customer_id for move in moves],
        "from_staff_id": [move.from_staff_id for move in moves],
        "to_grid_id": [move.to_grid_id for move in moves],
        "to_staff_id": [move.to_staff_id for move in moves],
    }
    session.execute(_CUSTOMERS, {"handover_id": handover.id, "grid_id": handover.grid_id} | customers)
    rows = {
        "work_order_id": [move.order.work_order_id for move in orders],
        "way": [OrderWay(move.way).value for move in orders],
        "from_staff_id": [move.order.staff_id for move in orders],
        "from_day": [move.order.day for move in orders],
        "to_grid_id": [move.to_grid_id for move in orders],
        "to_staff_id": [move.to_staff_id for move in orders],
        "to_day": [move.to_day for move in orders],
    }
    session.execute(_ORDERS, {"handover_id": handover.id, "grid_id": handover.grid_id} | rows)


def _person(session: Session, terms: Terms, grid_ids: Collection[int] | None) -> Staff | None:
    if terms.staff_no is None:
        return None
    return handover_queries.get_manager(session, terms.staff_no, field="staff_no", grid_ids=None if terms.grid_code else grid_ids)


def _grids(session: Session, terms: Terms, person: Staff | None, grid_ids: Collection[int] | None) -> tuple[int, int | None]:
    if terms.grid_code is not None:
        grid_id = handover_queries.get_grid_id(session, terms.grid_code, field="grid_code", grid_ids=grid_ids)
    else:
        assert person is not None
        grid_id = person.unit_id
    if terms.to_grid_code is None:
        return grid_id, None
    to_grid_id = handover_queries.get_grid_id(session, terms.to_grid_code, field="to_grid_code")
    if to_grid_id == grid_id:
        raise Invalid("to_grid_code", "another grid")
    return grid_id, to_grid_id


def _lock(session: Session, handover_id: int, principal: Principal | None, *expected: HandoverStatus) -> Handover:
    handover = handover_queries.lock_handover(session, handover_id, grid_ids=principal.grid_ids if principal else None)
    if handover.status not in expected:
        wanted = " or ".join(expected)
        raise WrongHandoverStatus(f"The handover is {handover.status}: expected {wanted}.", handover_status=handover.status.value)
    return handover
