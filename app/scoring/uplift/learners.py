"""Learners of what a contact changes: T, X and DR, each of small regularised trees, with the two outcome models they share.

e(x) is the chance of treatment, m1(x) and m0(x) the probability of the outcome when contacted and when left alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from app.scoring.learning.boosting import Matrix, Settings
from app.scoring.uplift.curves import Bools, Floats, dr_scores

if TYPE_CHECKING:
    import lightgbm

EFFECTS, MEAN = ("t", "x", "dr"), "mean"
INNER_FOLDS = 2
FEWEST_PER_LEAF, MOST_PER_LEAF = 20, 200
# An effect is far smaller than the noise around it: fewer leaves and slower steps than for an outcome.
OUTCOME = Settings(100, 0.04, 4, 100, 0.7, 10.0)
EFFECT = Settings(100, 0.03, 3, 200, 0.7, 10.0)


@dataclass(frozen=True, eq=False)
class Sample:
    """n rows: matrix (n, columns) with codes at `text_positions`, labels 0 or 1, treated or control, weights above 0,
    chance (n,) of having been treated, groups (n,) whose rows (of one customer, or alike) are never parted."""

    matrix: Matrix
    labels: Floats
    treated: Bools
    weights: Floats
    chance: Floats
    groups: NDArray[np.int64]
    text_positions: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many."""
        return self.labels.size

    def only(self, rows: NDArray[Any]) -> "Sample":
        """These rows (positions or a mask)."""
        return Sample(
            matrix=np.asfortranarray(self.matrix[rows]),
            labels=self.labels[rows],
            treated=self.treated[rows],
            weights=self.weights[rows],
            chance=self.chance[rows],
            groups=self.groups[rows],
            text_positions=self.text_positions,
        )


@dataclass(frozen=True, eq=False)
class Term:
    """A booster's part in a prediction: coefficient times its value, which for an outcome is made a probability."""

    coefficient: float
    is_probability: bool
    booster: "lightgbm.Booster"


@dataclass(frozen=True, eq=False)
class Fitted:
    """What each ordering adds up from, by its name: `t`, `x`, `dr`, `mean` (effects), `propensity`, `risk` (probabilities)."""

    terms: dict[str, tuple[Term, ...]]


def fit_learners(sample: Sample, *, seed: int, num_threads: int = 1, only: str | None = None) -> Fitted:
    """Every learner on all rows of the sample, or the one named. Deterministic in its arguments, the threads apart.

    T: m1(x) - m0(x), each fitted on its own arm (Künzel, Sekhon, Bickel, Yu 2019).
    X: g t0(x) + (1 - g) t1(x); t1 is a regression of Y - m0(x) on the treated, t0 of m1(x) - Y on the controls; g, which may
    be any weight, is the treated share (same paper).
    DR: a regression of the doubly robust score (`curves.dr_scores`) with m1, m0 from rows not its own (Kennedy 2023, "Towards
    optimal doubly robust estimation of heterogeneous causal effects").
    mean: of these three. propensity: m1(x). risk: m0(x).
    """

    def booster(rows: Sample, values: Floats, objective: Literal["binary", "regression"]) -> "lightgbm.Booster":
        return fit_trees(rows, values, objective, seed=seed, num_threads=num_threads)

    treated, control = sample.only(sample.treated), sample.only(~sample.treated)
    share = float(np.average(sample.treated, weights=sample.weights))

    @cache
    def outcome(when_treated: bool) -> Term:
        arm = treated if when_treated else control
        return Term(1.0, True, booster(arm, arm.labels, "binary"))

    def x_learner() -> tuple[Term, ...]:
        on_treated = treated.labels - predict([outcome(False)], treated.matrix)
        on_control = predict([outcome(True)], control.matrix) - control.labels
        first, second = booster(treated, on_treated, "regression"), booster(control, on_control, "regression")
        return Term(1 - share, False, first), Term(share, False, second)

    makers: dict[str, Callable[[], tuple[Term, ...]]] = {
        "t": lambda: (outcome(True), replace(outcome(False), coefficient=-1.0)),
        "x": x_learner,
        "dr": lambda: (Term(1.0, False, booster(sample, _scores_of_others(sample, seed, num_threads), "regression")),),
        "propensity": lambda: (outcome(True),),
        "risk": lambda: (outcome(False),),
    }
    terms = {name: make() for name, make in makers.items() if only in (None, name, MEAN)}
    terms[MEAN] = tuple(replace(term, coefficient=term.coefficient / 3) for name in EFFECTS for term in terms.get(name, ()))
    return Fitted(terms)


def predict(terms: Sequence[Term], matrix: Matrix, *, num_threads: int = 1) -> Floats:
    """The sum of the terms per row of the matrix."""
    total = np.zeros(matrix.shape[0])
    for term in terms if matrix.shape[0] else ():
        raw = np.asarray(term.booster.predict(matrix, raw_score=True, num_threads=num_threads))
        total += term.coefficient * (expit(raw) if term.is_probability else raw)
    return total


def fit_trees(
    rows: Sample, values: Floats, objective: Literal["binary", "regression"], *, seed: int, num_threads: int
) -> "lightgbm.Booster":
    """One booster of log-odds (binary) or of values (regression). Small samples get smaller leaves."""
    import lightgbm  # a second to import, which only those pay who train or rank

    settings = OUTCOME if objective == "binary" else EFFECT
    leaf = int(np.clip(rows.rows // 50, FEWEST_PER_LEAF, min(MOST_PER_LEAF, settings.min_data_in_leaf)))
    parameters: dict[str, Any] = {
        "objective": objective,
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": leaf,
        "feature_fraction": settings.feature_fraction,
        "lambda_l2": settings.lambda_l2,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "cat_smooth": 50,
        "cat_l2": 50,
        "seed": seed,
        "num_threads": num_threads,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(
        rows.matrix, values, weight=rows.weights, categorical_feature=list(rows.text_positions), params={"verbosity": -1}
    )
    return lightgbm.train(parameters, data, settings.rounds)


def group_folds(groups: NDArray[np.int64], folds: int, *, seed: int) -> NDArray[np.int64]:
    """The fold (0 .. folds - 1) of each row: groups in random order are dealt out in turn, the largest first."""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(sizes.size)
    fold_of = np.empty(sizes.size, dtype=np.int64)
    fold_of[shuffled[np.argsort(-sizes[shuffled], kind="stable")]] = np.arange(sizes.size) % folds
    return np.asarray(fold_of[group])


def _scores_of_others(sample: Sample, seed: int, num_threads: int) -> Floats:
    """The doubly robust score of each row by outcome models of the other folds."""
    if_treated, if_not = np.empty(sample.rows), np.empty(sample.rows)
    fold = group_folds(sample.groups, INNER_FOLDS, seed=seed)
    for here in (fold == i for i in range(INNER_FOLDS)):
        for arm, expected in ((sample.treated, if_treated), (~sample.treated, if_not)):
            others = sample.only(~here & arm)
            outcome = fit_trees(others, others.labels, "binary", seed=seed, num_threads=num_threads)
            expected[here] = predict([Term(1.0, True, outcome)], sample.matrix[here])
    return dr_scores(sample.labels, sample.treated, sample.chance, if_treated, if_not)
