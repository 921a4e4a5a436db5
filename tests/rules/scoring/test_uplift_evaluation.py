"""Every arm of a test against its control, whatever the arms are called."""

import numpy as np
import polars as pl
import pytest

from app.core.errors import Invalid
from app.scoring.uplift.afterwards import recorded_afterwards
from app.scoring.uplift.evaluation import NoControl, alike, arm_names, evaluate_treatment, find_control
from tests.rules.scoring.populations import people, persuadable


@pytest.mark.parametrize(
    ("arms", "control"),
    [
        (["Mens E-Mail", "No E-Mail", "Womens E-Mail"], "No E-Mail"),
        (["0", "1"], "0"),
        (["call", "Control"], "Control"),
        (["false", "true"], "false"),
        (["A", "B", "none"], "none"),
        (["control_group", "treatment"], "control_group"),
    ],
)
def test_the_control_is_told_by_its_name(arms, control):
    assert find_control(arms, None) == control


@pytest.mark.parametrize(("arms", "asked"), [(["A", "B"], None), (["none", "control", "B"], None), (["A", "B"], "C")])
def test_an_untold_control_is_asked_for(arms, asked):
    with pytest.raises(NoControl, match=r"control: expected .*one of"):
        find_control(arms, asked)
    assert find_control(["A", "B"], "B") == "B"


def test_arms_are_read_as_written():
    assert arm_names(pl.Series("t", [1.0, 0.0, None])).to_list() == ["1", "0", None]
    assert arm_names(pl.Series("t", [True, False])).to_list() == ["true", "false"]
    assert arm_names(pl.Series("t", [0.5, 1.0])).to_list() == ["0.5", "1.0"]


def test_rows_alike_are_one_group_unless_nearly_all_are():
    assert alike(pl.DataFrame({"a": [1, 2, 1, None, None], "b": ["x"] * 5})).tolist() == [0, 1, 0, 3, 3]
    assert alike(pl.DataFrame({"a": [1, 2, 1], "row_no": [7, 8, 9]})).tolist() == [0, 1, 0]
    assert alike(pl.DataFrame({"row_no": [7, 8, 9]})).tolist() == [0, 1, 2]
    assert alike(pl.DataFrame({"a": [1, 1, 1, 2]})).tolist() == [0, 1, 2, 3]


def _file(count=1_400):
    sample = people(1, persuadable, count=count)
    features = pl.DataFrame(np.asarray(sample.matrix), schema=["a", "b", "c"])
    return features, sample.labels.astype(np.int8), pl.Series("arm", np.where(sample.treated, "call", "nobody"))


def test_what_followed_from_the_arm_is_not_learned_from_unless_allowed():
    features, _, arm = _file(4_000)
    draws = np.random.default_rng(1)
    called = (arm == "call").to_numpy()
    shown = features.with_columns(
        exposure=pl.Series((called & (draws.random(4_000) < 0.1)).astype(int)),
        answered=pl.when(pl.Series(called)).then(pl.Series(draws.choice(["yes", "no"], 4_000))),
        honest=pl.Series(draws.random(4_000) < 0.1 + 0.1 * called),
    )
    found = recorded_afterwards(shown, arm, allow=(), seed=1)
    assert [refusal.column for refusal in found] == ["exposure", "answered"]
    assert "rows are of arm nobody, by chance" in found[0].reason
    assert recorded_afterwards(shown, arm, allow=("exposure", "answered"), seed=1) == ()


def test_rows_without_an_arm_are_left_out_and_small_arms_are_refused():
    features, labels, arm = _file(800)
    names = arm.to_list()
    names[:27] = [None] * 15 + ["visit"] * 12
    found = evaluate_treatment(features, labels, pl.Series("arm", names), control="nobody")
    assert (found.control, found.guessed, found.counts["visit"]) == ("nobody", False, 12)
    assert found.notes[0] == "15 rows without an arm are left out."
    assert "The arms are uneven" in found.notes[1]
    assert [(each.arm, each.report) for each in found.arms] == [("call", None), ("visit", None)]
    assert found.arms[1].refused.startswith("12 treated rows with")


def test_an_arm_of_a_few_stray_rows_is_refused_by_name():
    features, labels, arm = _file(800)
    names = ["visit"] * 3 + arm.to_list()[3:]
    with pytest.raises(Invalid, match=r"^treatment: expected at least 10 rows in every arm of arm, visit has 3$"):
        evaluate_treatment(features, labels, pl.Series("arm", names), control="nobody")


@pytest.mark.parametrize("arms", [["a"] * 1_400, [str(i) for i in range(1_400)]])
def test_a_treatment_of_one_or_of_countless_arms_is_refused(arms):
    features, labels, _ = _file()
    with pytest.raises(Invalid, match="treatment: expected a column of 2 to 20 different values"):
        evaluate_treatment(features, labels, pl.Series("arm", arms))
