"""Where honest managers have habits of any share (pure): what is usual is the many shares that they have, not one and its spread.

Some write set phrases and most do not; some leave the screen open. No beta distribution has two humps, so that such habits would
look like cheating. The distribution of the shares is therefore left free: masses on a grid of shares that make the counts most
likely (Kiefer and Wolfowitz, 1956; by expectation and maximisation), and a little mass everywhere, as of one manager more.
"""

import numpy as np
from scipy.special import gammaln

from app.verification.chance import Counts, Numbers, Table

SHARES = 1 / (1 + np.exp(-np.linspace(-6.5, 4.5, 34)))  # from 0.15 % to 98.9 %
ROUNDS = 200


def masses_of(found: Counts, asked: Counts) -> Numbers:
    """How much of the managers has each of SHARES as its share of findings."""
    chances = np.exp(_log_chances(found, asked))
    masses = np.full(len(SHARES), 1 / len(SHARES))
    for _ in range(ROUNDS):
        each = chances * masses
        masses = (each / each.sum(axis=1, keepdims=True)).sum(axis=0) / max(len(found), 1) if len(found) else masses
    return np.asarray((masses * len(found) + 1 / len(SHARES)) / (len(found) + 1))


def mixed_binomial(asked: Counts, masses: Numbers) -> Table:
    """The chance of each number of findings, by number of reports asked about."""
    sizes, back = np.unique(asked, return_inverse=True)
    table = np.zeros((len(sizes), int(sizes.max(initial=0)) + 1))
    for row, size in enumerate(sizes):
        k = np.arange(size + 1)
        table[row, : size + 1] = np.exp(_log_chances(k, np.full(size + 1, size))) @ masses
    return table, back.reshape(-1)


def _log_chances(found: Counts, asked: Counts) -> Numbers:
    """Logarithm of the binomial probability, a column for each of SHARES."""
    n, k = asked.astype(float)[:, None], found.astype(float)[:, None]
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(ways + k * np.log(SHARES) + (n - k) * np.log1p(-SHARES))
