"""From examples with treated and controls to an uplift part, if it deserves to be used, and the report that says why (not)."""

from typing import Any

import numpy as np

from app.scoring.learning.encoding import Encoding, encode
from app.scoring.learning.examples import Examples
from app.scoring.uplift.choice import judge_uplift
from app.scoring.uplift.learners import Sample
from app.scoring.uplift.part import UpliftPart, fit_part
from app.scoring.uplift.treatment import too_few, treatment_chances, with_chances

MOST_JUDGED = 200_000


def train_uplift(
    examples: Examples, encoding: Encoding, *, seed: int, num_threads: int = 1
) -> tuple[UpliftPart | None, dict[str, Any]]:
    """(the part, None where propensity serves; the report: `UpliftReport.to_dict`, or `chosen` and `reason` alone).

    `encoding` is the ranker's, so that one matrix serves both. Fewer than 500 rows, or 30 of an outcome, in an arm are too
    few. Weights are 1, for a contact and its control were as likely to be on the list. Of very many examples a fixed random part
    is judged; the part itself is fitted to all.
    """
    sample = sample_of(examples, encoding)
    if reason := too_few(sample):
        return None, {"chosen": "propensity", "reason": f"Propensity is used: {reason}"}
    chances = treatment_chances(sample, seed=seed, num_threads=num_threads)
    sample = with_chances(sample, chances)
    report = judge_uplift(
        _judged(sample, seed),
        seed=seed,
        known_shares=chances.known,
        treatment_auc=chances.auc,
        warnings=(chances.warning,) if chances.warning else (),
        num_threads=num_threads,
    )
    chosen = report.chosen == "uplift"
    part = fit_part(sample, report.learner, seed=seed, num_threads=num_threads) if chosen else None
    return part, report.to_dict()


def sample_of(examples: Examples, encoding: Encoding) -> Sample:
    """The examples as the learners read them; a customer's rows stay together. Chances of treatment are the treated share."""
    return Sample(
        matrix=encode(examples.frame, encoding),
        labels=examples.labels.astype(np.float64),
        treated=examples.treated,
        weights=np.ones(examples.rows),
        chance=np.full(examples.rows, examples.treated.mean() if examples.rows else np.nan),
        groups=examples.frame["customer_id"].to_numpy().astype(np.int64),
        text_positions=tuple(encoding.text_positions),
    )


def _judged(sample: Sample, seed: int) -> Sample:
    if sample.rows <= MOST_JUDGED:
        return sample
    rows = np.sort(np.random.default_rng(seed).choice(sample.rows, MOST_JUDGED, replace=False))
    return sample.only(rows)
