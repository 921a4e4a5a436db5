"""Figures of each manager from facts about single work orders, feedbacks and base points (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from app.points.formula import (
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
    """A matured work order; `counted` is success, failed or left_out, `score` the probability frozen on it."""

    work_order_id: int
    staff_id: int
    counted: str
    order_id: int | None
    order_no: str | None
    score: Decimal


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
    counts: Counter[tuple[int, str]] = Counter()
    expected: defaultdict[int, Decimal] = defaultdict(Decimal)
    for fact in facts:
        counts[fact.staff_id, fact.counted] += 1
        if fact.counted != LEFT_OUT:
            expected[fact.staff_id] += fact.score
    return {
        staff_id: SuccessFigures(
            successes=counts[staff_id, SUCCEEDED],
            matured=counts[staff_id, SUCCEEDED] + counts[staff_id, FAILED],
            left_out=counts[staff_id, LEFT_OUT],
            expected=expected[staff_id],
        )
        for staff_id in {staff_id for staff_id, _ in counts}
    }


def count_accuracy(facts: Iterable[FeedbackFact]) -> dict[int, AccuracyFigures]:
    """Accuracy figures by staff id."""
    counts: Counter[tuple[int, str | None]] = Counter()
    weights: defaultdict[tuple[int, str | None], Decimal] = defaultdict(Decimal)
    for fact in facts:
        counts[fact.staff_id, fact.verdict] += 1
        weights[fact.staff_id, fact.verdict] += fact.weight
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
        )
        for staff_id, total in totals.items()
    }


def ratio_of(figures: Mapping[int, ManagerFigures]) -> Decimal:
    """m of the success index over these managers."""
    return company_ratio(each.success for each in figures.values())


def lines_of(figures: ManagerFigures, plan: Plan, ratio: Decimal) -> list[Line]:
    """A manager's month: one explained line for each component of the plan, in its order."""
    success = earn_success(figures.success, plan, ratio)
    accuracy = earn_accuracy(figures.accuracy, plan)
    existing = earn_existing([points for _, points in figures.existing], plan)
    return [
        Line(success, explain_success(figures.success, success, plan, ratio)),
        Line(accuracy, explain_accuracy(figures.accuracy, accuracy, plan)),
        Line(existing, explain_existing(figures.existing, existing, plan)),
    ]
