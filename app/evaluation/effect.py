"""What a campaign truly added (pure): treated against control, and how far contacts of controls blur it."""

from dataclasses import dataclass

import numpy as np

from app.evaluation.facts import Arm, Bools, Facts, Integers, Touch
from app.evaluation.intervals import difference_interval

FEWEST_CONTROLS, FEWEST_BOUGHT = 30, 5  # below, nothing can be said of a difference


@dataclass(frozen=True)
class ArmFigures:
    """One arm: customers, how many bought, the mean of their frozen scores (None: nobody), how many were contacted."""

    customers: int
    bought: int
    mean_score: float | None
    contacted: int


@dataclass(frozen=True)
class Effect:
    """The difference of two arms in shares of customers who bought, and what it makes of all treated in sales.

    `can_say`: there are enough of both for an interval to be worth reading. Shares and sales are None where an arm is empty.
    """

    treated: ArmFigures
    control: ArmFigures
    difference: float | None
    low: float | None
    high: float | None
    sales: float | None
    sales_low: float | None
    sales_high: float | None
    can_say: bool

    @property
    def verdict(self) -> str:
        """What may be said of it: more, fewer, open, or silent where there are too few."""
        if not self.can_say or self.low is None or self.high is None:
            return "silent"
        return "more" if self.low > 0 else "fewer" if self.high < 0 else "open"


@dataclass(frozen=True)
class Contamination:
    """Controls who were contacted all the same, by what, and treated who never were, by the word of where they stand.

    `without` leaves both out: no fair comparison, because who could be reached differs from who could not; it stands beside the
    other. `per_contact`: what a contact adds where it is made, the effect of all divided by the difference in contacts made
    (A. Bloom 1984; G. Imbens and J. Angrist 1994); None where no more treated than controls were contacted.
    """

    controls: int
    controls_contacted: int
    by: dict[str, int]
    treated: int
    never_contacted: int
    without: Effect
    per_contact: tuple[float, float, float] | None


def effect_of(facts: Facts, arm: Integers, rows: Bools | None = None) -> Effect:
    """By intention to treat: everybody whom chance chose for a contact against everybody whom it chose for the control, whatever
    became of either. Anything else would compare customers who could be reached with customers nobody tried to reach.
    """
    chosen = np.ones(len(arm), np.bool_) if rows is None else rows
    treated, control = (_arm(facts, (arm == which) & chosen) for which in (Arm.TREATED, Arm.CONTROL))
    if not treated.customers or not control.customers:
        return Effect(treated, control, None, None, None, None, None, None, can_say=False)
    found = difference_interval(treated.bought, treated.customers, control.bought, control.customers)
    difference, low, high = (float(one) for one in found)
    enough = min(treated.customers, control.customers) >= FEWEST_CONTROLS
    return Effect(
        treated,
        control,
        difference,
        low,
        high,
        sales=difference * treated.customers,
        sales_low=low * treated.customers,
        sales_high=high * treated.customers,
        can_say=enough and treated.bought + control.bought >= FEWEST_BOUGHT,
    )


def contamination_of(facts: Facts, arm: Integers) -> Contamination:
    """Who of either arm did not get what chance chose for them. A contact about another product is counted, and blurs nothing."""
    touched = blurs(facts)
    controls, treated = arm == Arm.CONTROL, arm == Arm.TREATED
    kinds = {kind.name.lower(): int((controls & (facts.touch == kind)).sum()) for kind in Touch if kind is not Touch.NONE}
    never = treated & ~facts.contacted
    as_chosen = (treated & facts.contacted) | (controls & ~touched)
    return Contamination(
        controls=int(controls.sum()),
        controls_contacted=int((controls & touched).sum()),
        by={kind: count for kind, count in kinds.items() if count},
        treated=int(treated.sum()),
        never_contacted=int(never.sum()),
        without=effect_of(facts, arm, as_chosen),
        per_contact=_per_contact(facts, arm),
    )


def blurs(facts: Facts) -> Bools:
    """Whether a target was contacted in a way that may sell the campaign's own product."""
    touched: Bools = (facts.touch != Touch.NONE) & (facts.touch != Touch.OTHER_OFFER)
    return touched


def _per_contact(facts: Facts, arm: Integers) -> tuple[float, float, float] | None:
    whole = effect_of(facts, arm)
    if whole.difference is None or whole.low is None or whole.high is None:
        return None
    more = whole.treated.contacted / whole.treated.customers - whole.control.contacted / whole.control.customers
    return (whole.difference / more, whole.low / more, whole.high / more) if more > 0 else None


def _arm(facts: Facts, rows: Bools) -> ArmFigures:
    count = int(rows.sum())
    contacted = facts.contacted | blurs(facts)
    return ArmFigures(
        customers=count,
        bought=int((facts.bought & rows).sum()),
        mean_score=float(facts.score[rows].mean()) if count else None,
        contacted=int((contacted & rows).sum()),
    )
