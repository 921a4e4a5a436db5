"""Made-up people whose reaction to a contact is known."""

import numpy as np

from app.scoring.uplift.learners import Sample


def people(seed, effect_of, *, count=6_000, chance_of=lambda x: np.full(len(x), 0.5)):
    """A sample of three figures x: who buys when left alone shows in the first; a contact changes it by `effect_of(x)`."""
    draws = np.random.default_rng(seed)
    x = draws.normal(size=(count, 3))
    base = 0.1 + 0.6 / (1 + np.exp(-2 * x[:, 0]))
    treated = draws.random(count) < chance_of(x)
    bought = draws.random(count) < base + treated * effect_of(x)
    return Sample(
        matrix=np.asfortranarray(x, dtype=np.float32),
        labels=bought.astype(float),
        treated=treated,
        weights=np.ones(count),
        chance=chance_of(x),
        groups=np.arange(count),
        text_positions=(),
    )


def persuadable(x):
    """Half of all are won by a contact, the other half put off by it; who they are has nothing to do with who buys."""
    return np.where(x[:, 1] > 0, 0.2, -0.08)


def nothing(x):
    """A contact changes nothing."""
    return np.zeros(len(x))
