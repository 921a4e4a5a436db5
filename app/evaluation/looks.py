"""Uplift by score band and by segment (pure): many looks at one campaign, and what of them is more than chance.

Who looks at twenty groups finds one "significant" by chance alone. So every interval is as wide as it must be for all of them
to hold together: with m looks each has the level 1 - 0.05 / m (C. E. Bonferroni 1936). A group stands out where its own
interval lies on one side of zero and R. A. Fisher's exact test (1922) says so too at the same level: so far out in the tails
of few sales no approximation holds what it promises, and the exact test never promises too much. Where nothing was added, some
group stands out in at most one campaign of twenty.
"""

from dataclasses import dataclass

import numpy as np

from app.evaluation.effect import FEWEST_CONTROLS
from app.evaluation.facts import Arm, Bools, Facts, Floats, Integers
from app.evaluation.intervals import LEVEL, Interval, difference_interval

BANDS = 5
FEWEST_SALES = 5.0  # of the controls of a group, expected by the rate of both arms; with fewer nothing could be seen


@dataclass(frozen=True)
class Look:
    """One group: treated and controls with those who bought, and the difference with its corrected interval.

    `low_score` to `high_score` of a band; None of a segment. `verdict`: more, fewer, open; silent: too few to look at.
    """

    name: str
    treated: int
    treated_bought: int
    control: int
    control_bought: int
    difference: float | None
    low: float | None
    high: float | None
    verdict: str
    low_score: float | None = None
    high_score: float | None = None


@dataclass(frozen=True)
class Looks:
    """All looks: `count` of them with enough to look at, each at `level`, so that all hold together at 95 %."""

    count: int
    level: float
    bands: tuple[Look, ...]
    segments: tuple[Look, ...]


def look_closer(facts: Facts, arm: Integers, segments: tuple[str, ...]) -> Looks:
    """By band of the frozen score, best first, and by segment of the customer."""
    compared = arm != Arm.NEITHER
    band, edges = bands_of(facts.score, compared)
    groups = [(f"{place + 1}", compared & (band == place)) for place in range(len(edges))]
    groups += [(name, compared & (facts.segment == place)) for place, name in enumerate(segments)]
    counts = np.array([_counts(facts, arm, rows) for _, rows in groups], dtype=np.int64).reshape(-1, 4)
    level, enough = corrected_level(counts)
    found = difference_interval(counts[:, 1], counts[:, 0], counts[:, 3], counts[:, 2], level=level)
    side = stand_out(counts, found, level)
    bounds = list(zip(found.estimate, found.low, found.high, strict=True))
    looks = [
        _look(name, counts[place], bounds[place], int(side[place]) if enough[place] else None)
        for place, (name, _) in enumerate(groups)
    ]
    bands = tuple(
        Look(**{**vars(look), "low_score": low, "high_score": high}) for look, (low, high) in zip(looks, edges, strict=False)
    )
    return Looks(int(enough.sum()), level, bands, tuple(look for look in looks[len(edges) :] if look.treated + look.control))


def corrected_level(counts: Integers) -> tuple[float, Bools]:
    """(level of each look, which groups are looked at); counts: treated, of them bought, controls, of them bought (groups, 4)."""
    treated, bought, control, control_bought = counts.T
    sales = control * (bought + control_bought) / np.maximum(treated + control, 1)
    enough = (np.minimum(treated, control) >= FEWEST_CONTROLS) & (sales >= FEWEST_SALES)
    return 1 - (1 - LEVEL) / max(int(enough.sum()), 1), enough


def stand_out(counts: Integers, found: Interval, level: float) -> Integers:
    """For each group 1 where more treated bought than chance allows, -1 where fewer, else 0; counts as in corrected_level."""
    from scipy.stats import hypergeom  # a second to import, which only those pay who evaluate

    side = np.where(found.low > 0, 1, np.where(found.high < 0, -1, 0))
    treated, bought, control, control_bought = counts.T
    for place in np.flatnonzero(side):
        drawn = hypergeom(treated[place] + control[place], bought[place] + control_bought[place], treated[place])
        tail = drawn.sf(bought[place] - 1) if side[place] > 0 else drawn.cdf(bought[place])
        if 2 * tail > 1 - level:
            side[place] = 0
    return side


def bands_of(score: Floats, rows: Bools, *, bands: int = BANDS) -> tuple[Integers, list[tuple[float, float]]]:
    """Band of each target, 0 the best, each about as many of `rows`; and (lowest, highest) score of each. Equal scores are in
    one band, so that there may be fewer."""
    chosen = score[rows]
    if not len(chosen):
        return np.zeros(len(score), np.int64), []
    cuts = np.unique(np.quantile(chosen, np.arange(1, bands) / bands))
    place = np.searchsorted(cuts, score, side="right")
    used = np.unique(place[rows])[::-1]
    band = np.full(len(score), -1, dtype=np.int64)
    edges = []
    for number, one in enumerate(used):
        inside = place == one
        band[inside] = number
        edges.append((float(score[inside & rows].min()), float(score[inside & rows].max())))
    return band, edges


def _counts(facts: Facts, arm: Integers, rows: Bools) -> tuple[int, int, int, int]:
    treated, control = rows & (arm == Arm.TREATED), rows & (arm == Arm.CONTROL)
    return (
        int(treated.sum()),
        int((treated & facts.bought).sum()),
        int(control.sum()),
        int((control & facts.bought).sum()),
    )


def _look(name: str, counts: Integers, found: tuple[float, float, float], side: int | None) -> Look:
    treated, bought, control, control_bought = (int(one) for one in counts)
    if side is None:
        return Look(name, treated, bought, control, control_bought, None, None, None, "silent")
    estimate, low, high = (float(one) for one in found)
    verdict = {1: "more", -1: "fewer", 0: "open"}[side]
    return Look(name, treated, bought, control, control_bought, estimate, low, high, verdict)
