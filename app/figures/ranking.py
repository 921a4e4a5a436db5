"""Places that do not rank noise: from which to which place somebody may be (pure).

Two are told apart where the 95 % interval of their difference leaves 0 out. It is put together from the intervals of both (MOVER:
G. Y. Zou and A. Donner 2008, Statistics in Medicine 27), so that it is as lopsided as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.figures.rates import Value


@dataclass(frozen=True)
class Place:
    """Between which places one is: 1 + how many are better for certain, to how many there are less those that are worse for
    certain. The same for all where no two can be told apart."""

    first: int
    last: int


def is_above(one: Value, other: Value) -> bool:
    """Whether one is above the other beyond chance."""
    if one.value is None or other.value is None:
        return False
    if one.low is None or other.high is None:
        return one.value > other.value
    difference = one.value - other.value
    spread = (one.value - one.low) ** 2 + (other.high - other.value) ** 2
    return difference > 0 and difference * difference > spread


def places_of(values: Sequence[Value], *, more_is_better: bool) -> list[Place | None]:
    """The place of each, in the order given; None for those of whom nothing is known."""
    known = [value for value in values if value.value is not None]
    places: list[Place | None] = []
    for value in values:
        if value.value is None:
            places.append(None)
            continue
        above = sum(is_above(other, value) for other in known)
        below = sum(is_above(value, other) for other in known)
        better, worse = (above, below) if more_is_better else (below, above)
        places.append(Place(1 + better, len(known) - worse))
    return places


def change_is_certain(now: Value, before: Value) -> bool:
    """Whether a figure moved beyond chance from one time to another."""
    return is_above(now, before) or is_above(before, now)


def per_cent_change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """By how much it changed, of what it was; None where it was nothing."""
    if now is None or not before:
        return None
    return ((now - before) / before).quantize(Decimal("0.0001"))
