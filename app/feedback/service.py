"""Taking reports from phones: every item is answered, none is lost, the same again changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.db import set_scope
from app.core.errors import Forbidden, Unavailable
from app.core.security import Principal
from app.dispatch.barring import DO_NOT_DISTURB
from app.dispatch.gating import ContactRefused
from app.dispatch.life import ContactLocked, move_work_order
from app.dispatch.queries import lock_work_orders
from app.dispatch.states import Event
from app.feedback import queries
from app.feedback.decisions import CONTACT_LOCKED, ID_CONFLICT, STAYS_ENDED, Decision, Effect, OrderFacts, Status
from app.feedback.intake import Item, Readable, Unreadable, read_item, readable
from app.feedback.judging import Judged, Report, judge_all
from app.feedback.refusals.queries import refusals_told_to
from app.feedback.storing import Sender, set_aside, store
from app.feedback.values import read_time
from app.models.feedback import QuarantinedFeedback
from app.models.work_order import WorkOrder, WorkOrderState

_EVENTS = {Effect.CONTACT: Event.CONTACTED, Effect.COMPLETE: Event.COMPLETED, Effect.REOPEN: Event.REOPENED}
_REFUSED = {Status.CONFLICT, Status.REJECTED}


class NoGrid(Forbidden):
    """You belong to no grid: ask who manages yours."""

    code = "feedback.no_grid"


class _Barred(Exception):
    """Writing showed what reading could not: these reports cannot be accepted."""

    def __init__(self, decisions: Mapping[UUID, Decision]) -> None:
        self.decisions = decisions


@dataclass(frozen=True)
class Batch:
    """What a phone sends at once: its clock when it sent, and raw items of any kind."""

    sent_at: datetime
    device_id: str | None
    items: Sequence[Any]


@dataclass(frozen=True)
class Answer:
    """The answer to one item, in the order sent. `id` is None where the item has none that can be read."""

    id: str | None
    status: Status
    code: str | None
    detail: str | None
    received_at: datetime


def record_feedback(session: Session, *, principal: Principal, batch: Batch, now: datetime) -> list[Answer]:
    """Take a batch: accept, or keep aside with a reason, each item by itself; move the work orders that were reported on.

    A report that waited for one of these is taken with it. Safe to send again, also at the same time. Raises NoGrid.
    """
    if principal.staff_id is None or not principal.grid_ids:
        raise NoGrid
    sender = Sender(principal.staff_id, principal.account_id, principal.grid_ids[0], batch.sent_at, batch.device_id)
    read = [read_item(raw) for raw in batch.items]
    sent = [
        Report(position, found, batch.sent_at, batch.device_id, received_at=now)
        for position, found in enumerate(read)
        if isinstance(found, Readable)
    ]
    with _sight_of_the_grids(session, principal):
        judged = _settle(session, sender=sender, sent=sent, now=now) if sent else {}
        refused = [(found, judged.get(position)) for position, found in enumerate(read) if not _is_taken(judged.get(position))]
        first_seen = set_aside(session, sender=sender, refused=refused, now=now)
    return [_answer(found, judged.get(position), first_seen, now) for position, found in enumerate(read)]


@contextmanager
def _sight_of_the_grids(session: Session, principal: Principal) -> Iterator[None]:
    """See all of one's own grids, and those where one left work: what went to a colleague may still be reported on."""
    session.flush()
    assert principal.staff_id is not None
    grid_ids = {*principal.grid_ids, *queries.grids_with_work_left(session, principal.staff_id)}
    set_scope(session, scope="grids", grid_ids=grid_ids, staff_id=principal.staff_id)
    yield
    session.flush()
    set_scope(session, scope=principal.scope, grid_ids=principal.grid_ids, staff_id=principal.staff_id)


def _settle(session: Session, *, sender: Sender, sent: Sequence[Report], now: datetime) -> dict[int, Judged]:
    """Judge and write, by position in the batch; judged anew, with what was learned, where writing meets another transaction.

    All locks are taken in the order of ids (work orders, then reports), so that two batches never deadlock.
    """
    orders = lock_work_orders(session, {report.item.work_order_id for report in sent})
    aside = queries.unreleased_reports(session, sender.staff_id, [str(report.item.id) for report in sent])
    waiting = [row for row in aside if row.waits_for_id is not None and _work_order_of(row) in orders]
    reports = [*sent, *(_waiting_report(row) for row in waiting)]
    facts = _facts(session, sender.staff_id, orders)
    ids = {report.item.id for report in reports} | {r.item.corrects_id for r in reports if r.item.corrects_id}
    barred: dict[UUID, Decision] = {}
    for _ in range(len(reports) + 1):  # each turn bars at least one report more
        known = queries.known_reports(session, sender.staff_id, ids=ids, work_order_ids=orders)
        judged = judge_all(reports, facts=facts, known=known, barred=barred, now=now)
        try:
            with _undoable(session, judged):
                _write(session, sender=sender, judged=judged, orders=orders, now=now)
        except _Barred as found:
            barred.update(found.decisions)
            continue
        _settle_aside(aside, judged, now)
        return {one.report.position: one for one in judged if one.report.position >= 0}
    raise Unavailable


