"""Learners find an effect that is there; uplift is used only where it is shown to be better."""

import json
from dataclasses import asdict, replace

import numpy as np
import polars as pl
import pytest

from app.scoring.learning.encoding import fit_encoding
from app.scoring.learning.examples import Examples
from app.scoring.uplift.choice import decide, judge_uplift
from app.scoring.uplift.crossfit import Worth, choose_learner
from app.scoring.uplift.learners import fit_learners, group_folds, predict
from app.scoring.uplift.part import UpliftPart, fit_part, score_uplift
from app.scoring.uplift.report import LEARNERS, Interval, OrderingFigures, UpliftReport
from app.scoring.uplift.training import train_uplift
from app.scoring.uplift.treatment import sample_ratio, too_few, treatment_chances, with_chances
from tests.rules.scoring.populations import nothing, people, persuadable

QUICK = {"seed": 3, "folds": 3, "repeats": 1, "draws": 40}


def judge(sample):
    return judge_uplift(sample, known_shares=True, treatment_auc=0.5, **QUICK)


@pytest.fixture(scope="module")
def fitted():
    return fit_learners(people(1, persuadable), seed=1)


@pytest.mark.parametrize("learner", LEARNERS)
def test_every_learner_tells_who_is_won_from_who_is_put_off(fitted, learner):
    fresh = people(2, persuadable)
    found = predict(fitted.terms[learner], fresh.matrix)
    truth = persuadable(fresh.matrix)
    assert np.corrcoef(found, truth)[0, 1] > 0.8
    assert found[truth > 0].mean() == pytest.approx(0.2, abs=0.06)
    assert found[truth < 0].mean() == pytest.approx(-0.08, abs=0.06)


def test_the_mean_learner_is_the_mean(fitted):
    matrix = people(2, persuadable, count=50).matrix
    three = [predict(fitted.terms[name], matrix) for name in ("t", "x", "dr")]
    np.testing.assert_allclose(predict(fitted.terms["mean"], matrix), np.mean(three, axis=0))


def test_a_part_scores_as_its_learner_after_it_was_stored_and_is_the_same_to_the_byte():
    sample = people(1, persuadable, count=1_000)
    part = fit_part(sample, "x", seed=5, bags=2)
    stored = json.dumps(asdict(part))
    assert json.dumps(asdict(fit_part(sample, "x", seed=5, bags=2, num_threads=2))) == stored
    again = UpliftPart.from_dict(json.loads(stored))
    assert again == part
    expected = np.mean([predict(fit_learners(sample, seed=5000 + i).terms["x"], sample.matrix) for i in range(2)], axis=0)
    np.testing.assert_allclose(score_uplift(again, sample.matrix), expected)
    assert score_uplift(part, sample.matrix[:0]).shape == (0,)


def test_uplift_is_used_where_who_buys_anyway_is_not_who_is_won():
    report = judge(people(1, persuadable))
    assert report.chosen == "uplift"
    assert report.reason.startswith("Uplift ranks better and is used: its Qini")
    assert report.of("uplift").qini.low > 0
    assert report.of("uplift").qini_gain.low > 0
    assert report.of("propensity").qini_gain is None
    assert report.effect.low < 0.06 < report.effect.high
    assert UpliftReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_propensity_is_kept_where_those_most_likely_to_buy_are_those_most_moved():
    report = judge(people(1, lambda x: 0.25 / (1 + np.exp(-2 * x[:, 0]))))
    assert report.chosen == "propensity"
    assert report.of("propensity").qini.low > 0
    assert "so propensity is used" in report.reason


def test_no_effect_is_not_promoted():
    report = judge(people(2, nothing, count=3_000))
    assert report.chosen == "propensity"
    assert "does not exclude zero" in report.reason


def _figures(name, qini, low, gain=None, gain_low=None, autoc=1.0):
    paired = None if gain is None else Interval(gain, gain_low, 9, 0.9)
    return OrderingFigures(name, Interval(qini, low, 9, 0.95), Interval(autoc, -1, 3, 0.95), paired, paired, (), ())


