"""From figures to points: rates, the line between floor and target, weights and fallbacks (pure, Decimal only).

The definitions are those of DESIGN section 5.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from app.core.numbers import round_points, share
from app.points.success_interval import Interval, index_interval, rate_interval

SUCCESS, ACCURACY, EXISTING_SCHEME = "success", "accuracy", "existing_scheme"
ZERO, ONE = Decimal(0), Decimal(1)


class Pays(StrEnum):
    """What the success component of a plan is computed from."""

    SUCCESS_RATE = "success_rate"
    SUCCESS_INDEX = "success_index"


@dataclass(frozen=True)
class ComponentRule:
    """Weight in points; floor and target are values of the component; cap and fallback are shares of the weight."""

    component: str
    weight: Decimal
    floor: Decimal
    target: Decimal
    cap: Decimal
    fallback: Decimal


@dataclass(frozen=True)
class Plan:
    """The rules of a month. `index_prior` is k of the success index; minima are numbers of work orders and feedbacks."""

    code: str
    version: int
    pays: str
    index_prior: Decimal
    minimum_matured: int
    minimum_judged: int
    components: tuple[ComponentRule, ...]

    def pays_for(self, component: str) -> bool:
        """Whether the plan has this component."""
        return any(rule.component == component for rule in self.components)

    def rule_of(self, component: str) -> ComponentRule:
        """The rule of one component; raises StopIteration where the plan has none."""
        return next(rule for rule in self.components if rule.component == component)


DEFAULT_PLAN = Plan(
    code="default",
    version=1,
    pays=Pays.SUCCESS_RATE,
    index_prior=Decimal(5),
    minimum_matured=1,
    minimum_judged=5,
    components=(
        ComponentRule(SUCCESS, Decimal(20), Decimal("0.02"), Decimal("0.20"), ONE, Decimal("0.5")),
        ComponentRule(ACCURACY, Decimal(20), Decimal("0.60"), Decimal("0.95"), ONE, Decimal("0.5")),
        ComponentRule(EXISTING_SCHEME, Decimal(60), ZERO, Decimal(100), ONE, ZERO),
    ),
)


@dataclass(frozen=True)
class SuccessFigures:
    """A manager's matured work orders of a month: sums of the credit for them, 1 for each that is not shared (app.points.credit).

    `left_out` are not among `matured`; `expected` is the sum of credit x score. `shared`: of how many a colleague has a part.
    """

    successes: Decimal = ZERO
    matured: Decimal = ZERO
    left_out: Decimal = ZERO
    expected: Decimal = ZERO
    shared: int = 0


@dataclass(frozen=True)
class AccuracyFigures:
    """A manager's feedback of a month by its standing verdict; weights are sums of 1 / probability of being judged, squares of
    their squares."""

    confirmed: int = 0
    contradicted: int = 0
    unverifiable: int = 0
    truthful_weight: Decimal = ZERO
    judged_weight: Decimal = ZERO
    truthful_squares: Decimal = ZERO
    judged_squares: Decimal = ZERO

    @property
    def judged(self) -> int:
        """Feedback that counts: confirmed or contradicted."""
        return self.confirmed + self.contradicted


@dataclass(frozen=True)
class Earned:
    """Points of one component. `value` is None where there was too little to judge, and the fallback was paid."""

    component: str
    value: Decimal | None
    normalised: Decimal
    points: Decimal

    @property
    def fell_back(self) -> bool:
        """Whether the plan's fallback was paid."""
        return self.value is None


def success_rate(figures: SuccessFigures) -> Decimal | None:
    """Successes / matured work orders, to 8 places; None where none matured."""
    return share(figures.successes, figures.matured)


def company_ratio(all_managers: Iterable[SuccessFigures]) -> Decimal:
    """m of the success index: actual / expected of the whole company; 1 where nothing was expected."""
    figures = list(all_managers)
    actual = sum((f.successes for f in figures), ZERO)
    expected = sum((f.expected for f in figures), ZERO)
    ratio = share(actual, expected)
    return ONE if ratio is None else ratio


def success_index(figures: SuccessFigures, *, ratio: Decimal, prior: Decimal) -> Decimal | None:
    """(actual + k*m) / (expected + k): achieved against allowed; None where k and the expected are 0."""
    return share(figures.successes + prior * ratio, figures.expected + prior)


def success_rate_interval(figures: SuccessFigures) -> Interval | None:
    """95 % interval of the success rate."""
    return rate_interval(figures.successes, figures.matured)


def success_index_interval(figures: SuccessFigures, *, ratio: Decimal, prior: Decimal) -> Interval | None:
    """95 % interval of the success index."""
    return index_interval(figures.successes + prior * ratio, figures.expected + prior)


def accuracy(figures: AccuracyFigures) -> Decimal | None:
    """Truthful / judged, both weighted; None where nothing was judged."""
    return share(figures.truthful_weight, figures.judged_weight)


def normalise(value: Decimal, rule: ComponentRule) -> Decimal:
    """Linear between floor (0) and target (1), never below 0, never above the cap, to 8 places."""
    if rule.target == rule.floor:
        return rule.cap if value >= rule.target else ZERO
    way = share(value - rule.floor, rule.target - rule.floor)
    return min(max(way or ZERO, ZERO), rule.cap)


def earn(value: Decimal | None, rule: ComponentRule) -> Earned:
    """Weight x normalised value; the fallback share of the weight where there is no value."""
    normalised = share(rule.fallback if value is None else normalise(value, rule), ONE) or ZERO
    return Earned(rule.component, value, normalised, round_points(rule.weight * normalised))


def earn_success(figures: SuccessFigures, plan: Plan, ratio: Decimal) -> Earned:
    """Points for success by what the plan pays; the fallback below the plan's minimum of matured work orders."""
    enough = figures.matured >= max(plan.minimum_matured, 1)
    if plan.pays == Pays.SUCCESS_INDEX:
        value = success_index(figures, ratio=ratio, prior=plan.index_prior)
    else:
        value = success_rate(figures)
    return earn(value if enough else None, plan.rule_of(SUCCESS))


def earn_accuracy(figures: AccuracyFigures, plan: Plan) -> Earned:
    """Points for truthful feedback; the fallback below the plan's minimum of judged feedback."""
    enough = figures.judged >= max(plan.minimum_judged, 1)
    return earn(accuracy(figures) if enough else None, plan.rule_of(ACCURACY))


def earn_existing(lines: Iterable[Decimal], plan: Plan) -> Earned:
    """Points of the operator's existing scheme: the sum of its lines, each on its scale of 0 to 100."""
    return earn(sum(lines, ZERO), plan.rule_of(EXISTING_SCHEME))
