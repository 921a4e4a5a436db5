"""The figures of the public sets, had by what `gridwork evaluate` calls."""

from datetime import date
from pathlib import Path

import pytest

from app.scoring.learning.any_extract import Judgement, judge_extract
from app.scoring.learning.contenders import Contender
from app.scoring.learning.tables import read_table

TODAY = date(2026, 11, 1)


def judge(folder: Path, name: str, label: str, **options: object) -> Judgement:
    return judge_extract(read_table(folder / name), label=label, seed=42, today=TODAY, **options)  # type: ignore[arg-type]


def contenders(judgement: Judgement) -> tuple[Contender, Contender]:
    assert judgement.folds is not None
    ours, plain = judgement.folds.contenders
    return ours, plain


def test_telco_churn_is_ranked_and_calibrated_better_than_by_defaults(shared_data: Path) -> None:
    found = judge(shared_data, "telco_churn.csv", "Churn")
    ours, plain = contenders(found)
    assert [one.column for one in found.left_out] == ["customerID"]
    assert found.refused == ()
    assert round(ours.auc.estimate, 3) >= 0.855 > plain.auc.estimate + 0.01
    assert ours.figures.calibration_error <= 0.015 < plain.figures.calibration_error


def test_mlc_churn_is_ranked_as_by_plain_lightgbm_with_probabilities_that_hold(shared_data: Path) -> None:
    ours, plain = contenders(judge(shared_data, "mlc_churn.csv", "churn"))
    assert ours.auc.estimate >= 0.912
    assert ours.figures.calibration_error < 0.02 < plain.figures.calibration_error
    assert ours.figures.log_loss < plain.figures.log_loss - 0.02


def test_bank_contacts_refuse_the_duration_of_the_call_and_beat_defaults(shared_data: Path) -> None:
    found = judge(shared_data, "bank_marketing.csv", "y", folds=2)
    ours, plain = contenders(found)
    assert [one.column for one in found.refused] == ["duration"]
    assert ours.auc.estimate > plain.auc.estimate + 0.01
    assert ours.figures.lift_at_list is not None
    assert ours.figures.lift_at_list > 3.2
    assert ours.figures.calibration_error < 0.01


@pytest.fixture(scope="module")
def forward(shared_data: Path) -> Judgement:
    return judge(shared_data, "bank_marketing.csv", "y", time="row_no")


def test_forward_in_time_rolling_recalibration_holds_where_the_base_rate_moves(forward: Judgement) -> None:
    assert forward.forward is not None
    last = forward.forward.blocks[-2:]
    assert max(block.base_rate for block in last) > 0.15
    assert max(block.error for block in last) > 0.05 >= max(block.rolled_error for block in last)
    assert forward.forward.rolled.calibration_error <= 0.02


def test_forward_in_time_what_is_the_date_in_disguise_is_not_learned_from(forward: Judgement) -> None:
    assert {one.column for one in forward.left_out} == {"year_derived", "month", "day_of_week"}


def test_hillstroms_visits_refuse_what_follows_from_them(shared_data: Path) -> None:
    table = read_table(shared_data / "hillstrom.csv").head(8_000)
    found = judge_extract(table, label="visit", treatment="segment", folds=2, seed=42, today=TODAY, budget_seconds=1)
    assert [one.column for one in found.refused] == ["conversion", "spend"]
