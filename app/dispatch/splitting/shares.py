"""The grids of a split in two shares, which two processors can work on at once (pure NumPy)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.dispatch.splitting.grid import split_grid
from app.dispatch.splitting.terms import NOBODY, GridFigures, Integers, Managers, Outcome, Placement, Targets
from app.dispatch.splitting.worth import SplitRules

AWAY = 0.1  # of all targets: as many are split while a share of half of them is on its way
Part = tuple[Integers, Integers]  # of one grid: positions of the managers, positions of the targets, best first


@dataclass(frozen=True)
class Share:
    """Some of the grids, with the targets of these alone; `parts` count within them."""

    targets: Targets
    managers: Managers
    rules: SplitRules
    parts: list[Part]


Beside = Callable[[Share], Callable[[], Placement]]  # begins with a share, and gives what waits for its end


def empty_placement(targets: int, managers: int) -> Placement:
    """Nobody placed yet."""
    return Placement(
        outcome=np.full(targets, Outcome.NO_ACTIVE_MANAGER, dtype=np.int64),
        manager=np.full(targets, NOBODY, dtype=np.int64),
        day=np.full(targets, NOBODY, dtype=np.int64),
        worth=np.zeros(targets),
        short=np.zeros(managers, dtype=np.int64),
    )


def split_parts(
    targets: Targets, managers: Managers, rules: SplitRules, parts: Sequence[Part], placement: Placement, beside: Beside | None
) -> list[GridFigures]:
    """Split each grid, into `placement`; its figures in the order of `parts`. Grids share nothing: who splits one is the same."""
    others = _half_of(parts) if beside is not None else []
    figures: dict[int, GridFigures] = {}
    if beside is not None and others:
        rows = np.concatenate([parts[at][1] for at in others])
        wait = beside(Share(targets.only(rows), managers, rules, _counted_anew([parts[at] for at in others])))
    for at in sorted(set(range(len(parts))) - set(others)):
        figures[at] = split_grid(targets, managers, rules, *parts[at], placement)
    if others:
        found = wait()
        for name in ("outcome", "manager", "worth"):
            getattr(placement, name)[rows] = getattr(found, name)
        np.maximum(placement.short, found.short, out=placement.short)
        figures |= dict(zip(others, found.grids, strict=True))
    return [figures[at] for at in range(len(parts))]


def split_share(share: Share) -> Placement:
    """What a share comes to, of its own targets; on no day yet."""
    placement = empty_placement(len(share.targets.grid), len(share.managers.staff))
    figures = split_parts(share.targets, share.managers, share.rules, share.parts, placement, None)
    return Placement(placement.outcome, placement.manager, placement.day, placement.worth, tuple(figures), placement.short)


def _half_of(parts: Sequence[Part]) -> list[int]:
    """Positions of grids with somewhat less than half of the targets: the large ones first, each to who has less."""
    # A share takes its time on the way there and back.
    mine, others, chosen = 0, int(AWAY * sum(len(what) for _, what in parts)), []
    for at in sorted(range(len(parts)), key=lambda at: (-len(parts[at][1]), at)):
        if others < mine:
            others += len(parts[at][1])
            chosen.append(at)
        else:
            mine += len(parts[at][1])
    return sorted(chosen)


def _counted_anew(parts: Sequence[Part]) -> list[Part]:
    """The same parts where their targets stand one after the other."""
    ends = np.cumsum([len(what) for _, what in parts])
    return [(who, np.arange(end - len(what), end)) for (who, what), end in zip(parts, ends, strict=True)]
