"""What late news does to the figures of a closed month (pure)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from app.points.figures import FAILED, LEFT_OUT, SUCCEEDED
from app.points.formula import ZERO, SuccessFigures


class Kind(StrEnum):
    """What became known late; the cause of an adjustment begins with it."""

    LATE_WIN = "late_win"
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"
    COUNTED_AGAIN = "counted_again"

    @property
    def counter(self) -> str:
        """What it is called where such changes are counted."""
        return "late_wins" if self is Kind.LATE_WIN else self.value


class Counted(Protocol):
    """How a work order was counted and how it counts; `score`: what was expected of it."""

    @property
    def counted_before(self) -> str: ...
    @property
    def counted_now(self) -> str: ...
    @property
    def score(self) -> Decimal: ...


def kind_of(before: str, now: str) -> Kind:
    """What it is called that a work order was counted so before and is so now, each success, failed or left_out."""
    if now == LEFT_OUT:
        return Kind.LEFT_OUT
    if now == SUCCEEDED:
        return Kind.LATE_WIN
    return Kind.CANCELLED if before == SUCCEEDED else Kind.COUNTED_AGAIN


def step_of(change: Counted) -> SuccessFigures:
    """By how much the figures change."""
    before, now = _one(change.counted_before, change.score), _one(change.counted_now, change.score)
    return SuccessFigures(
        now.successes - before.successes,
        now.matured - before.matured,
        now.left_out - before.left_out,
        now.expected - before.expected,
    )


def add_steps(figures: SuccessFigures, steps: Iterable[SuccessFigures]) -> SuccessFigures:
    """The figures after these changes."""
    for step in steps:
        figures = SuccessFigures(
            figures.successes + step.successes,
            figures.matured + step.matured,
            figures.left_out + step.left_out,
            figures.expected + step.expected,
        )
    return figures


def read_step(stored: Mapping[str, Any]) -> SuccessFigures:
    """The step of an adjustment as its explanation keeps it; the first ones changed successes alone."""
    return SuccessFigures(
        int(stored["step"]),
        int(stored.get("matured_step", 0)),
        int(stored.get("left_out_step", 0)),
        Decimal(stored.get("expected_step", 0)),
    )


def _one(counted: str, score: Decimal) -> SuccessFigures:
    assert counted in (SUCCEEDED, FAILED, LEFT_OUT)
    if counted == LEFT_OUT:
        return SuccessFigures(0, 0, 1, ZERO)
    return SuccessFigures(int(counted == SUCCEEDED), 1, 0, score)
