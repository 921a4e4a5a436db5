"""How likely so many findings are among honest managers (pure): a beta-binomial whose share comes from the many, not the few.

A share that differs a little from manager to manager makes counts beta-binomial; how much they differ is estimated from the
same managers (method of moments; Kleinman, 1973). Those who cheat must not widen what is taken for honest, also where they are
two of five: so it is estimated in two ways, from those who fit and beside others who may do anything, and the lower one rules.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaincc, gammaln

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
Table = tuple[Numbers, Counts]  # a row of chances for each number of reports asked about, and whose is which row

LOWER = 0.25
ROUNDS = 20
MISFIT = 0.05
MOST_SHARE, MOST_ALIKE = 0.95, 0.15  # with more likeness than that, a few who cheat much would look like honest ones who differ
MIXING_ROUNDS = 60
OTHERS = (1.0, 2.0)  # of the beta distribution of the shares of those who are not honest: anything, little more often than much
MOST_OTHERS = 0.5
LEAST_SPREAD = 0.8
TRIMS = 3
FAR = 0.001  # who is so far is left out of the bulk


def fit(found: Counts, asked: Counts, *, expected: float, alike: float) -> tuple[float, float]:
    """Share of honest reports at which a rule finds something, and likeness within a manager; never below those given.

    Who cheats can only raise an estimate, and where many do one of the two may take them in: so the lower one rules. Where both
    are right it is a little too low itself, above all in how alike one manager's reports are: hence a part of the way up.
    """
    found, asked = found[asked > 0], asked[asked > 0]
    if len(found) == 0:
        return expected, alike
    first = min(max(float(np.quantile(found / asked, LOWER)), expected), MOST_SHARE)  # what three of four do is no sign
    fits = [way(found, asked, first, expected, alike) for way in (_fit_who_fit, _fit_beside_others)]
    (share, likeness), (other_share, other_likeness) = fits
    return _near_the_lower(share, other_share, 1 / 4), _near_the_lower(likeness, other_likeness, 1 / 2)


def _near_the_lower(one: float, other: float, part: float) -> float:
    """The lower one and this part of the way to the other, which is at most as long as the lower one."""
    low, high = sorted((float(one), float(other)))
    return low + min(high - low, low) * part


def _fit_who_fit(found: Counts, asked: Counts, first: float, expected: float, alike: float) -> tuple[float, float]:
    """Both are moved until those who fit look as a beta-binomial does that is cut off where they are."""
    share, likeness = first, alike
    for _ in range(ROUNDS):
        chances, back = beta_binomial(asked, share, likeness)
        fits = (_from_there_on(chances) > MISFIT) & (chances > 0)
        kept = fits[back, found]
        many, spread = _cut_moments(chances * fits, np.unique(asked), share)
        among, size = back[kept], asked[kept]
        off = found[kept] - size * share
        share = _moved(share, found[kept].sum(), many[among].sum(), least=expected, most=MOST_SHARE)
        likeness = _moved(likeness, (off**2).sum(), spread[among].sum(), least=alike, most=MOST_ALIKE)
    return share, likeness


def _fit_beside_others(found: Counts, asked: Counts, first: float, expected: float, alike: float) -> tuple[float, float]:
    """Both by the managers as far as they are honest, which is weighed against their being others, whose share is anything
    (mixture by expectation and maximisation; Dempster, Laird and Rubin, 1977; moments instead of likelihood)."""
    share, likeness, others = first, alike, 0.2
    n, k = asked.astype(float), found.astype(float)
    other = np.exp(_log_chance(k, n, *OTHERS))
    for _ in range(MIXING_ROUNDS):
        honest = (1 - others) * np.exp(_log_chance(k, n, *_shape(share, likeness)))
        weight = honest / np.maximum(honest + others * other, 1e-300)
        others = min(1 - float(weight.mean()), MOST_OTHERS)
        share = min(max(float((weight * k).sum() / max((weight * n).sum(), 1e-9)), expected), MOST_SHARE)
        each = weight * n * share * (1 - share)
        beyond = float((weight * (k - n * share) ** 2).sum() - each.sum())
        likeness = min(max(beyond / max(float((each * (n - 1)).sum()), 1e-12), alike), MOST_ALIKE)
    return share, likeness


def _shape(share: float, likeness: float) -> tuple[float, float]:
    """The two parameters of the beta distribution with this mean and likeness."""
    return share * (1 / likeness - 1), (1 - share) * (1 / likeness - 1)


def _log_chance(k: Numbers, n: Numbers, a: float, b: float) -> Numbers:
    """Logarithm of the probability of k of n."""
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(ways + betaln(k + a, n - k + b) - betaln(a, b))


def _cut_moments(chances: Numbers, sizes: Counts, share: float) -> tuple[Numbers, Numbers]:
    """Mean of the findings, and of their squared distance from what is expected, among those who fit; by number of reports."""
    k, total = np.arange(chances.shape[1]), chances.sum(axis=1)
    off = k[None, :] - sizes[:, None] * share
    return (chances * k).sum(axis=1) / total, (chances * off**2).sum(axis=1) / total


def _moved(value: float, seen: float, thought: float, *, least: float, most: float) -> float:
    """A parameter moved towards what was seen, at most to double or half."""
    return min(max(value * min(max(seen / max(thought, 1e-12), 0.5), 2.0), least), most)


def tail(found: Counts, table: Table) -> Numbers:
    """Probability of so many findings or more."""
    chances, back = table
    return np.asarray(_from_there_on(chances)[back, found])


def surprise(found: Counts, table: Table, *, cut: float) -> tuple[Numbers, Numbers, Numbers]:
    """How surprising so many are, and the mean and standard deviation of that among honest managers asked as often.

    Surprise is minus twice the logarithm of the tail (just so many count half), at most that of the tail `cut`, so that no
    single rule carries all. Mean and deviation are exact sums over the table.
    """
    chances, back = table
    bits = -2 * np.log(np.clip(_from_there_on(chances) - chances / 2, cut, 1))
    mean = (chances * bits).sum(axis=1)
    deviation = np.sqrt(np.maximum((chances * bits**2).sum(axis=1) - mean**2, 0))
    return bits[back, found], mean[back], deviation[back]


def _from_there_on(chances: Numbers) -> Numbers:
    """Summed from the far end, so that small tails keep their digits."""
    return np.asarray(np.clip(np.cumsum(chances[:, ::-1], axis=1)[:, ::-1], 0, 1))


def beta_binomial(asked: Counts, share: float, likeness: float) -> Table:
    """The chance of each number of findings, a row for each number of reports asked about; and whose is which row."""
    sizes, back = np.unique(asked, return_inverse=True)
    n, k = sizes[:, None].astype(float), np.arange(int(sizes.max(initial=0)) + 1, dtype=float)[None, :]
    return np.exp(_log_chance(np.minimum(k, n), n, *_shape(share, likeness))) * (k <= n), back.reshape(-1)


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