def _undoable(session: Session, judged: Sequence[Judged]) -> AbstractContextManager[Any]:
    """A savepoint where writing may be refused after something was written; most reports come alone and need none."""
    effects = [one.decision.effect for one in judged if one.decision.status is Status.ACCEPTED]
    return session.begin_nested() if len(effects) > 1 or Effect.REOPEN in effects else nullcontext()


def _write(session: Session, *, sender: Sender, judged: Sequence[Judged], orders: Mapping[int, WorkOrder], now: datetime) -> None:
    accepted = [one for one in judged if one.decision.status is Status.ACCEPTED]
    if not accepted:
        return
    stored = store(session, sender=sender, accepted=accepted, orders=orders, now=now)
    if len(stored) < len(accepted):
        raise _Barred({one.report.item.id: ID_CONFLICT for one in accepted if one.report.item.id not in stored})
    for one in accepted:
        order, effect = orders[one.report.item.work_order_id], one.decision.effect
        if effect is Effect.NONE or (effect is Effect.CONTACT and order.state == WorkOrderState.IN_PROGRESS):
            continue
        try:
            move_work_order(
                session,
                work_order=order,
                event=_EVENTS[effect],
                now=now,
                actor_account_id=sender.account_id,
                reason=one.report.item.outcome,
            )
        except ContactLocked as error:
            raise _Barred({one.report.item.id: CONTACT_LOCKED}) from error
        except ContactRefused as error:
            raise _Barred({one.report.item.id: STAYS_ENDED}) from error


def _settle_aside(aside: Sequence[QuarantinedFeedback], judged: Sequence[Judged], now: datetime) -> None:
    """What had been set aside and is taken now is released; what waited in vain says why."""
    taken = {(str(one.report.item.id), one.report.read.digest) for one in judged if _is_taken(one)}
    refused = {-one.report.position: one.decision for one in judged if one.decision.status in _REFUSED}
    for row in aside:
        if (row.feedback_id, row.content_hash) in taken:
            row.released_at = now
        elif row.id in refused:
            row.code, row.detail, row.waits_for_id = refused[row.id].code or "", refused[row.id].detail or "", None


def _facts(session: Session, staff_id: int, orders: Mapping[int, WorkOrder]) -> dict[int, OrderFacts]:
    others = [order.id for order in orders.values() if order.staff_id != staff_id]
    left = queries.orders_left_by(session, staff_id, others) if others else {}
    refused = [order.id for order in orders.values() if order.close_reason == DO_NOT_DISTURB]
    told = refusals_told_to(session, staff_id, refused) if refused else {}
    return {
        order.id: OrderFacts(
            id=order.id,
            state=order.state.value,
            mine=order.staff_id == staff_id,
            left_at=left.get(order.id),
            closed_at=min(order.closed_at, told.get(order.id, order.closed_at)) if order.closed_at else None,
            dispatched_at=order.dispatched_at,
            refused=order.close_reason == DO_NOT_DISTURB,
        )
        for order in orders.values()
        if order.staff_id == staff_id or order.id in left
    }


def _work_order_of(row: QuarantinedFeedback) -> int:
    return int(row.content["item"]["work_order_id"])


def _waiting_report(row: QuarantinedFeedback) -> Report:
    content = row.content
    item = readable(Item.model_validate(content["item"]))
    return Report(-row.id, item, read_time(content["sent_at"]), content["device_id"], received_at=row.received_at)


def _is_taken(one: Judged | None) -> bool:
    return one is not None and one.decision.status in {Status.ACCEPTED, Status.DUPLICATE}


def _answer(
    found: Readable | Unreadable, one: Judged | None, first_seen: Mapping[tuple[str, bytes], datetime], now: datetime
) -> Answer:
    if isinstance(found, Unreadable):
        seen = first_seen.get((found.shown_id or "", found.digest), now)
        return Answer(found.shown_id, Status.REJECTED, "feedback.unreadable", found.detail, seen)
    assert one is not None
    shown = str(found.item.id)
    seen = one.received_at if _is_taken(one) else first_seen.get((shown, found.digest), now)
    return Answer(shown, one.decision.status, one.decision.code, one.decision.detail, seen)
