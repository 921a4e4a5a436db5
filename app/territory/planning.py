"""From a handover and how things are to what it does: customers, live work orders, and the preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.dispatch import queries as dispatch
from app.dispatch.capacity import Manager, capacity_of
from app.models.territory import Handover
from app.territory import handover_queries as queries
from app.territory.orders import LiveOrder, OrderMove, Room, affected_orders, propose_orders
from app.territory.preview import make_preview
from app.territory.proposal import Move, Person, Situation, propose_moves

FURTHEST = timedelta(days=92)  # no day of a work order is looked for beyond this


@dataclass(frozen=True)
class Plan:
    """What a handover does. `refused`: why the gate is against moving a work order, by its id; it is withdrawn."""

    moves: list[Move]
    orders: list[OrderMove]
    preview: dict[str, Any]
    refused: Mapping[int, str]


def make_plan(session: Session, *, handover: Handover, pins: Mapping[int, int], day: date, now: datetime) -> Plan:
    """What the handover would do if it began on `day` with things as they are. Raises NobodyTakes.

    `pins`: who gets whom by the plan that was confirmed, as far as that is still possible. The same rows give the same plan.
    """
    grids = [handover.grid_id] if handover.to_grid_id is None else [handover.grid_id, handover.to_grid_id]
    situation = Situation(
        kind=handover.kind.value,
        grid_id=handover.grid_id,
        to_grid_id=handover.to_grid_id,
        staff_id=handover.staff_id or 0,
        people=tuple(queries.people_of(session, grids, day=day)),
        others=frozenset(handover.choices["others"]),
        customers=queries.customers_of(session, handover.grid_id, day=day),
        orders_only=handover.choices["orders_only"],
        keep_promised=handover.choices["keep_promised"],
    )
    moves = {move.customer_id: move for move in propose_moves(situation, pins)}
    orders = queries.live_orders_of(session, handover.grid_id, now=now)
    affected = affected_orders(situation, orders, moves, return_on=handover.return_on)
    room = _room(session, situation, affected, day)
    order_moves = propose_orders(situation, affected, moves, room, return_on=handover.return_on)
    refused = order_refusals(session, [one.order.work_order_id for one in order_moves], act=Act.MOVE, now=now)
    return Plan(list(moves.values()), order_moves, make_preview(situation, moves, orders, order_moves, refused), refused)


def _room(session: Session, situation: Situation, affected: Sequence[LiveOrder], day: date) -> Room:
    last = min(max([day, *(order.last_day for order in affected)]), day + FURTHEST)
    table = capacity_of(
        [_worker(person) for person in situation.people],
        dispatch.absences_between(session, day, last),
        # What is about to be placed is not in its own way.
        dispatch.load_beside(
            session, day, last, {order.work_order_id for order in affected}, of=[person.staff_id for person in situation.people]
        ),
        first=day,
        last=last,
    )
    return Room(tuple(table.staff.tolist()), day, np.maximum(table.capacity - table.used, 0))


def _worker(person: Person) -> Manager:
    return Manager(person.staff_id, person.grid_id, person.daily, date.min, None)
