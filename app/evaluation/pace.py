"""How fast a campaign was carried out (pure): from dispatch to phone, to the first contact, to the order."""

from dataclasses import dataclass

import numpy as np

from app.evaluation.facts import Facts, Floats

HOUR = 3600.0
STEPS = ("dispatch_to_release", "release_to_contact", "contact_to_order", "dispatch_to_order")


@dataclass(frozen=True)
class Step:
    """One step of those work orders that took it: how many, and hours it took in the middle case and in nine of ten."""

    code: str
    orders: int
    median_hours: float | None
    p90_hours: float | None


@dataclass(frozen=True)
class Pace:
    """The steps; and of the work orders that were on a phone the share first contacted by the day they were planned for."""

    steps: tuple[Step, ...]
    released: int
    within_plan: int
    share_within_plan: float | None


def measure_pace(facts: Facts) -> Pace:
    """An order that came before its step's beginning (a sale without a talk before it) is not in that step."""
    ways = (
        (facts.dispatched_at, facts.released_at),
        (facts.released_at, facts.contacted_at),
        (facts.contacted_at, facts.ordered_at),
        (facts.dispatched_at, facts.ordered_at),
    )
    released = int(facts.released.sum())
    within = int((facts.released & facts.contacted & facts.within_plan).sum())
    steps = tuple(_step(code, start, end) for code, (start, end) in zip(STEPS, ways, strict=True))
    return Pace(steps, released, within, within / released if released else None)


def _step(code: str, start: Floats, end: Floats) -> Step:
    taken = (end - start)[~np.isnan(start) & ~np.isnan(end) & (end >= start)] / HOUR
    if not len(taken):
        return Step(code, 0, None, None)
    median, p90 = np.quantile(taken, [0.5, 0.9])
    return Step(code, len(taken), float(median), float(p90))
