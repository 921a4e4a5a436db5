"""What is posted to the ledger, in whole units of 1/10,000 point, and the words of what is taken back (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.core.numbers import POINT_STEP

UNITS = 10_000  # in a point


@dataclass(frozen=True)
class Posting:
    """A line for a manager, to the debit of the plan. `points` may be below 0, with at most four places.

    `kind`: earned | adjustment | reversal | correction. All but earned name their cause; a reversal and a correction refer to
    the line that they are about, an adjustment to the one that it adds to, if there is one.
    """

    staff_id: int
    grid_id: int
    component: str
    kind: str
    points: Decimal
    plan_id: int
    explanation: Mapping[str, Any]
    refers_to_id: int | None = None
    cause: str | None = None
    dispute_id: UUID | None = None


def units_of(points: Decimal) -> int:
    """Points in whole units of the ledger; raises ValueError where they have more than four places."""
    units = points * UNITS
    if units != units.to_integral_value():
        raise ValueError(f"points: expected at most four places, got {points}")
    return int(units)


def points_of(units: int) -> Decimal:
    """Units of the ledger as points with four places."""
    return (Decimal(units) / UNITS).quantize(POINT_STEP)


def explain_reversal(*, entry_id: int, month: str, points: Decimal, reason: str) -> dict[str, Any]:
    """The line that takes another one back."""
    figures = {"entry_id": entry_id, "month": month, "points_before": str(points)}
    return {"words": f"Line {entry_id} of {month} ({points:f} points) is taken back: {reason}", "figures": figures}


def explain_correction(*, entry_id: int, month: str, before: Decimal, points: Decimal, reason: str) -> dict[str, Any]:
    """The line that stands instead of one that was taken back."""
    figures = {"entry_id": entry_id, "month": month, "points_before": str(before), "points_after": str(points)}
    return {"words": f"Instead of line {entry_id} of {month}: {points:f} points, not {before:f}. {reason}", "figures": figures}
