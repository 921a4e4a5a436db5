"""What late news does to the figures of a closed month (pure)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from app.points.figures import CONFIRMED, CONTRADICTED, FAILED, LEFT_OUT, SUCCEEDED
from app.points.formula import ZERO, AccuracyFigures, SuccessFigures

NO_PART = "no_part"  # how a work order counts for who has no credit for it


class Kind(StrEnum):
    """What became known late; the cause of an adjustment begins with it."""

    LATE_WIN = "late_win"
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"
    COUNTED_AGAIN = "counted_again"
    CREDIT_MOVED = "credit_moved"
    VERDICT = "verdict"
    BASE_POINTS = "base_points"

    @property
    def counter(self) -> str:
        """What it is called where such changes are counted."""
        return {Kind.LATE_WIN: "late_wins", Kind.VERDICT: "verdicts"}.get(self, self.value)


class Counted(Protocol):
    """How a work order was counted for a manager and how it counts, with the share of it; `score`: what was expected."""

    @property
    def counted_before(self) -> str: ...
    @property
    def share_before(self) -> Decimal: ...
    @property
    def counted_now(self) -> str: ...
    @property
    def share_now(self) -> Decimal: ...
    @property
    def score(self) -> Decimal: ...


class Judged(Protocol):
    """How a feedback was judged when it was paid, and how it is; weights are 1 / probability of being judged, or 0."""

    @property
    def verdict_before(self) -> str: ...
    @property
    def weight_before(self) -> Decimal: ...
    @property
    def verdict_now(self) -> str: ...
    @property
    def weight_now(self) -> Decimal: ...


def kind_of(before: str, now: str) -> Kind:
    """What it is called that a work order was counted so before and is so now, each success, failed, left_out or no_part."""
    if before == now or NO_PART in (before, now):
        return Kind.CREDIT_MOVED
    if now == LEFT_OUT:
        return Kind.LEFT_OUT
    if now == SUCCEEDED:
        return Kind.LATE_WIN
    return Kind.CANCELLED if before == SUCCEEDED else Kind.COUNTED_AGAIN


def step_of(change: Counted) -> SuccessFigures:
    """By how much the figures change."""
    before = _part(change.counted_before, change.share_before, change.score)
    return add_steps(_part(change.counted_now, change.share_now, change.score), [before], sign=-1)


def add_steps(figures: SuccessFigures, steps: Iterable[SuccessFigures], *, sign: int = 1) -> SuccessFigures:
    """The figures after these changes; the number of shared work orders stays as it was stated."""
    for step in steps:
        figures = SuccessFigures(
            figures.successes + sign * step.successes,
            figures.matured + sign * step.matured,
            figures.left_out + sign * step.left_out,
            figures.expected + sign * step.expected,
            figures.shared,
        )
    return figures


def read_figures(stored: Mapping[str, Any]) -> SuccessFigures:
    """The figures of a line as its explanation keeps them."""
    return SuccessFigures(
        successes=Decimal(stored["successes"]),
        matured=Decimal(stored["matured"]),
        left_out=Decimal(stored["left_out"]),
        expected=Decimal(stored["expected"]),
        shared=stored.get("shared", 0),
    )


def read_step(stored: Mapping[str, Any]) -> SuccessFigures:
    """The step of an adjustment as its explanation keeps it; the first ones changed successes alone."""
    return SuccessFigures(
        successes=Decimal(stored["step"]),
        matured=Decimal(stored.get("matured_step", 0)),
        left_out=Decimal(stored.get("left_out_step", 0)),
        expected=Decimal(stored.get("expected_step", 0)),
    )


def accuracy_step(change: Judged) -> AccuracyFigures:
    """By how much the figures of accuracy change."""
    before = _judged(change.verdict_before, change.weight_before)
    return add_accuracy(_judged(change.verdict_now, change.weight_now), [before], sign=-1)


def add_accuracy(figures: AccuracyFigures, steps: Iterable[AccuracyFigures], *, sign: int = 1) -> AccuracyFigures:
    """The figures of accuracy after these changes."""
    for step in steps:
        figures = AccuracyFigures(
            figures.confirmed + sign * step.confirmed,
            figures.contradicted + sign * step.contradicted,
            figures.unverifiable + sign * step.unverifiable,
            figures.truthful_weight + sign * step.truthful_weight,
            figures.judged_weight + sign * step.judged_weight,
        )
    return figures


def read_accuracy(stored: Mapping[str, Any], suffix: str = "") -> AccuracyFigures:
    """The figures of accuracy as an explanation keeps them; with `suffix` "_step" what an adjustment changed."""
    return AccuracyFigures(
        confirmed=stored["confirmed" + suffix],
        contradicted=stored["contradicted" + suffix],
        unverifiable=stored["unverifiable" + suffix],
        truthful_weight=Decimal(stored["truthful_weight" + suffix]),
        judged_weight=Decimal(stored["judged_weight" + suffix]),
    )


def _part(counted: str, share: Decimal, score: Decimal) -> SuccessFigures:
    assert counted in (SUCCEEDED, FAILED, LEFT_OUT, NO_PART)
    if counted == NO_PART:
        return SuccessFigures()
    if counted == LEFT_OUT:
        return SuccessFigures(left_out=share)
    return SuccessFigures(share if counted == SUCCEEDED else ZERO, share, ZERO, share * score)


def _judged(verdict: str, weight: Decimal) -> AccuracyFigures:
    if verdict == CONFIRMED:
        return AccuracyFigures(confirmed=1, truthful_weight=weight, judged_weight=weight)
    if verdict == CONTRADICTED:
        return AccuracyFigures(contradicted=1, judged_weight=weight)
    return AccuracyFigures(unverifiable=1)
