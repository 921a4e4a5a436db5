"""Sums of everything that is counted, for whatever they are of: the figures of every page come from these (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(frozen=True)
class Sums:
    """As `app.models.figures.Measures` says; of the days that were asked for."""

    dispatched: int = 0
    promised: Decimal = ZERO
    released: int = 0
    reports: int = 0
    contacted: int = 0
    reached: int = 0
    claimed: int = 0
    refused: int = 0
    pending: int = 0
    unreached: int = 0
    impossible: int = 0
    cost: Decimal = ZERO
    confirmed: int = 0
    contradicted: int = 0
    unverifiable: int = 0
    truthful_weight: Decimal = ZERO
    judged_weight: Decimal = ZERO
    truthful_squares: Decimal = ZERO
    judged_squares: Decimal = ZERO
    done: int = 0
    returned: int = 0
    expired: int = 0
    withdrawn: int = 0
    done_seconds: int = 0
    due: int = 0
    due_met: int = 0
    sold: Decimal = ZERO
    matured: Decimal = ZERO
    successes: Decimal = ZERO
    left_out: Decimal = ZERO
    expected: Decimal = ZERO
    value: Decimal = ZERO
    revenue: Decimal = ZERO


NAMES = tuple(field.name for field in fields(Sums))
NOTHING = Sums()


def add_up(all_sums: Iterable[Sums]) -> Sums:
    """The sums of all of them."""
    found = list(all_sums)
    return Sums(*(sum((getattr(one, name) for one in found), getattr(NOTHING, name)) for name in NAMES))
