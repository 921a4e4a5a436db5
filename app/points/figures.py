"""Figures of each manager from facts about single work orders, feedbacks and base points (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from app.points.formula import (
    ACCURACY,
    EXISTING_SCHEME,
    ONE,
    SUCCESS,
    ZERO,
    AccuracyFigures,
    Earned,
    Plan,
    SuccessFigures,
    company_ratio,
    earn_accuracy,
    earn_existing,
    earn_success,
)
from app.points.words import explain_accuracy, explain_existing, explain_success

SUCCEEDED, FAILED, LEFT_OUT = "success", "failed", "left_out"
CONFIRMED, CONTRADICTED = "confirmed", "contradicted"


class WorkOrderFact(NamedTuple):
    """A manager's part in a matured work order. `counted` is success, failed or left_out, `score` the probability frozen on it,
    `share` the manager's credit for it: those of one work order sum to 1."""

    work_order_id: int
    staff_id: int
    counted: str
    order_id: int | None
    order_no: str | None
    score: Decimal
    share: Decimal = ONE


class FeedbackFact(NamedTuple):
    """A current feedback; `verdict` is None where it is not judged, `weight` 1 / probability of being judged, else 0."""

    feedback_id: UUID
    work_order_id: int
    staff_id: int
    verification_id: int | None
    verdict: str | None
    weight: Decimal


class BasePointsFact(NamedTuple):
    """A line of the existing scheme."""

    staff_id: int
    component: str
    points: Decimal


@dataclass(frozen=True)
class ManagerFigures:
    """Everything that the points of one manager's month come from."""

    success: SuccessFigures = field(default_factory=SuccessFigures)
    accuracy: AccuracyFigures = field(default_factory=AccuracyFigures)
    existing: tuple[tuple[str, Decimal], ...] = ()

    @property
    def worked(self) -> bool:
        """Whether there is a work order or a feedback behind them."""
        return self.success != SuccessFigures() or self.accuracy != AccuracyFigures()


@dataclass(frozen=True)
class Line:
    """A component's points with its explanation."""

    earned: Earned
    explanation: dict[str, Any]


def gather(
    work_orders: Iterable[WorkOrderFact], feedback: Iterable[FeedbackFact], base_points: Iterable[BasePointsFact]
) -> dict[int, ManagerFigures]:
    """Figures by staff id."""
    success, accuracy = count_success(work_orders), count_accuracy(feedback)
    existing: defaultdict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    for staff_id, component, points in base_points:
        existing[staff_id].append((component, points))
    return {
        staff_id: ManagerFigures(
            success.get(staff_id, SuccessFigures()),
            accuracy.get(staff_id, AccuracyFigures()),
            tuple(sorted(existing.get(staff_id, []))),
        )
        for staff_id in success.keys() | accuracy.keys() | existing.keys()
    }


def count_success(facts: Iterable[WorkOrderFact]) -> dict[int, SuccessFigures]:
    """Success figures by staff id."""
    credit: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    expected: defaultdict[int, Decimal] = defaultdict(Decimal)
    shared: Counter[int] = Counter()
    for fact in facts:
        credit[fact.staff_id, fact.counted] += fact.share
        shared[fact.staff_id] += fact.share != ONE
        if fact.counted != LEFT_OUT:
            expected[fact.staff_id] += fact.share * fact.score
    return {
        staff_id: SuccessFigures(
            successes=credit.get((staff_id, SUCCEEDED), ZERO),
            matured=credit.get((staff_id, SUCCEEDED), ZERO) + credit.get((staff_id, FAILED), ZERO),
            left_out=credit.get((staff_id, LEFT_OUT), ZERO),
            expected=expected[staff_id],
            shared=shared[staff_id],
        )
        for staff_id in shared
    }


def count_accuracy(facts: Iterable[FeedbackFact]) -> dict[int, AccuracyFigures]:
    """Accuracy figures by staff id."""
    counts: Counter[tuple[int, str | None]] = Counter()
    weights: defaultdict[tuple[int, str | None], Decimal] = defaultdict(Decimal)
    squares: defaultdict[tuple[int, str | None], Decimal] = defaultdict(Decimal)
    for fact in facts:
        counts[fact.staff_id, fact.verdict] += 1
        weights[fact.staff_id, fact.verdict] += fact.weight
        squares[fact.staff_id, fact.verdict] += fact.weight * fact.weight
    totals: Counter[int] = Counter()
    for (staff_id, _), number in counts.items():
        totals[staff_id] += number
    return {
        staff_id: AccuracyFigures(
            confirmed=counts[staff_id, CONFIRMED],
            contradicted=counts[staff_id, CONTRADICTED],
            unverifiable=total - counts[staff_id, CONFIRMED] - counts[staff_id, CONTRADICTED],
            truthful_weight=weights.get((staff_id, CONFIRMED), ZERO),
            judged_weight=weights.get((staff_id, CONFIRMED), ZERO) + weights.get((staff_id, CONTRADICTED), ZERO),
            truthful_squares=squares.get((staff_id, CONFIRMED), ZERO),
            judged_squares=squares.get((staff_id, CONFIRMED), ZERO) + squares.get((staff_id, CONTRADICTED), ZERO),
        )
        for staff_id, total in totals.items()
    }


def ratio_of(figures: Mapping[int, ManagerFigures]) -> Decimal:
    """m of the success index over these managers."""
    return company_ratio(each.success for each in figures.values())


def lines_of(figures: ManagerFigures, plan: Plan, ratio: Decimal) -> list[Line]:
    """A manager's month: one explained line for each component that the plan has."""
    return [_LINES[component](figures, plan, ratio) for component in _LINES if plan.pays_for(component)]


def points_of(figures: ManagerFigures, plan: Plan, ratio: Decimal) -> dict[str, Decimal]:
    """A manager's month by component, without the words."""
    earned = []
    if plan.pays_for(SUCCESS):
        earned.append(earn_success(figures.success, plan, ratio))
    if plan.pays_for(ACCURACY):
        earned.append(earn_accuracy(figures.accuracy, plan))
    if plan.pays_for(EXISTING_SCHEME):
        earned.append(earn_existing([points for _, points in figures.existing], plan))
    return {one.component: one.points for one in earned}


def _success_line(figures: ManagerFigures, plan: Plan, ratio: Decimal) -> Line:
    earned = earn_success(figures.success, plan, ratio)
    return Line(earned, explain_success(figures.success, earned, plan, ratio))


def _accuracy_line(figures: ManagerFigures, plan: Plan, _: Decimal) -> Line:
    earned = earn_accuracy(figures.accuracy, plan)
    return Line(earned, explain_accuracy(figures.accuracy, earned, plan))


def _existing_line(figures: ManagerFigures, plan: Plan, _: Decimal) -> Line:
    earned = earn_existing([points for _, points in figures.existing], plan)
    return Line(earned, explain_existing(figures.existing, earned, plan))


_LINES = {SUCCESS: _success_line, ACCURACY: _accuracy_line, EXISTING_SCHEME: _existing_line}
