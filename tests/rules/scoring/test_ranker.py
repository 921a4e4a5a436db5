import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from app.scoring.learning.artifact import RankerCorrupt, checksum, from_json, to_json
from app.scoring.learning.boosting import Settings, fit, to_text
from app.scoring.learning.encoding import NoFeatures, SnapshotColumnsChanged, encode, fit_encoding
from app.scoring.learning.evaluate import evaluate
from app.scoring.learning.examples import plain_examples
from app.scoring.learning.labels import FeatureLeak, OneOutcomeOnly
from app.scoring.learning.ranker import TrainedRanker, learn, rank, score, train
from app.scoring.learning.reasons import explain
from app.scoring.learning.validation import PeriodsOverlap, check_apart, connected, make_folds

QUICK = (Settings(20, 0.2, 4, 10, 1.0, 1.0),)


def town(rows: int, seed: int, days: int = 100) -> tuple[pl.DataFrame, NDArray[np.int8]]:
    """Customers who buy by age and plan; `noise` says nothing."""
    draws = np.random.default_rng(seed)
    age, plan, noise = draws.integers(18, 80, rows), draws.choice(["basic", "gold"], rows), draws.random(rows)
    chance = 1 / (1 + np.exp(-((age - 70) / 11 + 2.6 * (plan == "gold"))))
    as_of = [date(2026, 4, 2) + timedelta(days=i * days // rows) for i in range(rows)]
    frame = pl.DataFrame({"customer_id": range(rows), "as_of": as_of, "age": age, "plan": plan, "noise": noise})
    return frame.with_columns(snapshot_date=pl.lit(date(2026, 4, 1))), (draws.random(rows) < chance).astype(np.int8)


def quick(frame: pl.DataFrame, labels: NDArray[np.int8], seed: int = 1, num_threads: int = 1) -> TrainedRanker:
    return train(plain_examples(frame, labels), seed=seed, candidates=QUICK, bags=2, num_threads=num_threads, allow=["age"])


@pytest.fixture(scope="module")
def ranker() -> TrainedRanker:
    return quick(*town(300, 1))


def test_it_ranks_and_calibrates_customers_it_has_not_seen(ranker: TrainedRanker) -> None:
    frame, labels = town(2000, 2)
    found = evaluate(labels, score(ranker, frame))
    assert found.auc is not None
    assert found.auc > 0.8
    assert found.calibration_error < 0.1


def test_the_same_input_gives_the_same_bytes_and_another_seed_does_not(ranker: TrainedRanker) -> None:
    assert to_json(quick(*town(300, 1))) == to_json(ranker)
    assert checksum(quick(*town(300, 1), seed=2)) != checksum(ranker)


def test_the_number_of_threads_changes_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.scoring.learning.boosting.FEWEST_ROWS_FOR_THREADS", 0)
    frame, labels = town(300, 1)
    matrix = encode(frame, fit_encoding(frame))
    one, two = (to_text(fit(matrix, labels, [1], QUICK[0], seed=1, num_threads=n)) for n in (1, 2))
    assert one == two


def test_a_stored_ranker_scores_exactly_as_before(ranker: TrainedRanker) -> None:
    frame, _ = town(50, 3)
    assert from_json(to_json(ranker)) == ranker
    assert (score(from_json(to_json(ranker)), frame) == score(ranker, frame)).all()


def test_a_damaged_ranker_is_refused(ranker: TrainedRanker) -> None:
    stored = json.loads(to_json(ranker))
    stored["ranker"]["calibration"]["slope"] += 0.001
    for text, expected in (
        (json.dumps(stored), "checksum: expected"),
        ("{", "ranker: expected JSON text"),
        ("[]", "format: expected a stored ranker of format 1"),
        ('{"format": 2, "ranker": {}}', "format: expected"),
    ):
        with pytest.raises(RankerCorrupt, match=expected):
            from_json(text)


def test_it_tells_what_it_was_made_from(ranker: TrainedRanker) -> None:
    assert (ranker.rows, ranker.validation, ranker.first_day) == (300, "forward", date(2026, 4, 2))
    assert ranker.positives == int(town(300, 1)[1].sum())
    assert ranker.parameters["rounds"] == 20
    assert ranker.metrics.rows == ranker.plain_metrics.rows == 240


def test_no_customers_get_no_scores(ranker: TrainedRanker) -> None:
    assert score(ranker, town(10, 1)[0].head(0)).size == 0
    assert explain(ranker, town(10, 1)[0], []) == []


def test_a_missing_column_is_named_when_scoring(ranker: TrainedRanker) -> None:
    with pytest.raises(SnapshotColumnsChanged, match="age"):
        score(ranker, town(10, 1)[0].drop("age"))


def test_a_feature_of_the_day_of_the_contact_and_a_single_outcome_are_refused() -> None:
    frame, labels = town(100, 1)
    with pytest.raises(FeatureLeak):
        quick(frame.with_columns(snapshot_date=pl.col("as_of")), labels)
    with pytest.raises(OneOutcomeOnly):
        quick(frame, np.ones(100, dtype=np.int8))
    with pytest.raises(ValueError, match="expected one value per row"):
        quick(frame, labels[:99])


def test_of_equal_scores_the_smaller_customer_id_goes_first() -> None:
    assert rank(np.array([0.1, 0.5, 0.5, 0.9]), np.array([4, 8, 2, 9])).tolist() == [3, 2, 1, 0]


def test_reasons_name_the_strongest_features_with_their_values_and_direction(ranker: TrainedRanker) -> None:
    frame, _ = town(500, 4)
    order = rank(score(ranker, frame), frame["customer_id"].to_numpy())
    best, worst = explain(ranker, frame, [int(order[0]), int(order[-1])], factors=2)
    assert {reason.feature for reason in best} == {"age", "plan"}
    assert all(reason.raises for reason in best)
    assert not any(reason.raises for reason in worst)
    assert frame["age"][int(order[0])] in {reason.value for reason in best}


def test_forward_folds_judge_only_later_days_and_never_divide_a_day() -> None:
    frame, labels = town(300, 1)
    days = np.array(frame["as_of"].to_list())
    folds = make_folds(days.tolist(), labels, frame["customer_id"].to_numpy(), seed=1)
    assert folds.kind == "forward"
    assert all(days[before].max() < days[judged].min() for before, judged in folds.pairs)


def test_where_the_dates_do_not_allow_it_a_customers_examples_stay_in_one_fold() -> None:
    _, labels = town(200, 1)
    customers = np.arange(200) // 4
    folds = make_folds([date(2026, 4, 2)] * 200, labels, customers, seed=1)
    assert folds.kind == "stratified"
    assert all(not set(customers[a]) & set(customers[b]) for a, b in folds.pairs)


def test_the_checksum_covers_every_part(ranker: TrainedRanker) -> None:
    assert checksum(replace(ranker, rows=301)) != checksum(ranker)
    assert checksum(replace(ranker, boosters=ranker.boosters[:1])) != checksum(ranker)


def test_an_example_teaches_only_when_its_label_window_was_over() -> None:
    frame, labels = town(300, 1)
    days = np.array(frame["as_of"].to_list(), dtype="datetime64[D]")
    folds = make_folds(frame["as_of"].to_list(), labels, frame["customer_id"].to_numpy(), seed=1, label_window=15)
    assert folds.kind == "forward"
    assert all(days[before].max() + np.timedelta64(15, "D") < days[judged].min() for before, judged in folds.pairs)
    with pytest.raises(PeriodsOverlap, match="periods: expected windows that end before"):
        check_apart(days, ((np.arange(100), np.arange(80, 120)),), 0)


def test_exact_repeats_of_a_row_stay_in_one_fold_unless_the_table_is_coarse() -> None:
    _, labels = town(200, 1)
    repeats = (np.arange(200) % 150).astype(np.uint64)
    folds = make_folds([date(2026, 4, 2)] * 200, labels, np.arange(200), seed=1, rows_hash=repeats)
    assert all(not set(repeats[a]) & set(repeats[b]) for a, b in folds.pairs)
    coarse = connected(np.arange(200), (np.arange(200) % 6).astype(np.uint64))
    assert np.unique(coarse).size == 200


def test_a_leak_is_refused_named_in_the_parameters_and_used_where_allowed() -> None:
    frame, labels = town(300, 1)
    leaking = frame.with_columns(duration=pl.Series(labels * 200.0 + np.arange(300) % 90))
    found = quick(leaking, labels)
    assert "duration" not in found.encoding.names
    assert [refusal["column"] for refusal in found.parameters["refused"]] == ["duration"]
    allowed = train(plain_examples(leaking, labels), seed=1, candidates=QUICK, bags=1, num_threads=1, allow=["age", "duration"])
    assert "duration" in allowed.encoding.names


def test_what_is_refused_leaves_no_trace_in_the_trees() -> None:
    frame, labels = town(400, 1)
    honest = frame.select(
        "customer_id", "as_of", "snapshot_date", "noise", usage=labels + np.random.default_rng(1).normal(0, 2, 400)
    )
    leaking = honest.select(pl.Series("duration", labels * 200.0), pl.all(), pl.Series("reason", np.where(labels, "moved", None)))
    options = {"seed": 1, "candidates": QUICK, "bags": 1, "num_threads": 2}
    found, plain = (train(plain_examples(each, labels), **options) for each in (leaking, honest))
    assert {refusal.column for refusal in found.refused} == {"duration", "reason"}
    assert (found.boosters, found.encoding, found.metrics) == (plain.boosters, plain.encoding, plain.metrics)


def test_where_all_is_refused_it_is_said() -> None:
    frame, labels = town(300, 1)
    with pytest.raises(NoFeatures, match="at least one column that is no leak; refused are duration"):
        train(plain_examples(frame.select("customer_id", "as_of", "snapshot_date", duration=labels * 9.0), labels), seed=1)


def test_only_the_contacted_teach_and_weights_count() -> None:
    frame, labels = town(400, 1)
    controls = np.arange(400) % 4 == 0
    examples = replace(plain_examples(frame, labels), treated=~controls)
    training = learn(examples, seed=1, candidates=QUICK, bags=1, num_threads=1)
    assert training.ranker.rows == 300
    assert not controls[training.rows].any()
    assert (labels[training.rows] == training.labels).all()
    weighted = replace(examples, weights=np.where(labels == 1, 3.0, 1.0))
    found = learn(weighted, seed=1, candidates=QUICK, bags=1, num_threads=1)
    assert found.scores.mean() > training.scores.mean() + 0.1


def test_a_random_slice_has_figures_of_its_own() -> None:
    frame, labels = town(600, 1)
    examples = replace(plain_examples(frame, labels), explored=np.arange(600) % 2 == 0)
    found = learn(examples, seed=1, candidates=QUICK, bags=1, num_threads=1).ranker
    assert found.explored_metrics is not None
    assert found.explored_metrics.rows == found.metrics.rows / 2
    assert from_json(to_json(found)) == found


def test_the_search_finds_the_same_settings_again_and_a_budget_ends_it() -> None:
    frame, labels = town(300, 1)
    examples = plain_examples(frame, labels)
    first, again = (train(examples, seed=1, trials=7, num_threads=1) for _ in range(2))
    assert to_json(first) == to_json(again)
    assert (first.trials, len(first.mix)) == (7, 4)
    hurried = learn(examples, seed=1, trials=7, num_threads=1, budget_seconds=1e-9)
    assert (hurried.ranker.trials, hurried.stopped_early) == (1, True)


def test_on_few_rows_no_setting_that_is_about_as_good_is_left_out_and_on_many_the_best_mix_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame, labels = town(300, seed=3)
    known = tuple(Settings(20, 0.1, 2, 20, 1.0, 1.0 + nothing * 1e-9) for nothing in range(5))
    few = learn(plain_examples(frame, labels), seed=1, candidates=known).ranker
    assert set(few.mix) == set(known)
    assert len(few.boosters) == 5
    monkeypatch.setattr("app.scoring.learning.tuning.FEW_FOR_CHOICE", 100)
    assert len(learn(plain_examples(frame, labels), seed=1, candidates=known).ranker.boosters) == 4


def test_scores_are_the_same_in_however_many_blocks_and_threads(ranker: TrainedRanker, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, _ = town(500, seed=9)
    whole = score(ranker, frame)
    monkeypatch.setattr("app.scoring.learning.trained.BLOCK_ROWS", 64)
    for threads in (1, 3):
        assert (score(ranker, frame, num_threads=threads) == whole).all()
