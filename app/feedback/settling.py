"""Judging reports and writing what came of it: in one transaction, under the locks of their work orders."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.errors import Unavailable
from app.dispatch.barring import DO_NOT_DISTURB
from app.dispatch.gating import ContactRefused
from app.dispatch.life import ContactLocked, move_work_order
from app.dispatch.queries import lock_work_orders
from app.dispatch.sparing import make_room_for_contacts
from app.dispatch.states import Event
from app.feedback import queries
from app.feedback.answers import is_taken
from app.feedback.decisions import (
    CONTACT_LOCKED,
    ID_CONFLICT,
    STAYS_ENDED,
    WAITING_CODES,
    Decision,
    Effect,
    OrderFacts,
    Place,
    Status,
    is_uncounted,
)
from app.feedback.intake import Readable, read_item
from app.feedback.judging import Judged, Report, judge_all
from app.feedback.refusals.queries import refusals_told_to
from app.feedback.storing import Sender, hold_month, store
from app.feedback.values import read_time
from app.models.feedback import QuarantinedFeedback
from app.models.work_order import WorkOrder, WorkOrderState

EVENTS = {Effect.CONTACT: Event.CONTACTED, Effect.COMPLETE: Event.COMPLETED, Effect.REOPEN: Event.REOPENED}


class _Barred(Exception):
    """Writing showed what reading could not: these reports cannot be accepted."""

    def __init__(self, decisions: Mapping[UUID, Decision]) -> None:
        self.decisions = decisions


def settle(
    session: Session,
    *,
    sender: Sender,
    reports: Sequence[Report],
    now: datetime,
    refused: Sequence[Place] = (),
    rows: Sequence[QuarantinedFeedback] = (),
) -> list[Judged]:
    """Judge and write the reports and those that waited for one of them; again, with what was learned, where writing meets
    another transaction.

    `refused`: places of unreadable reports that come with these; `rows`: those set aside that are tried again, whose reports
    have their id, negative, as position. All locks are taken in the order of ids (work orders, then reports), so that two
    batches never deadlock.
    """
    hold_month(session, Month.of(now))
    reported_on = {report.item.work_order_id for report in reports} | {place.work_order_id for place in refused}
    orders = lock_work_orders(session, reported_on)
    aside = queries.unreleased_reports(session, sender.staff_id, [str(report.item.id) for report in reports])
    tried = {row.id for row in rows}
    found = [report_of(row) for row in aside if row.code in WAITING_CODES and row.id not in tried]
    together = [*reports, *(report for report in found if report is not None and report.item.work_order_id in orders)]
    facts = _facts(session, sender.staff_id, orders)
    arrived = {*refused, *_refused_before(session, sender.staff_id, together)}
    ids = {report.item.id for report in together} | {r.item.corrects_id for r in together if r.item.corrects_id}
    barred: dict[UUID, Decision] = {}
    for _ in range(len(together) + 1):  # each turn bars at least one report more
        known = queries.known_reports(session, sender.staff_id, ids=ids, work_order_ids=orders)
        judged = judge_all(together, facts=facts, known=known, barred=barred, now=now, arrived=arrived)
        try:
            with _undoable(session, judged):
                _write(session, sender=sender, judged=judged, orders=orders, now=now)
        except _Barred as error:
            barred.update(error.decisions)
            continue
        _settle_aside([*rows, *(row for row in aside if row.id not in tried)], judged, now)
        _make_room(session, judged, orders, facts, now)
        return judged
    raise Unavailable


def report_of(row: QuarantinedFeedback) -> Report | None:
    """What was set aside as a report again; None where it still cannot be read."""
    read = read_item(row.content["item"])
    if not isinstance(read, Readable):
        return None
    return Report(-row.id, read, read_time(row.content["sent_at"]), row.content["device_id"], received_at=row.received_at)


def _refused_before(session: Session, staff_id: int, reports: Sequence[Report]) -> set[Place]:
    later = {report.item.work_order_id for report in reports if (report.item.order_sequence or 0) > 1}
    return queries.places_refused(session, staff_id, later) if later else set()


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
                event=EVENTS[effect],
                now=now,
                actor_account_id=sender.account_id,
                reason=one.report.item.outcome,
            )
        except ContactLocked as error:
            raise _Barred({one.report.item.id: CONTACT_LOCKED}) from error
        except ContactRefused as error:
            raise _Barred({one.report.item.id: STAYS_ENDED}) from error


def _settle_aside(aside: Sequence[QuarantinedFeedback], judged: Sequence[Judged], now: datetime) -> None:
    """What had been set aside and is taken now is released; what was tried in vain says why."""
    taken = {(str(one.report.item.id), one.report.read.digest) for one in judged if is_taken(one)}
    tried = {-one.report.position: one for one in judged if one.report.position < 0}
    for row in aside:
        own = tried.get(row.id)
        if is_taken(own) or (row.feedback_id, _digest(row)) in taken:
            row.released_at = now
        elif own is not None:
            decision = own.decision
            row.code, row.detail, row.waits_for_id = decision.code or "", decision.detail or "", decision.waits_for


def _digest(row: QuarantinedFeedback) -> bytes:
    """Of what it says, as far as it can be read by now."""
    found = report_of(row)
    return row.content_hash if found is None else found.read.digest


def _make_room(
    session: Session, judged: Sequence[Judged], orders: Mapping[int, WorkOrder], facts: Mapping[int, OrderFacts], now: datetime
) -> None:
    """New contacts, some of which were counted nowhere; a correction is about a contact that was."""
    new = [one for one in judged if one.decision.status is Status.ACCEPTED and one.report.item.corrects_id is None]
    contacted = {one.report.item.work_order_id: orders[one.report.item.work_order_id] for one in new}
    channels = queries.campaign_channels(session, {order.campaign_id for order in contacted.values()}) if contacted else {}
    late = {
        order.id
        for one in new
        if is_uncounted(
            facts[(order := contacted[one.report.item.work_order_id]).id],
            contacted_at=one.moment.contacted_at,
            on=clock.local_date(one.moment.contacted_at),
            due_on=order.due_on,
            as_planned=one.report.item.channel == channels.get(order.campaign_id),
        )
    }
    if contacted:
        make_room_for_contacts(session, orders=list(contacted.values()), late=late, now=now)


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
