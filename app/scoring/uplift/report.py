"""What was found about uplift, as figures and words that can be stored as JSON and drawn."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

MEAN = "mean"  # of the effects by T, X and DR
LEARNERS = ("t", "x", "dr", MEAN)
UPLIFT, PROPENSITY, RISK = "uplift", "propensity", "risk"
# Every ordering that is judged; `uplift` is what choosing among the learners is worth, judged where it was not chosen.
ORDERINGS = (UPLIFT, *LEARNERS, PROPENSITY, RISK)


@dataclass(frozen=True)
class Interval:
    """An estimate with the bounds of its bootstrap interval; `level` 0.95 leaves 2.5 % on each side."""

    estimate: float
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class OrderingFigures:
    """How well one ordering puts first whom the contact moves.

    qini: x100 per treated customer. autoc: x100. qini_gain and autoc_gain: paired differences to propensity, None for
    propensity itself. qini_curve: (targeted share 0..1, gain x100 per treated customer) from (0, 0) to (1, effect of
    treating all); the random line joins its ends. deciles: the effect seen in each tenth x100, best tenth first; None
    where a tenth lacks an arm.
    """

    name: str
    qini: Interval
    autoc: Interval
    qini_gain: Interval | None
    autoc_gain: Interval | None
    qini_curve: tuple[tuple[float, float], ...]
    deciles: tuple[float | None, ...]


@dataclass(frozen=True)
class UpliftReport:
    """Which ordering serves the next list, and why.

    rows = treated + control; rates are shares of positive labels (weighted); effect: of the contact on average, in
    probability. `known_shares`: chances of treatment were taken as the arm's share, else estimated per row.
    treatment_auc: how well the features foretell the arm, 0.5 = not at all. chosen: `uplift` or `propensity`; learner: the
    one that an uplift ordering uses. reason and warnings are sentences.
    """

    rows: int
    treated: int
    control: int
    treated_rate: float
    control_rate: float
    effect: Interval
    known_shares: bool
    treatment_auc: float
    orderings: tuple[OrderingFigures, ...]
    chosen: Literal["uplift", "propensity"]
    learner: str
    reason: str
    warnings: tuple[str, ...]
    folds: int
    repeats: int
    draws: int
    seed: int

    def of(self, name: str) -> OrderingFigures:
        """The figures of one ordering."""
        return next(ordering for ordering in self.orderings if ordering.name == name)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reverses it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "UpliftReport":
        """The report `to_dict` wrote, before or after JSON."""
        orderings = tuple(_ordering(each) for each in stored["orderings"])
        rest = {"effect": Interval(**stored["effect"]), "orderings": orderings, "warnings": tuple(stored["warnings"])}
        return cls(**{**stored, **rest})


def _ordering(stored: dict[str, Any]) -> OrderingFigures:
    intervals = {name: stored[name] and Interval(**stored[name]) for name in ("qini", "autoc", "qini_gain", "autoc_gain")}
    curve = tuple((float(share), float(gain)) for share, gain in stored["qini_curve"])
    return OrderingFigures(**{**stored, **intervals, "qini_curve": curve, "deciles": tuple(stored["deciles"])})
