"""How the arms came to be: evenly, at random, or by the features; and each row's chance of having been treated."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from app.scoring.uplift.curves import Floats
from app.scoring.uplift.learners import Sample, Term, fit_trees, group_folds, predict

CHANCE_FOLDS = 3
LEAST_CHANCE, MOST_CHANCE = 0.05, 0.95  # beyond it a row would speak for more than twenty
SURE = 3.3  # standard errors: one test at random in two thousand is suspected
FEWEST_PER_ARM, FEWEST_OF_AN_OUTCOME = 500, 30


@dataclass(frozen=True, eq=False)
class Chances:
    """e(x) of each row, known (the treated share) or estimated; auc: how well the features foretell the arm; a warning."""

    values: Floats
    known: bool
    auc: float
    warning: str | None


def treatment_chances(sample: Sample, *, seed: int, num_threads: int = 1) -> Chances:
    """The treated share where the features do not foretell the arm, else cross-fitted chances from 0.05 to 0.95.

    They do where the cross-fitted AUC exceeds 0.5 by 3.3 standard errors, sqrt((n1 + n0 + 1) / (12 n1 n0)) under no relation
    (Mann, Whitney 1947).
    """
    from sklearn.metrics import roc_auc_score  # a second to import, which only those pay who train

    arm = sample.treated.astype(np.float64)
    chance = np.empty(sample.rows)
    fold = group_folds(sample.groups, CHANCE_FOLDS, seed=seed)
    for here in (fold == i for i in range(CHANCE_FOLDS)):
        others = sample.only(~here)
        booster = fit_trees(others, arm[~here], "binary", seed=seed, num_threads=num_threads)
        chance[here] = predict([Term(1.0, True, booster)], sample.matrix[here], num_threads=num_threads)
    auc = float(roc_auc_score(arm, chance))
    with_treated = int(arm.sum())
    with_control = sample.rows - with_treated
    error = np.sqrt((sample.rows + 1) / (12 * with_treated * with_control))
    if auc < 0.5 + SURE * error:
        share = float(np.average(arm, weights=sample.weights))
        return Chances(np.full(sample.rows, share), True, auc, None)
    warning = (
        f"The features foretell who was treated (AUC {auc:.3f}): this was no random test of all alike; chances of treatment "
        f"are estimated, from {LEAST_CHANCE} to {MOST_CHANCE}, and what is not among the features is not corrected."
    )
    return Chances(np.clip(chance, LEAST_CHANCE, MOST_CHANCE), False, auc, warning)


def with_chances(sample: Sample, chances: Chances) -> Sample:
    """The sample with these chances of treatment."""
    return replace(sample, chance=chances.values)


def too_few(sample: Sample) -> str | None:
    """Why nothing can be said of uplift here, in a sentence; None where it can."""
    for name, arm in (("treated", sample.treated), ("control", ~sample.treated)):
        rows, positives = int(arm.sum()), int(sample.labels[arm].sum())
        if rows < FEWEST_PER_ARM or min(positives, rows - positives) < FEWEST_OF_AN_OUTCOME:
            return (
                f"{rows} {name} rows with {positives} positive ones are too few: expected at least {FEWEST_PER_ARM} rows with "
                f"{FEWEST_OF_AN_OUTCOME} of each outcome."
            )
    return None


def sample_ratio(counts: Mapping[str, int], planned: Mapping[str, float] | None = None) -> float:
    """p of arms at least as uneven as these, had they been drawn by the planned shares (default: all alike).

    Pearson's chi-square; a small p means that the arms were not filled as planned (sample ratio mismatch: Fabijan et al. 2019).
    """
    from scipy.stats import chisquare  # half a second to import, which only those pay who evaluate

    total = sum(counts.values())
    shares = [planned[arm] if planned else 1 / len(counts) for arm in counts]
    expected = [total * share / sum(shares) for share in shares]
    return float(chisquare(list(counts.values()), expected).pvalue)
