"""What is known of each target of a campaign, as columns (pure): the one input of everything that is evaluated.

Instants are seconds since 1970, NaN where it did not happen. Money is in ten-thousandths.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Arm(IntEnum):
    """What chance decided of a target: `treated` were to be contacted, whatever came of it; `control` were not. The others were
    out before chance was asked, came onto the list another way, or wait outside of a pilot."""

    NEITHER = 0
    TREATED = 1
    CONTROL = 2


class Counted(IntEnum):
    """How a work order counts (DESIGN 5); NONE: the target has none."""

    NONE = 0
    FAILED = 1
    SUCCESS = 2
    LEFT_OUT = 3


class Touch(IntEnum):
    """By what a target, above all a control, was contacted all the same while the campaign was to be judged; the first that
    holds. Only OTHER_OFFER says nothing of the campaign's own product."""

    NONE = 0
    THIS_CAMPAIGN = 1
    OTHER_CAMPAIGN = 2
    EARLIER_SYSTEM = 3
    OTHER_OFFER = 4
    CALL = 5


@dataclass(frozen=True)
class Facts:
    """Targets of one list, each column (n,). Codes are places in the words that come along.

    reason: of REASON_WORDS; decided_late: it was decided after the list was drawn; explored: drawn by chance from below the list.
    bought: an order of the product family since the list was drawn, in time and not cancelled; win: its id, 0 for none. Both
    are asked of every target alike. counted, revenue, margin: of the work order, from its dispatch on. closed: of `closings`,
    -1 where the work order is not closed; outcome, objection: the last one reported, -1 where none was.
    leads: its contact is paid by this order; within_plan: first contacted by the day it was planned for.
    talk: of `talks`, what the phone proposed to say, -1 without a work order. Segment: of `segments`.
    """

    grid: Integers
    segment: Integers
    score: Floats
    reason: Integers
    decided_late: Bools
    explored: Bools
    bought: Bools
    win: Integers
    touch: Integers
    state: Integers
    closed: Integers
    counted: Integers
    revenue: Integers
    margin: Integers
    leads: Bools
    within_plan: Bools
    dispatched_at: Floats
    released_at: Floats
    contacted_at: Floats
    ordered_at: Floats
    reached: Bools
    interested: Bools
    outcome: Integers
    objection: Integers
    talk: Integers

    @property
    def has_order(self) -> Bools:
        """Those with a work order."""
        found: Bools = self.counted != Counted.NONE
        return found

    @property
    def released(self) -> Bools:
        """Those whose work order was on a phone."""
        return ~np.isnan(self.released_at)

    @property
    def contacted(self) -> Bools:
        """Those of whom a contact, or the trial of one, was reported on their work order."""
        return ~np.isnan(self.contacted_at)


@dataclass(frozen=True)
class Talk:
    """What was to be said: a line of the talk tracks, for what feature; without one what is said to everybody."""

    feature: str | None
    zh: str
    en: str


@dataclass(frozen=True)
class Words:
    """What the codes of Facts stand for."""

    segments: Sequence[str]
    closings: Sequence[str]
    talks: Sequence[Talk]


def arms_of(facts: Facts, *, gates: Bools, control: int, outside_pilot: int, by_grids: bool) -> Integers:
    """Arm of each target.

    gates: of each code of a reason, whether it is asked before chance is (REASONS without control). A gate that spoke only
    after the list was drawn (decided_late) takes nobody out of the arm: what happened afterwards must not choose who is
    compared. The explored have no control, because chance asked the list alone. A pilot `by_grids` is compared in its grids.
    """
    out = (gates[facts.reason] & ~facts.decided_late) | facts.explored
    waiting = facts.reason == outside_pilot
    arm = np.where(out | waiting, Arm.NEITHER, np.where(facts.reason == control, Arm.CONTROL, Arm.TREATED))
    if by_grids and waiting.any():
        inside = np.unique(facts.grid[arm == Arm.TREATED])
        arm = np.where(np.isin(facts.grid, inside), arm, Arm.NEITHER)
    return arm.astype(np.int64)
