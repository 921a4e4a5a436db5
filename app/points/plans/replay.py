"""What closed months would have paid under another plan: who gains, who loses, how kinds of grid fare, what it costs (pure)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from app.core.numbers import share
from app.points.figures import ManagerFigures, points_of
from app.points.formula import ACCURACY, EXISTING_SCHEME, ONE, SUCCESS, ZERO, AccuracyFigures, Plan, SuccessFigures
from app.points.late.steps import read_accuracy, read_figures

KINDS = ("little", "some", "much")  # what the territory promises, by thirds of the grids


class PaidLine(NamedTuple):
    """A line of a closed month: its points, and the figures that its explanation keeps."""

    month: str
    staff_no: str
    grid_code: str
    component: str
    points: Decimal
    figures: Mapping[str, Any]


@dataclass(frozen=True)
class Replayed:
    """A manager over all of the months. `kind`: what the grid of the latest month promises."""

    staff_no: str
    grid_code: str
    kind: str
    paid: Decimal
    replayed: Decimal

    @property
    def change(self) -> Decimal:
        """Points more, or less, than were paid."""
        return self.replayed - self.paid


@dataclass(frozen=True)
class KindFigures:
    """Managers of grids of a kind, with the points of a manager's month, in the mean. `promise`: expected of a work order."""

    kind: str
    grids: int
    managers: int
    promise: Decimal | None
    paid: Decimal
    replayed: Decimal


@dataclass(frozen=True)
class Replay:
    """`gap_paid` and `gap_replayed`: between the kinds of grid that fare best and worst, in points of a manager's month."""

    months: list[str]
    managers: list[Replayed]
    winners: int
    losers: int
    unchanged: int
    cost_paid: Decimal
    cost_replayed: Decimal
    kinds: list[KindFigures]
    gap_paid: Decimal
    gap_replayed: Decimal


def replay_months(lines: Iterable[PaidLine], plan: Plan) -> Replay:
    """Every manager's months again by this plan, from the figures that their lines were paid by.

    Where a line of a component is missing, because the plan of then did not pay for it, the new plan's fallback counts. Late
    corrections are left out on both sides.
    """
    months: defaultdict[tuple[str, str], dict[str, PaidLine]] = defaultdict(dict)
    for line in lines:
        months[line.month, line.staff_no][line.component] = line
    promised = _promises(months.values())
    kinds = _kinds(promised)
    paid: defaultdict[str, list[Decimal]] = defaultdict(list)
    again: defaultdict[str, list[Decimal]] = defaultdict(list)
    grids: dict[str, str] = {}
    for (_, staff_no), own in sorted(months.items()):
        figures, ratio = _figures(own)
        paid[staff_no].append(sum((line.points for line in own.values()), ZERO))
        again[staff_no].append(sum(points_of(figures, plan, ratio).values(), ZERO))
        grids[staff_no] = next(iter(own.values())).grid_code
    people = [Replayed(who, grids[who], kinds[grids[who]], sum(paid[who], ZERO), sum(again[who], ZERO)) for who in sorted(paid)]
    of_kinds = [_of_kind(kind, people, paid, again, kinds, promised) for kind in KINDS if kind in {one.kind for one in people}]
    return Replay(
        months=sorted({month for month, _ in months}),
        managers=people,
        winners=sum(one.change > 0 for one in people),
        losers=sum(one.change < 0 for one in people),
        unchanged=sum(one.change == 0 for one in people),
        cost_paid=sum((one.paid for one in people), ZERO),
        cost_replayed=sum((one.replayed for one in people), ZERO),
        kinds=of_kinds,
        gap_paid=_gap([one.paid for one in of_kinds]),
        gap_replayed=_gap([one.replayed for one in of_kinds]),
    )


def _figures(own: Mapping[str, PaidLine]) -> tuple[ManagerFigures, Decimal]:
    """What a manager's month was paid by, and the company's ratio of then."""
    success, accuracy, existing = (own.get(component) for component in (SUCCESS, ACCURACY, EXISTING_SCHEME))
    figures = ManagerFigures(
        read_figures(success.figures) if success else SuccessFigures(),
        read_accuracy(accuracy.figures) if accuracy else AccuracyFigures(),
        tuple((line["component"], Decimal(line["points"])) for line in existing.figures["lines"]) if existing else (),
    )
    return figures, Decimal(success.figures["company_ratio"]) if success else ONE


def _promises(months: Iterable[Mapping[str, PaidLine]]) -> dict[str, tuple[Decimal, Decimal]]:
    """(expected, matured) of each grid."""
    found: defaultdict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for own in months:
        for line in own.values():
            expected, matured = found[line.grid_code]
            if line.component == SUCCESS:
                figures = read_figures(line.figures)
                expected, matured = expected + figures.expected, matured + figures.matured
            found[line.grid_code] = expected, matured
    return dict(found)


def _kinds(promised: Mapping[str, tuple[Decimal, Decimal]]) -> dict[str, str]:
    """Each grid's third by what its work orders promise; a grid without any promises little."""
    order = sorted(promised, key=lambda grid: (share(*promised[grid]) or ZERO, grid))
    return {grid: KINDS[place * len(KINDS) // len(order)] for place, grid in enumerate(order)}


def _of_kind(
    kind: str,
    people: Sequence[Replayed],
    paid: Mapping[str, list[Decimal]],
    again: Mapping[str, list[Decimal]],
    kinds: Mapping[str, str],
    promised: Mapping[str, tuple[Decimal, Decimal]],
) -> KindFigures:
    own = [one.staff_no for one in people if one.kind == kind]
    grids = [grid for grid, of_grid in kinds.items() if of_grid == kind]
    return KindFigures(
        kind=kind,
        grids=len(grids),
        managers=len(own),
        promise=share(sum((promised[grid][0] for grid in grids), ZERO), sum((promised[grid][1] for grid in grids), ZERO)),
        paid=_mean([points for who in own for points in paid[who]]),
        replayed=_mean([points for who in own for points in again[who]]),
    )


def _mean(points: Sequence[Decimal]) -> Decimal:
    return round(sum(points, ZERO) / len(points), 4) if points else ZERO


def _gap(means: Sequence[Decimal]) -> Decimal:
    return max(means) - min(means) if means else ZERO
