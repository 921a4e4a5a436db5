"""What is usual of each rule among honest managers, and how likely each manager's findings are beside it (pure).

One family of rules says who is left out where the usual of another is learned: traces of one kind say nothing of those of another
where all is honest, so that leaving out by them moves nothing there, and takes most of those who cheat where many do.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.verification.chance import Counts, Numbers, Table, beta_binomial, combine, fit, surprise, tail
from app.verification.habits import SHARES, masses_of, mixed_binomial
from app.verification.rules.rule import PLACES, TIMES, Rule

DOUBTED = 0.1  # whoever's other families are less likely than that is left out
LEAST_PEERS = 100  # managers of one kind of grid; of fewer no share of their own is estimated
CUT = 0.001  # a chance below it counts as this in the mean, so that no single rule carries it
BY_KIND_OF_GRID = (PLACES, TIMES)


@dataclass(frozen=True)
class Count:
    """Of each manager: reports that a rule could judge, and those of them at which it found something."""

    asked: Counts
    found: Counts


@dataclass(frozen=True)
class Weighed:
    """A rule's counts beside the usual: `chance` of so many or more; `surprise`, what is usual of it, and its deviation;
    `honest_share` of the reports of an honest manager's kind of grid."""

    asked: Counts
    found: Counts
    chance: Numbers
    surprise: Numbers
    usual: Numbers
    deviation: Numbers
    honest_share: Numbers


def weigh(counts: Mapping[str, Count], rules: Mapping[str, Rule], peers: Counts) -> dict[str, Weighed]:
    """Each rule's counts beside what is usual: first of all managers, then of those whom the other families do not doubt."""
    everybody = np.ones(len(peers), dtype=bool)
    first = {code: _weigh_one(rules[code], count, peers, everybody) for code, count in counts.items()}
    counting: dict[str, list[Weighed]] = {}
    for code, one in first.items():
        if rules[code].counts:
            counting.setdefault(rules[code].family, []).append(one)
    chances = {family: chance_of_family(of_one) for family, of_one in counting.items()}
    weighed = {}
    for code, count in counts.items():
        others = [chance for family, chance in chances.items() if family != rules[code].family]
        trusted = combine(np.stack(others), np.ones((len(others), 1))) >= DOUBTED if others else everybody
        weighed[code] = _weigh_one(rules[code], count, peers, trusted)
    return weighed


def chance_of_family(rules: list[Weighed]) -> Numbers:
    """One probability of a family's rules for each manager, each rule by the reports that it could judge; 1 where none."""
    chances, weights = np.stack([one.chance for one in rules]), np.stack([one.asked for one in rules]).astype(float)
    some = weights.sum(axis=0) > 0
    return np.where(some, combine(np.where(weights > 0, chances, 1.0), np.where(some, weights, 1.0)), 1.0)


def _weigh_one(rule: Rule, count: Count, peers: Counts, trusted: NDArray[np.bool_]) -> Weighed:
    people = len(peers)
    parts = [np.zeros(people) for _ in range(5)]
    for group in _groups(peers) if rule.family in BY_KIND_OF_GRID else [np.arange(people)]:
        found, asked = count.found[group], count.asked[group]
        table, share = _usual(rule, found, asked, trusted[group])
        figures: tuple[Numbers | float, ...] = (tail(found, table), *surprise(found, table, cut=CUT), share)
        for part, values in zip(parts, figures, strict=True):
            part[group] = values
    return Weighed(count.asked, count.found, *parts)


def _usual(rule: Rule, found: Counts, asked: Counts, trusted: NDArray[np.bool_]) -> tuple[Table, float]:
    known = trusted & (asked > 0)
    if rule.habit:
        masses = masses_of(found[known], asked[known])
        return mixed_binomial(asked, masses), float(masses @ SHARES)
    share, likeness = fit(found[known], asked[known], expected=rule.expected, alike=rule.alike)
    return beta_binomial(asked, share, likeness), share


def _groups(peers: Counts) -> list[NDArray[np.intp]]:
    """Managers by kind of grid; those of kinds with few managers together."""
    kinds, back, sizes = np.unique(peers, return_inverse=True, return_counts=True)
    large = [np.flatnonzero(back == number) for number in range(len(kinds)) if sizes[number] >= LEAST_PEERS]
    rest = np.flatnonzero(sizes[back] < LEAST_PEERS)
    return [*large, rest] if len(rest) else large
