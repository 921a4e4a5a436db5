import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from app.scoring.learning.leaks import find_leaks, wilson_lower

ROWS = 2_000
DRAWS = np.random.default_rng(5)
USAGE, TENURE = DRAWS.normal(size=ROWS), DRAWS.integers(1, 72, ROWS)
LABELS: NDArray[np.int8] = (DRAWS.random(ROWS) < 1 / (1 + np.exp(1.5 - 0.8 * USAGE + 0.02 * TENURE))).astype(np.int8)
HONEST = pl.DataFrame({"usage": USAGE, "tenure": TENURE, "plan": DRAWS.choice(["basic", "gold"], ROWS)})


def refused(labels: NDArray[np.int8] = LABELS, allow: tuple[str, ...] = (), **columns: object) -> list[str]:
    frame = HONEST.with_columns(**{name: pl.Series(values) for name, values in columns.items()})
    return [refusal.column for refusal in find_leaks(frame, labels, allow=allow)]


def test_honest_columns_pass() -> None:
    assert refused() == []


def test_a_churn_score_is_refused_with_its_figure_unless_allowed() -> None:
    score = np.clip(DRAWS.normal(50 + 30 * LABELS, 15), 0, 100).round()
    (found,) = find_leaks(HONEST.with_columns(churn_score=pl.Series(score)), LABELS)
    assert found.column == "churn_score"
    assert found.figure > 0.9
    assert "alone it reaches an AUC of" in found.reason
    assert refused(churn_score=score, allow=("churn_score",)) == []


def test_two_leaks_do_not_excuse_each_other() -> None:
    scores = {name: DRAWS.normal(2 * LABELS, 1).round(1) for name in ("churn_score", "satisfaction")}
    assert refused(**scores) == ["churn_score", "satisfaction"]


def test_a_copy_of_a_leak_does_not_take_its_place() -> None:
    score = DRAWS.normal(2 * LABELS, 1)
    assert refused(churn_score=score, other=USAGE[::-1], churn_score_old=score) == ["churn_score", "churn_score_old"]


def test_a_leak_is_seen_where_its_outcome_is_rare() -> None:
    labels = np.zeros(60_000, dtype=np.int8)
    labels[::5_000] = 1
    frame = pl.DataFrame({"usage": DRAWS.normal(size=labels.size), "churn_score": DRAWS.normal(3 * labels, 1)})
    assert [refusal.column for refusal in find_leaks(frame, labels)] == ["churn_score"]


def test_a_reason_that_only_the_lost_have_is_refused() -> None:
    reasons = [str(DRAWS.choice(["price", "moved"])) if lost else None for lost in LABELS]
    assert refused(churn_reason=reasons) == ["churn_reason"]


def test_what_is_filled_for_few_but_only_for_positives_is_refused() -> None:
    spend = np.where((LABELS == 1) & (DRAWS.random(ROWS) < 0.2), 49.9, 0.0)
    (found,) = find_leaks(HONEST.with_columns(spend=pl.Series(spend)), LABELS)
    assert found.column == "spend"
    assert "100.0% of" in found.reason


def test_a_strong_column_among_others_that_reach_as_far_passes() -> None:
    strength = DRAWS.normal(size=(ROWS, 6))
    labels = (strength.sum(axis=1) + DRAWS.normal(0, 0.5, ROWS) > 0).astype(np.int8)
    mixed = strength[:, :4].sum(axis=1)
    columns = {f"part_{i}": strength[:, i] for i in range(6)}
    assert refused(labels, total=mixed, **columns) == []


def test_a_value_seen_seldom_proves_nothing() -> None:
    assert wilson_lower(20, 20) < 0.9 < wilson_lower(40, 40)
    rare = np.where(np.cumsum(LABELS) <= 20, LABELS, 0)
    assert refused(rare=rare) == []


@pytest.mark.parametrize("labels", [np.zeros(ROWS, dtype=np.int8), np.ones(ROWS, dtype=np.int8)])
def test_one_outcome_only_shows_no_leak(labels: NDArray[np.int8]) -> None:
    assert refused(labels) == []


FEW_LOST = (LABELS == 1) & (np.cumsum(LABELS) <= 40)  # enough to be sure, few among all that are lost


def test_an_honest_count_may_end_in_a_few_rows_that_are_all_positive() -> None:
    assert refused(products=np.where(FEW_LOST, 4, DRAWS.integers(1, 4, ROWS))) == []


def test_a_code_whose_pure_values_hold_many_of_the_positives_is_refused_by_that_value() -> None:
    states = np.where((LABELS == 1) & (np.arange(ROWS) % 3 == 0), "closed", DRAWS.choice(["open", "asked", "billed"], ROWS))
    (found,) = find_leaks(HONEST.with_columns(state=pl.Series(states)), LABELS)
    assert found.column == "state"
    assert found.reason.startswith("where it is closed, 100.0% of")


def test_a_text_that_says_one_thing_of_all_but_a_few_positives_is_refused() -> None:
    assert refused(state=np.where(FEW_LOST, "bought", "not yet")) == ["state"]
