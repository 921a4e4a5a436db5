"""The uplift part of a ranker: the chosen learner, fitted to all examples and kept as text beside the boosters of propensity."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.scoring.learning.boosting import Matrix, from_text, to_text
from app.scoring.uplift.curves import Floats
from app.scoring.uplift.learners import Sample, Term, fit_learners, predict

BAGS = 3


@dataclass(frozen=True)
class StoredTerm:
    """A `Term` with its booster as text."""

    coefficient: float
    is_probability: bool
    booster: str


@dataclass(frozen=True)
class UpliftPart:
    """The terms whose sum is the change in probability that a contact brings; they read the matrix of the ranker's encoding."""

    learner: str
    terms: tuple[StoredTerm, ...]

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "UpliftPart":
        """The part whose `dataclasses.asdict` was stored."""
        return cls(stored["learner"], tuple(StoredTerm(**term) for term in stored["terms"]))


def fit_part(sample: Sample, learner: str, *, seed: int, bags: int = BAGS, num_threads: int = 1) -> UpliftPart:
    """Fit the learner (`t`, `x`, `dr` or `mean`) `bags` times with other seeds; the mean counts.

    The same sample and seed give the same bytes.
    """
    terms = []
    for bag in range(bags):
        fitted = fit_learners(sample, seed=seed * 1000 + bag, num_threads=num_threads, only=learner)
        terms += [StoredTerm(t.coefficient / bags, t.is_probability, to_text(t.booster)) for t in fitted.terms[learner]]
    return UpliftPart(learner, tuple(terms))


def score_uplift(part: UpliftPart, matrix: Matrix, *, num_threads: int = 1) -> Floats:
    """Change in the probability of the outcome per row of the matrix (n, columns), about -1 to 1."""
    return predict(_load(part), matrix, num_threads=num_threads)


@lru_cache(maxsize=4)
def _load(part: UpliftPart) -> tuple[Term, ...]:
    return tuple(Term(term.coefficient, term.is_probability, from_text(term.booster)) for term in part.terms)
