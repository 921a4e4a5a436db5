"""What each line of a closed month should have been by what became known since, one posting for each fact."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.feedback import ContactFeedback
from app.models.points import EntryKind, PointsEntry
from app.points.formula import EXISTING_SCHEME, ZERO, Plan, earn, earn_accuracy, earn_success
from app.points.late import queries as adjustment_queries
from app.points.late.queries import BasePointsChange, Change, Settled, VerdictChange
from app.points.late.steps import (
    Kind,
    accuracy_step,
    add_accuracy,
    add_steps,
    kind_of,
    read_accuracy,
    read_figures,
    read_step,
    step_of,
)
from app.points.late.words import (
    explain_base_points_change,
    explain_settled,
    explain_success_change,
    explain_verdict_change,
)
from app.points.ledger.posting import Posting
from app.points.plans.in_force import get_plan


class _OfEntry(Protocol):
    @property
    def entry_id(self) -> int: ...


AnyChange = TypeVar("AnyChange", bound=_OfEntry)


@dataclass(frozen=True)
class LatePosting:
    """An adjustment to be. `evidence`: work_order_id, feedback_id, verification_id, order_id, counted, weight."""

    kind: Kind
    posting: Posting
    evidence: tuple[int, UUID | None, int | None, int | None, str, Decimal] | None


@dataclass(frozen=True)
class _Line:
    """A line of a closed month with its plan and its adjustments so far. `settled`: what disputes about single work orders paid
    in points and no adjustment has taken into account yet."""

    original: PointsEntry
    plan: Plan
    earlier: list[PointsEntry]
    settled: list[Settled]

    def paid_before(self, work_order_id: int, points: Decimal) -> list[Settled]:
        """What was paid for this work order before a change worth `points`, the same way; taken into account once."""
        found = [one for one in self.settled if one.work_order_id == work_order_id and one.points * points > 0]
        self.settled[:] = [one for one in self.settled if one not in found]
        return found

    def posting(self, cause: str, points: Decimal, explanation: dict[str, Any]) -> Posting:
        """An adjustment to it; the cause is numbered where the same happened before."""
        one = self.original
        again = sum((entry.cause or "") == cause or (entry.cause or "").startswith(cause + "#") for entry in self.earlier)
        cause = f"{cause}#{again + 1}" if again else cause
        place = one.staff_id, one.grid_id, one.component.value
        return Posting(*place, EntryKind.ADJUSTMENT.value, points, one.plan_id, explanation, one.id, cause)


def correct_success(session: Session, since: Month) -> Iterator[LatePosting]:
    """By work orders that count otherwise; each posting starts from where the one before left the figures."""
    for line, changes in _by_line(session, adjustment_queries.changed_outcomes(session, since)):
        yield from _success(line, changes)


def _success(line: _Line, changes: Sequence[Change]) -> Iterator[LatePosting]:
    stored = line.original.explanation["figures"]
    ratio, month = Decimal(stored["company_ratio"]), str(line.original.month)
    before = add_steps(read_figures(stored), [read_step(entry.explanation["figures"]) for entry in line.earlier])
    for change in changes:
        kind, step = kind_of(change.counted_before, change.counted_now), step_of(change)
        after = add_steps(before, [step])
        points = earn_success(after, line.plan, ratio).points - earn_success(before, line.plan, ratio).points
        explanation = explain_success_change(
            change, kind=kind, month=month, order_no=change.order_no, before=before, step=step, points=points
        )
        points, explanation = _less_settled(line, change.work_order_id, points, explanation)
        evidence = change.work_order_id, None, None, change.order_id, change.counted_now, change.share_now
        yield LatePosting(kind, line.posting(f"{kind}:{change.work_order_id}", points, explanation), evidence)
        before = after


def correct_accuracy(session: Session, since: Month, *, report: ContactFeedback | None = None) -> Iterator[LatePosting]:
    """By feedback that was judged otherwise after the close; with `report` by that one alone."""
    for line, changes in _by_line(session, adjustment_queries.changed_verdicts(session, since, report=report)):
        yield from _accuracy(line, changes)


def _accuracy(line: _Line, changes: Sequence[VerdictChange]) -> Iterator[LatePosting]:
    stored = line.original.explanation["figures"]
    before = add_accuracy(read_accuracy(stored), [read_accuracy(entry.explanation["figures"], "_step") for entry in line.earlier])
    for change in changes:
        step = accuracy_step(change)
        after = add_accuracy(before, [step])
        points = earn_accuracy(after, line.plan).points - earn_accuracy(before, line.plan).points
        explanation = explain_verdict_change(change, month=str(line.original.month), before=before, step=step, points=points)
        points, explanation = _less_settled(line, change.work_order_id, points, explanation)
        found = change.verification_id, None, change.verdict_now, change.weight_now
        cause = f"{Kind.VERDICT}:{change.feedback_id}"
        yield LatePosting(
            Kind.VERDICT,
            line.posting(cause, points, explanation),
            (change.work_order_id, change.feedback_id, *found),
        )
        before = after


def _less_settled(
    line: _Line, work_order_id: int, points: Decimal, explanation: dict[str, Any]
) -> tuple[Decimal, dict[str, Any]]:
    """What is left to post, and its explanation: a dispute about this work order may have paid for it before."""
    settled = {one.entry_id: one.points for one in line.paid_before(work_order_id, points)}
    if not settled:
        return points, explanation
    left = points - sum(settled.values(), ZERO)
    return left, explain_settled(explanation, settled, left)


def correct_existing(session: Session, since: Month) -> Iterator[LatePosting]:
    """By points of the existing scheme that were fed otherwise after the close."""
    for line, changes in _by_line(session, adjustment_queries.changed_base_points(session, since)):
        for change in changes:
            yield _existing(line, change)


def _existing(line: _Line, change: BasePointsChange) -> LatePosting:
    rule = line.plan.rule_of(EXISTING_SCHEME)
    points = earn(change.now, rule).points - earn(change.before, rule).points
    explanation = explain_base_points_change(month=str(line.original.month), before=change.before, now=change.now, points=points)
    return LatePosting(Kind.BASE_POINTS, line.posting(Kind.BASE_POINTS.value, points, explanation), None)


def _by_line(session: Session, changes: Sequence[AnyChange]) -> Iterator[tuple[_Line, list[AnyChange]]]:
    """The changes, which come by entry, with their lines."""
    originals = {entry.id: entry for entry in adjustment_queries.entries(session, {change.entry_id for change in changes})}
    earlier: defaultdict[int | None, list[PointsEntry]] = defaultdict(list)
    for entry in adjustment_queries.adjustments_of(session, originals):
        earlier[entry.refers_to_id].append(entry)
    settled: defaultdict[int, list[Settled]] = defaultdict(list)
    for one in adjustment_queries.settled_in_points(session, originals):
        if all(one.entry_id not in entry.explanation["figures"].get("settled", ()) for entry in earlier[one.line_id]):
            settled[one.line_id].append(one)
    plans = {plan_id: get_plan(session, plan_id) for plan_id in {entry.plan_id for entry in originals.values()}}
    for entry_id, of_entry in groupby(changes, key=lambda change: change.entry_id):
        original = originals[entry_id]
        yield _Line(original, plans[original.plan_id], earlier[entry_id], settled[entry_id]), list(of_entry)