@pytest.mark.parametrize(
    ("uplift", "chosen", "said"),
    [
        ({"qini": 0.8, "low": 0.5, "gain": 0.4, "gain_low": 0.1}, "uplift", "Uplift ranks better and is used"),
        ({"qini": 0.8, "low": -0.1, "gain": 0.4, "gain_low": 0.1}, "propensity", "Qini x100 of 0.80 (-0.10 to 9.00) does not"),
        ({"qini": 0.8, "low": 0.5, "gain": 0.4, "gain_low": -0.1}, "propensity", "Uplift is not surely better"),
        ({"qini": 0.8, "low": 0.5, "gain": 0.4, "gain_low": 0.1, "autoc": -0.1}, "propensity", "AUTOC x100 is -0.10"),
        ({"qini": 0.1, "low": 0.05, "gain": -0.3, "gain_low": -0.5}, "propensity", "Propensity ranks better than uplift"),
    ],
)
def test_what_is_decided_and_said(uplift, chosen, said):
    found = decide({"uplift": _figures("uplift", **uplift), "propensity": _figures("propensity", 0.4, 0.1)})
    assert found[0] == chosen
    assert said in found[1]


def test_the_mean_stands_unless_a_learner_is_better_by_more_than_a_standard_error():
    steady = np.array([[1.0, 1.3, 1.0, 1.0], [0.9, 1.2, 1.0, 1.0], [1.1, 1.4, 1.0, 1.0]])
    assert choose_learner(Worth(steady, steady)) == "x"
    shaky = steady + np.array([[0, -1.5, 0, 0], [0, 0.2, 0, 0], [0, 1.2, 0, 0]])
    assert choose_learner(Worth(shaky, shaky)) == "mean"
    assert choose_learner(Worth(steady, -steady)) == "mean"


def test_rows_of_a_group_share_a_fold():
    groups = np.repeat(np.arange(40), 3)
    fold = group_folds(groups, 4, seed=1)
    assert all(len(set(fold[groups == group])) == 1 for group in range(40))
    assert np.bincount(fold).tolist() == [30] * 4


def test_chances_of_treatment_are_estimated_where_the_features_foretell_it():
    def likely(x):
        return 1 / (1 + np.exp(-1.5 * x[:, 0]))

    at_random = treatment_chances(people(1, nothing), seed=1)
    assert at_random.known
    assert at_random.warning is None
    sample = people(1, nothing, chance_of=likely)
    found = treatment_chances(replace(sample, chance=np.full(sample.rows, 0.5)), seed=1)
    assert not found.known
    assert "no random test" in found.warning
    assert np.corrcoef(found.values, sample.chance)[0, 1] > 0.9
    naive = sample.labels[sample.treated].mean() - sample.labels[~sample.treated].mean()
    report = judge_uplift(with_chances(sample, found), known_shares=False, treatment_auc=found.auc, **QUICK)
    assert abs(report.effect.estimate) < 0.3 * naive
    assert naive > 0.15


def test_too_few_of_an_arm_or_an_outcome_are_said():
    sample = people(1, nothing, count=2_000)
    assert too_few(sample) is None
    some = sample.only(np.append(np.flatnonzero(sample.treated), np.flatnonzero(~sample.treated)[:499]))
    assert too_few(some).startswith("499 control rows with")
    assert "are too few" in too_few(replace(sample, labels=np.ones(sample.rows)))


def test_uneven_arms_are_noticed():
    assert sample_ratio({"a": 5_000, "b": 5_050}) > 0.5
    assert sample_ratio({"a": 5_000, "b": 5_500}) < 0.001
    assert sample_ratio({"a": 950, "b": 50}, {"a": 0.95, "b": 0.05}) == 1


def _examples(sample):
    frame = pl.DataFrame(np.asarray(sample.matrix), schema=["a", "b", "c"]).insert_column(
        0, pl.Series("customer_id", sample.groups)
    )
    return Examples(frame, sample.labels.astype(np.int8), sample.weights, sample.treated, np.zeros(sample.rows, dtype=bool))


def test_contacts_without_controls_leave_propensity_and_say_so():
    sample = people(1, persuadable, chance_of=lambda x: np.ones(len(x)), count=1_000)
    examples = _examples(sample)
    part, report = train_uplift(examples, fit_encoding(examples.frame.drop("customer_id")), seed=1)
    assert part is None
    said = "0 control rows with 0 positive ones are too few: expected at least 500 rows with 30 of each outcome."
    assert report == {"chosen": "propensity", "reason": f"Propensity is used: {said}"}
