"""How likely so many findings are among honest managers (pure): a beta-binomial whose share comes from the many, not the few.

A share that differs a little from manager to manager makes counts beta-binomial; how much they differ is estimated from the
same managers (method of moments; Kleinman, 1973). Managers who do not fit are left out of the estimate and it is made again, so
that those who cheat do not widen what is taken for honest.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaincc, gammaln

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

ROUNDS = 20
MISFIT = 0.05
MOST_SHARE, MOST_ALIKE = 0.95, 0.5
LEAST_SPREAD = 0.8
TRIMS = 3
FAR = 0.001  # who is so far is left out of the bulk


def fit(found: Counts, asked: Counts, *, expected: float, alike: float) -> tuple[float, float]:
    """Share of honest reports at which a rule finds something, and likeness within a manager; never below those given.

    Both are moved until those who fit look as a beta-binomial does that is cut off where they are.
    """
    found, asked = found[asked > 0], asked[asked > 0]
    share, likeness = expected, alike
    if len(found) == 0:
        return share, likeness
    for _ in range(ROUNDS):
        chances, back = _table(asked, share, likeness)
        fits = (_from_there_on(chances) > MISFIT) & (chances > 0)
        kept = fits[back, found]
        many, spread = _cut_moments(chances * fits, np.unique(asked), share)
        among, size = back[kept], asked[kept]
        off = found[kept] - size * share
        share = _moved(share, found[kept].sum(), many[among].sum(), least=expected, most=MOST_SHARE)
        likeness = _moved(likeness, (off**2).sum(), spread[among].sum(), least=alike, most=MOST_ALIKE)
    return share, likeness


def _cut_moments(chances: Numbers, sizes: Counts, share: float) -> tuple[Numbers, Numbers]:
    """Mean of the findings, and of their squared distance from what is expected, among those who fit; by number of reports."""
    k, total = np.arange(chances.shape[1]), chances.sum(axis=1)
    off = k[None, :] - sizes[:, None] * share
    return (chances * k).sum(axis=1) / total, (chances * off**2).sum(axis=1) / total


def _moved(value: float, seen: float, thought: float, *, least: float, most: float) -> float:
    """A parameter moved towards what was seen, at most to double or half."""
    return min(max(value * min(max(seen / max(thought, 1e-12), 0.5), 2.0), least), most)


def tail(found: Counts, asked: Counts, share: float, likeness: float) -> Numbers:
    """Probability of so many findings or more."""
    chances, back = _table(asked, share, likeness)
    return np.asarray(_from_there_on(chances)[back, found])


def surprise(found: Counts, asked: Counts, share: float, likeness: float, *, cut: float) -> tuple[Numbers, Numbers, Numbers]:
    """How surprising so many are, and the mean and standard deviation of that among honest managers asked as often.

    Surprise is minus twice the logarithm of the tail (just so many count half), at most that of the tail `cut`, so that no
    single rule carries all. Mean and deviation are exact sums over the beta-binomial.
    """
    chances, back = _table(asked, share, likeness)
    bits = -2 * np.log(np.clip(_from_there_on(chances) - chances / 2, cut, 1))
    mean = (chances * bits).sum(axis=1)
    deviation = np.sqrt(np.maximum((chances * bits**2).sum(axis=1) - mean**2, 0))
    return bits[back, found], mean[back], deviation[back]


def _from_there_on(chances: Numbers) -> Numbers:
    """Summed from the far end, so that small tails keep their digits."""
    return np.asarray(np.clip(np.cumsum(chances[:, ::-1], axis=1)[:, ::-1], 0, 1))


def _table(asked: Counts, share: float, likeness: float) -> tuple[Numbers, Counts]:
    """The chance of each number of findings, a row for each number of reports asked about; and whose is which row."""
    sizes, back = np.unique(asked, return_inverse=True)
    a, b = share * (1 / likeness - 1), (1 - share) * (1 / likeness - 1)
    n, k = sizes[:, None].astype(float), np.arange(int(sizes.max(initial=0)) + 1, dtype=float)[None, :]
    within = np.minimum(k, n)
    logs = gammaln(n + 1) - gammaln(within + 1) - gammaln(n - within + 1) + betaln(within + a, n - within + b) - betaln(a, b)
    return np.exp(logs) * (k <= n), back.reshape(-1)


def among_the_many(sums: Numbers, mean: Numbers, deviation: Numbers) -> Numbers:
    """Probability of sums so large, of gamma distributions around what the bulk of the managers shows.

    `mean`, `deviation`: of each manager's sum by theory. How the bulk stands to it is taken from the closest half of those who
    fit (an empirical null, Efron 2004; the shorth, Rousseeuw and Leroy 1988), because rules hang together and what they are taken
    to expect is rounded up.
    """
    apart, kept, chances = (sums - mean) / deviation, np.ones(len(sums), dtype=bool), np.ones(len(sums))
    for _ in range(TRIMS):
        shift, spread = _closest_half(apart[kept])
        centre, width = np.maximum(mean + shift * deviation, mean * LEAST_SPREAD), max(spread, LEAST_SPREAD) * deviation
        chances = gammaincc((centre / width) ** 2, np.maximum(sums, 0) * centre / width**2)
        kept = chances > FAR
    return np.asarray(chances)


def _closest_half(values: Numbers) -> tuple[float, float]:
    """Middle of the half of the values that lie closest together, and the deviation of a normal distribution with such a half."""
    ordered, half = np.sort(values), (len(values) + 1) // 2
    lengths = ordered[half - 1 :] - ordered[: len(values) - half + 1]
    first = int(np.argmin(lengths))
    return float(np.median(ordered[first : first + half])), float(lengths[first]) / 1.349


def combine(chances: Numbers, weights: Numbers) -> Numbers:
    """One probability of several along the first axis, whatever hangs together (Cauchy combination; Liu and Xie, 2020)."""
    bounded = np.clip(chances, 1e-15, 0.99)
    total = (np.tan((0.5 - bounded) * np.pi) * weights).sum(axis=0) / np.broadcast_to(weights, chances.shape).sum(axis=0)
    return np.asarray(0.5 - np.arctan(total) / np.pi)


def discoveries(chances: Numbers, rate: float) -> NDArray[np.bool_]:
    """Which to take so that at most `rate` of them are false in the long run (Benjamini and Hochberg, 1995)."""
    order = np.argsort(chances, kind="stable")
    fits = chances[order] <= rate * np.arange(1, len(chances) + 1) / max(len(chances), 1)
    taken = np.zeros(len(chances), dtype=bool)
    if fits.any():
        taken[order[: int(np.flatnonzero(fits)[-1]) + 1]] = True
    return taken
