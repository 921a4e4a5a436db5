"""Judging reports together: they are taken in the order in which they were made, in whatever order they came (pure).

A correction waits for what it corrects. A report with an `order_sequence` waits until the one before it, of the same phone on
the same work order, has come: taken or refused. A phone that was lost may owe one for ever, so that wait ends after a day.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.feedback.clockwork import Moment, place_contact
from app.feedback.decisions import Decision, Effect, KnownReport, OrderFacts, Place, Status, decide
from app.feedback.intake import Item, Readable

LONGEST_WAIT = timedelta(days=1)
_STATE_AFTER = {Effect.CONTACT: "in_progress", Effect.COMPLETE: "done", Effect.REOPEN: "in_progress"}


@dataclass(frozen=True)
class Report:
    """A readable item with the circumstances of its sending. `position`: in the batch; negative for one that waited."""

    position: int
    read: Readable
    sent_at: datetime
    device_id: str | None
    received_at: datetime

    @property
    def item(self) -> Item:
        """What it says."""
        return self.read.item

    @property
    def place(self) -> Place | None:
        """Among those of its phone on its order; None where the phone does not say."""
        number = self.item.order_sequence
        return None if number is None else Place(self.item.work_order_id, self.device_id, number)


@dataclass(frozen=True)
class Judged:
    """A report, what became of it, when its contact was, and when it was received first where it was known."""

    report: Report
    decision: Decision
    moment: Moment
    received_at: datetime


def judge_all(
    reports: Sequence[Report],
    *,
    facts: Mapping[int, OrderFacts],
    known: Mapping[UUID, KnownReport],
    barred: Mapping[UUID, Decision],
    now: datetime,
    arrived: AbstractSet[Place] = frozenset(),
) -> list[Judged]:
    """What becomes of each, as if they had been taken one after the other, each after what it waits for.

    `facts`: the work orders that are or were the manager's; `barred`: what becomes of reports
    that writing is known to refuse; `arrived`: the places of reports that came and were refused.
    """
    orders, seen = dict(facts), dict(known)
    places = {*arrived, *(one.place for one in seen.values() if one.mine and one.place is not None)}
    judged: list[Judged] = []
    pending = sorted(reports, key=lambda report: report.item.order_sequence or 0)
    while pending:
        waiting: list[Judged] = []
        for report in pending:
            one = _judge(report, orders, seen, barred, now, too_early=_is_too_early(report, places, now))
            if one.decision.status is Status.HELD:
                waiting.append(one)
                continue
            judged.append(one)
            if report.place is not None:
                places.add(report.place)
            if one.decision.status is Status.ACCEPTED:
                _take(one, orders, seen, now)
        if len(waiting) == len(pending):
            return judged + waiting
        pending = [one.report for one in waiting]
    return judged


def _is_too_early(report: Report, places: AbstractSet[Place], now: datetime) -> bool:
    place = report.place
    if place is None or place.number == 1 or now - report.received_at >= LONGEST_WAIT:
        return False
    return place._replace(number=place.number - 1) not in places


def _judge(
    report: Report,
    orders: Mapping[int, OrderFacts],
    seen: Mapping[UUID, KnownReport],
    barred: Mapping[UUID, Decision],
    now: datetime,
    *,
    too_early: bool,
) -> Judged:
    item, order = report.item, orders.get(report.item.work_order_id)
    moment = place_contact(
        started_at=item.started_at,
        ended_at=item.ended_at,
        sent_at=report.sent_at,
        received_at=report.received_at,
        possible_from=order.dispatched_at if order else None,
    )
    decision = decide(item, report.read.digest, contacted_at=moment.contacted_at, order=order, known=seen, too_early=too_early)
    if decision.status is Status.ACCEPTED:
        decision = barred.get(item.id, decision)
    received_at = seen[item.id].received_at if decision.status is Status.DUPLICATE else now
    return Judged(report, decision, moment, received_at)


def _take(one: Judged, orders: dict[int, OrderFacts], seen: dict[UUID, KnownReport], now: datetime) -> None:
    item = one.report.item
    digest, code = one.report.read.digest, one.decision.code
    seen[item.id] = KnownReport(
        item.id, True, item.work_order_id, item.outcome, digest, now, corrected=False, place=one.report.place, answer_code=code
    )
    if item.corrects_id is not None:
        seen[item.corrects_id] = replace(seen[item.corrects_id], corrected=True)
    if one.decision.effect is not Effect.NONE:
        orders[item.work_order_id] = replace(orders[item.work_order_id], state=_STATE_AFTER[one.decision.effect])
