"""Applying handovers on their day, and ending leaves: each whole or not at all, and once."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.core.errors import AppError
from app.dispatch import queries as dispatch
from app.dispatch.handing_over import Said, can_go_back, hand_over, leave_with, put_in_pool, put_off, withdraw
from app.dispatch.moves import HeldOrder, Move
from app.dispatch.moving import move_many
from app.ingest.ownership import change_owners
from app.ingest.postings import change_postings
from app.models.organisation import Staff, Unit
from app.models.territory import Handover, HandoverKind, HandoverStatus, OrderWay
from app.notices.outbox import put_event
from app.territory import handover_queries as queries
from app.territory.orders import LATER, MOVED, POOL, OrderMove
from app.territory.planning import make_plan
from app.territory.service import write_plan


def apply_due_handovers(session: Session, *, now: datetime) -> dict[str, int]:
    """Apply the confirmed handovers whose day has come, and end the leaves that are over. {applied, returned, failed}.

    One that cannot be applied changes nothing but says why in `problem`, and is tried again the next time.
    """
    counts = {"applied": 0, "returned": 0, "failed": 0}
    for handover_id in queries.due_handovers(session, today=clock.local_date(now)):
        outcome = _try(session, handover_id, now)
        if outcome is not None:
            counts[outcome] += 1
    return counts


def _try(session: Session, handover_id: int, now: datetime) -> str | None:
    try:
        with session.begin_nested():
            return _settle(session, handover_id, now)
    except AppError as error:
        queries.lock_handover(session, handover_id, grid_ids=None).problem = error.detail
        session.flush()
        return "failed"


def _settle(session: Session, handover_id: int, now: datetime) -> str | None:
    """Under the handover's lock: who comes second finds it done, and does nothing."""
    handover = queries.lock_handover(session, handover_id, grid_ids=None)
    today = clock.local_date(now)
    if handover.status is HandoverStatus.CONFIRMED and handover.effective_on <= today:
        _apply(session, handover, today, now)
        return "applied"
    if handover.status is HandoverStatus.APPLIED and handover.return_on is not None and handover.return_on <= today:
        _return(session, handover, today, now)
        return "returned"
    return None


def _apply(session: Session, handover: Handover, today: date, now: datetime) -> None:
    # All live orders of the grid: a reassignment is either seen below or waits, and then sees who works there.
    held = dispatch.hold_work_orders(session, queries.live_order_ids(session, handover.grid_id))
    pins = {row.customer_id: row.to_staff_id for row in queries.planned_moves(session, handover.id) if row.to_staff_id}
    plan = make_plan(session, handover=handover, pins=pins, day=today, now=now)
    write_plan(session, handover=handover, plan=plan)
    changed = _change_postings(session, handover, today)
    owners = [(move.customer_id, move.to_grid_id, move.to_staff_id) for move in plan.moves]
    moved = change_owners(session, owners, handover_id=handover.id, day=today)
    owner = {move.customer_id: move.to_staff_id for move in plan.moves}
    refused, said = plan.refused, _said(handover)
    for_all = [
        withdraw(held[one.order.work_order_id], because=refused[one.order.work_order_id], said=said)
        if one.order.work_order_id in refused
        else _settle_order(handover, one, held[one.order.work_order_id], owner.get(one.order.customer_id), said, now)
        for one in plan.orders
    ]
    move_many(session, [move for move in for_all if move is not None], now=now)
    handover.status, handover.applied_at, handover.problem = HandoverStatus.APPLIED, now, None
    done = {"customers": moved, "people": changed, "withdrawn": len(refused), "returned_customers": None, "returned_orders": None}
    handover.outcome = plan.preview | done
    session.flush()
    _tell(session, handover, orders=len(plan.orders) - len(refused), now=now)


def _tell(session: Session, handover: Handover, *, orders: int, now: datetime) -> None:
    outcome = handover.outcome or {}
    told = {
        "handover_id": handover.id,
        "kind": handover.kind.value,
        "unit_code": session.get_one(Unit, handover.grid_id).code,
        "to_unit_code": session.get_one(Unit, handover.to_grid_id).code if handover.to_grid_id else None,
        "moved": outcome["customers"],
        "orders": orders,
        "withdrawn": outcome["withdrawn"],
    }
    put_event(session, kind="handover.applied", payload=told, grid_id=handover.grid_id, now=now)


def _settle_order(
    handover: Handover, move: OrderMove, order: HeldOrder, owner_id: int | None, said: Said, now: datetime
) -> Move | None:
    if move.way == POOL:
        return put_in_pool(order, to_grid_id=move.to_grid_id, said=said, now=now)
    if move.way == LATER:
        return put_off(order, to_day=move.to_day, said=said)
    if move.way == MOVED:
        place = {"to_grid_id": move.to_grid_id, "to_staff_id": move.to_staff_id}
        return hand_over(order, **place, to_day=move.to_day, today=clock.local_date(now), said=said)
    if handover.to_grid_id is not None:
        return leave_with(order, in_grid_id=handover.to_grid_id, home_staff_id=owner_id, said=said)
    return None


def _said(handover: Handover) -> Said:
    return Said(_reason(handover), handover.confirmed_by_account_id)


def _reason(handover: Handover) -> str:
    return f"handover {handover.id}, {handover.kind.value.replace('_', ' ')}: {handover.reason}"


def _change_postings(session: Session, handover: Handover, today: date) -> int:
    staff = queries.posted_in(session, handover.grid_id)
    changes = [change for person in staff if (change := _posting_after(handover, person, today)) is not None]
    return change_postings(session, changes, handover_id=handover.id)


def _posting_after(handover: Handover, person: Staff, today: date) -> tuple[int, int, date | None] | None:
    """(staff id, unit, last day) of a person of the grid whom the handover posts elsewhere or ends; None for the others."""
    yesterday = today - timedelta(days=1)
    if handover.kind is HandoverKind.EXIT and person.id == handover.staff_id:
        return person.id, person.unit_id, min(person.active_to or yesterday, yesterday)
    goes = handover.kind is HandoverKind.GRID_MERGE or (
        person.id in handover.choices["others"] if handover.kind is HandoverKind.GRID_SPLIT else person.id == handover.staff_id
    )
    if handover.to_grid_id is None or not goes:
        return None
    return person.id, handover.to_grid_id, person.active_to


def _return(session: Session, handover: Handover, today: date, now: datetime) -> None:
    """The leave is over: what it moved and nobody changed since goes back."""
    assert handover.staff_id is not None
    given = {row.work_order_id: row for row in queries.orders_of_handover(session, handover.id) if row.way is OrderWay.MOVED}
    held = dispatch.hold_work_orders(session, given)
    back = [(row.customer_id, row.from_grid_id, row.from_staff_id) for row in queries.still_theirs(session, handover.id)]
    customers = change_owners(session, back, handover_id=handover.id, day=today)
    refused = order_refusals(session, given, act=Act.MOVE, now=now)  # those the sweep withdraws
    home = [
        hand_over(
            order,
            to_grid_id=row.from_grid_id,
            to_staff_id=handover.staff_id,
            to_day=max(order.scheduled_on, today),
            today=today,
            said=_said(handover),
        )
        for order in held.values()
        if order.id not in refused and can_go_back(order, staff_id=(row := given[order.id]).to_staff_id, grid_id=row.to_grid_id)
    ]
    move_many(session, home, now=now)
    handover.status, handover.returned_at = HandoverStatus.RETURNED, now
    handover.outcome = (handover.outcome or {}) | {"returned_customers": customers, "returned_orders": len(home)}
    session.flush()
