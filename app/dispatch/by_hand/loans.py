"""Loans of work to another grid end by themselves."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.dispatch.by_hand import queries as action_queries
from app.dispatch.by_hand.placing import lock_room
from app.dispatch.by_hand.terms import Action, Verb
from app.dispatch.by_hand.verbs import NO_LOAN, Doing, give
from app.dispatch.gating import bound_to_their_day
from app.dispatch.states import Event


def end_loans(session: Session, *, now: datetime) -> dict[str, int]:
    """Bring home what was lent until before today, unless the borrower has begun: the customer keeps whom he spoke with.

    Where its manager at home has no free day left it goes to the pool of its grid. {brought_home}.
    """
    today = clock.local_date(now)
    orders = action_queries.lock_ended_loans(session, today=today)
    if not orders:
        return {"brought_home": 0}
    homes = {order.home_staff_id for order in orders if order.home_staff_id is not None}
    room = lock_room(
        session, homes | {order.staff_id for order in orders}, first=today, last=max(order.due_on for order in orders)
    )
    doing = Doing(
        session=session,
        action=Action(Verb.BRING_HOME, "loan_over"),
        people=[],
        room=room,
        branches={},
        last_days={},
        home_grids=None,
        actor_account_id=None,
        today=today,
        now=now,
        bound=bound_to_their_day(session, {order.id: order for order in orders}, now=now),
    )
    for order in orders:
        home = order.home_staff_id or order.staff_id
        if give(doing, order, home, Event.BROUGHT_HOME, **NO_LOAN) is not None:
            doing.move(order, Event.BROUGHT_HOME, to_staff_id=home, **NO_LOAN)
            doing.move(order, Event.POOLED, pooled_at=now)
    return {"brought_home": len(orders)}
