"""What people do with work orders by hand, one or many, in earnest or as a trial: one service for the API and the commands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.core.db import whole_company
from app.core.errors import Invalid
from app.dispatch import queries
from app.dispatch.by_hand import queries as action_queries
from app.dispatch.by_hand.placing import let_go, lock_room
from app.dispatch.by_hand.terms import (
    MOST_ROWS,
    MOVING,
    UNKNOWN,
    Action,
    Filter,
    Refusal,
    Verb,
    check_action,
    check_rows,
    contact_refused,
    is_for_live,
    wrong_state,
)
from app.dispatch.by_hand.verbs import DO, Doing
from app.dispatch.gating import bound_to_their_day
from app.models.work_order import WorkOrder

ASKED = {
    Verb.REASSIGN: Act.MOVE,
    Verb.SPLIT: Act.MOVE,
    Verb.LEND: Act.MOVE,
    Verb.EXTEND: Act.EXTEND,
    Verb.START: Act.RELEASE,
}


@dataclass(frozen=True)
class RowResult:
    """What came of one work order: `code` and `detail` say why nothing did; the rest is how it is now, as far as it is known."""

    work_order_id: int
    done: bool
    code: str | None
    detail: str | None
    state: str | None
    staff_no: str | None
    scheduled_on: date | None
    due_on: date | None
    reason: str | None = None  # the gate's word, where it is against it


def act_on_work_orders(
    session: Session,
    *,
    action: Action,
    ids: Sequence[int] | None = None,
    chosen: Filter | None = None,
    grid_ids: Collection[int] | None,
    actor_account_id: int | None,
    dry_run: bool = False,
    now: datetime,
) -> list[RowResult]:
    """Do it to every work order of these ids, or of the filter, that is in these grids (None: in any), each by itself.

    What belongs to one contact goes together. All are locked in the order of their ids, then the people; capacity and what speaks
    against a contact are seen under these locks. A trial does the same and takes it back. Raises Invalid for what is wrong with
    the request as a whole.
    """
    today = clock.local_date(now)
    check_action(action, today=today)
    check_rows(ids, chosen)
    if ids is None:
        assert chosen is not None
        ids = action_queries.ids_of(session, chosen, grid_ids=grid_ids, limit=MOST_ROWS + 1)
        if len(ids) > MOST_ROWS:
            raise Invalid("filter", f"one that fits at most {MOST_ROWS} work orders")
    with session.begin_nested() as trial:
        results = _act(session, action, sorted(set(ids)), grid_ids, actor_account_id, now)
        if dry_run:
            trial.rollback()
    if dry_run:
        session.expire_all()  # what was tried is not so
    return results


def _act(
    session: Session,
    action: Action,
    ids: Sequence[int],
    grid_ids: Collection[int] | None,
    actor_account_id: int | None,
    now: datetime,
) -> list[RowResult]:
    if action.verb in MOVING:
        ids = sorted({*ids, *action_queries.ids_of_contacts(session, ids, grid_ids=grid_ids)})
    orders = queries.lock_work_orders(session, ids, grid_ids=grid_ids)
    doing = _prepare(session, action, orders, grid_ids, actor_account_id, now)
    act = ASKED.get(action.verb)
    refused = {} if act is None else order_refusals(session, list(orders), act=act, until=action.due_on, now=now)
    # Written in the scope of who acts: what is not theirs the database refuses, whatever was locked here.
    why = {id_: _do(doing, orders[id_], refused) for id_ in _in_turn(action.verb, orders)}
    session.flush()
    let_go(session, None)
    numbers = action_queries.staff_numbers(session, {order.staff_id for order in orders.values()})
    return [_row(id_, orders.get(id_), why.get(id_), numbers) for id_ in ids]


def _prepare(
    session: Session,
    action: Action,
    orders: Mapping[int, WorkOrder],
    grid_ids: Collection[int] | None,
    actor_account_id: int | None,
    now: datetime,
) -> Doing:
    """What is needed to decide, also beyond the scope of who acts; people and room are locked."""
    today = clock.local_date(now)
    with whole_company(session):
        people = action_queries.terminal_managers(session, action.to_staff_nos, today=today)
        if missing := sorted(set(action.to_staff_nos) - {person.staff_no for person in people}):
            raise Invalid("to_staff_nos", f"active terminal managers, {missing[0]} is none")
        homes = {order.home_staff_id for order in orders.values() if order.home_staff_id is not None}
        giving = {order.staff_id for order in orders.values()}
        last = max([today, *(order.due_on for order in orders.values()), *([action.due_on] if action.due_on else [])])
        return Doing(
            session=session,
            action=action,
            people=people,
            room=lock_room(session, {person.id for person in people} | homes | giving, first=today, last=last),
            branches=action_queries.branch_of_grids(
                session, {order.grid_id for order in orders.values()} | {p.unit_id for p in people}
            ),
            last_days=action_queries.last_days_of(session, {order.campaign_id for order in orders.values()}),
            home_grids=grid_ids,
            actor_account_id=actor_account_id,
            today=today,
            now=now,
            bound=bound_to_their_day(session, orders, now=now) if action.verb in MOVING else (),
        )


def _in_turn(verb: Verb, orders: Mapping[int, WorkOrder]) -> list[int]:
    """By id; where several people share, the most promising first, so that each gets some of them."""
    return sorted(orders, key=lambda id_: (-orders[id_].score, id_) if verb is Verb.SPLIT else (0.0, id_))


def _do(doing: Doing, order: WorkOrder, refused: Mapping[int, str]) -> Refusal | None:
    if not is_for_live(order.state):
        return wrong_state(order.state, doing.action.verb)
    if order.id in refused:
        return contact_refused(refused[order.id])
    return DO[doing.action.verb](doing, order)


def _row(id_: int, order: WorkOrder | None, refusal: Refusal | None, numbers: Mapping[int, str]) -> RowResult:
    if order is None:
        return RowResult(id_, False, UNKNOWN.code, UNKNOWN.detail, None, None, None, None)
    code, detail, reason = (None, None, None) if refusal is None else (refusal.code, refusal.detail, refusal.reason)
    return RowResult(
        id_, refusal is None, code, detail, order.state.value, numbers[order.staff_id], order.scheduled_on, order.due_on, reason
    )
