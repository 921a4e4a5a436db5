"""Judging reports together: corrections find what they correct in whatever order they came (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.feedback.clockwork import Moment, place_contact
from app.feedback.decisions import Decision, Effect, KnownReport, OrderFacts, Status, decide
from app.feedback.intake import Item, Readable

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
) -> list[Judged]:
    """What becomes of each, as if they had been taken one after the other, corrections after what they correct.

    `facts`: the work orders that are or were the manager's; `barred`: what becomes of reports
    that writing is known to refuse.
    """
    orders, seen = dict(facts), dict(known)
    judged: list[Judged] = []
    pending = list(reports)
    while pending:
        waiting: list[Judged] = []
        for report in pending:
            one = _judge(report, orders, seen, barred, now)
            if one.decision.status is Status.HELD:
                waiting.append(one)
                continue
            judged.append(one)
            if one.decision.status is Status.ACCEPTED:
                _take(one, orders, seen, now)
        if len(waiting) == len(pending):
            return judged + waiting
        pending = [one.report for one in waiting]
    return judged


def _judge(
    report: Report,
    orders: Mapping[int, OrderFacts],
    seen: Mapping[UUID, KnownReport],
    barred: Mapping[UUID, Decision],
    now: datetime,
) -> Judged:
    item, order = report.item, orders.get(report.item.work_order_id)
    moment = place_contact(
        started_at=item.started_at,
        ended_at=item.ended_at,
        sent_at=report.sent_at,
        received_at=report.received_at,
        possible_from=order.dispatched_at if order else None,
    )
    decision = decide(item, report.read.digest, contacted_at=moment.contacted_at, order=order, known=seen)
    if decision.status is Status.ACCEPTED:
        decision = barred.get(item.id, decision)
    received_at = seen[item.id].received_at if decision.status is Status.DUPLICATE else now
    return Judged(report, decision, moment, received_at)


def _take(one: Judged, orders: dict[int, OrderFacts], seen: dict[UUID, KnownReport], now: datetime) -> None:
    item = one.report.item
    seen[item.id] = KnownReport(item.id, True, item.work_order_id, item.outcome, one.report.read.digest, now, corrected=False)
    if item.corrects_id is not None:
        seen[item.corrects_id] = replace(seen[item.corrects_id], corrected=True)
    if one.decision.effect is not Effect.NONE:
        orders[item.work_order_id] = replace(orders[item.work_order_id], state=_STATE_AFTER[one.decision.effect])
