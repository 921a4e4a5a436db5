"""What an open month comes to, as of an instant, from all that it is computed from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.clock import Month
from app.models.points import EntryKind, PointsEntry
from app.points.disputes.rules import DisputeTerms, last_day_to_raise
from app.points.figures import BasePointsFact, FeedbackFact, ManagerFigures, WorkOrderFact, gather, lines_of
from app.points.formula import ONE, Plan
from app.points.payroll.file_format import points_text
from app.points.pending import Pending, pending_order, pending_report
from app.points.statement_queries import AnyRow
from app.points.statements import statement_line


@dataclass(frozen=True)
class Rejected:
    """A feedback that could not be taken, and why."""

    feedback_id: str
    code: str
    detail: str
    received_at: datetime


@dataclass(frozen=True)
class ManagerMonth:
    """A manager's month: final where `closed_at` is set, else provisional as of `as_of`.

    `lines` are as in a statement. `pending_feedback` is not judged yet; `waiting_work_orders` mature later in the month;
    `pending` names both with their reasons, and reports that wait for a feed. `dispute_until`: the last day on which a line of a
    closed month may be disputed.
    """

    month: str
    as_of: datetime
    closed_at: datetime | None
    total: str
    lines: list[dict[str, Any]]
    pending_feedback: int = 0
    waiting_work_orders: int = 0
    rejected: tuple[Rejected, ...] = ()
    pending: tuple[Pending, ...] = ()
    dispute_until: date | None = None


@dataclass(frozen=True)
class MonthFacts:
    """All that an open month is computed from; `plans`: by staff id; `posted`: entries of it besides what it earns."""

    plans: Mapping[int, Plan]
    work_orders: Sequence[WorkOrderFact]
    feedback: Sequence[FeedbackFact]
    base_points: Sequence[BasePointsFact]
    posted: Sequence[PointsEntry]


def preview_of(facts: MonthFacts, *, staff_ids: Collection[int], month: Month, at: datetime) -> dict[int, ManagerMonth]:
    """What an open month comes to by these facts, as of an instant, by staff id."""
    figures = gather(facts.work_orders, facts.feedback, facts.base_points)
    previews = {}
    for staff_id in staff_ids:
        lines = [
            {"entry_id": None, "component": line.earned.component, "kind": EntryKind.EARNED.value}
            | {"points": points_text(line.earned.points), "refers_to_entry": None, "cause": None}
            | line.explanation
            for line in lines_of(figures.get(staff_id, ManagerFigures()), facts.plans[staff_id], ONE)
        ]
        lines += [statement_line(entry) for entry in facts.posted if entry.staff_id == staff_id]
        pending = sum(fact.verdict is None for fact in facts.feedback if fact.staff_id == staff_id)
        total = points_text(sum((Decimal(line["points"]) for line in lines), Decimal(0)))
        previews[staff_id] = ManagerMonth(str(month), at, None, total, lines, pending)
    return previews


def with_pending(
    shown: ManagerMonth, rejected: tuple[Rejected, ...], reports: Iterable[AnyRow], waiting: Sequence[AnyRow]
) -> ManagerMonth:
    """An open month with what was rejected and what does not count yet, each with its reason: reports first, then work orders by
    when they mature."""
    counted = waiting[0].all_of_them if waiting else 0
    pending = (*filter(None, (pending_report(*row) for row in reports)), *map(_as_pending, waiting))
    return replace(shown, waiting_work_orders=counted, rejected=rejected, pending=pending)


def _as_pending(row: AnyRow) -> Pending:
    return pending_order(row.id, row.dispatched_at, row.matures_at, clock.local_date(row.matures_at))


def until_when(closed_at: datetime | None, terms: DisputeTerms) -> date | None:
    """The last day on which a line of a month may be disputed; None while the month is open, where any day will do."""
    return None if closed_at is None else last_day_to_raise(clock.local_date(closed_at), terms)
