"""The pool of a grid from a phone: managers with free capacity take work that is nobody's."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.core.db import whole_company
from app.core.errors import Conflict
from app.core.security import Principal
from app.dispatch.by_hand import queries as action_queries
from app.dispatch.by_hand.placing import lock_room
from app.dispatch.by_hand.terms import Action, Verb
from app.dispatch.by_hand.verbs import Doing, give
from app.dispatch.states import Event
from app.models.work_order import WorkOrder

TAKEN = "taken from the pool"


class NothingFree(Conflict):
    """You have no free capacity today, so nothing can be taken."""

    code = "pool.no_capacity"


def take_from_pool(session: Session, *, principal: Principal, count: int, now: datetime) -> list[WorkOrder]:
    """Up to `count` work orders of the pool of one's grid, the most promising first, for today; never more than one's capacity.

    What somebody else is taking at this moment is passed by. Raises NothingFree.
    """
    assert principal.staff_id is not None
    today = clock.local_date(now)
    staff_id = principal.staff_id
    with whole_company(session):
        pooled = action_queries.lock_pool(session, principal.grid_ids, today=today, limit=count)
        room = lock_room(session, {staff_id}, first=today, last=today)
        free = room.free_on(staff_id, today)
        if free < 1:
            raise NothingFree
        refused = order_refusals(session, [order.id for order in pooled], act=Act.RELEASE, now=now)
        doing = Doing(
            session=session,
            action=Action(Verb.REASSIGN, TAKEN),
            people=[],
            room=room,
            branches={},
            last_days={},
            home_grids=None,
            actor_account_id=principal.account_id,
            today=today,
            now=now,
        )
        taken = [order for order in pooled if order.id not in refused][:free]
        for order in taken:
            refusal = give(doing, order, staff_id, Event.REASSIGNED)
            assert refusal is None
    return sorted(taken, key=lambda order: order.id)
