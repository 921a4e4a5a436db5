"""`gridwork evaluate`, as an analyst types it: what is wrong is one line, what is right is a table or JSON."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def evaluate(tmp_path, typed):
    """Evaluate a table, written as a file of this kind; gives (exit code, what was printed)."""

    def run(table, *words, kind="csv"):
        path = tmp_path / f"extract.{kind}"
        table.write_parquet(path) if kind == "parquet" else table.write_csv(path)
        return typed("evaluate", path, *words)

    return run


@pytest.fixture(scope="module")
def people():
    draws = np.random.default_rng(1)
    usage = draws.normal(size=400)
    return pl.DataFrame(
        {
            "number": [f"A{i}" for i in range(400)],
            "usage": usage,
            "empty": pl.Series([None] * 400, dtype=pl.String),
            "system": ["one"] * 400,
            "churn": (draws.random(400) < 1 / (1 + np.exp(-usage))).astype(int),
        }
    )


def test_what_taught_and_what_could_not_is_said_beside_the_figures(evaluate, people):
    code, said = evaluate(people, "--label", "churn", "--folds", 2, "--json", kind="parquet")
    found = json.loads(said)
    assert (code, found["rows"], found["used"]) == (0, 400, ["usage"])
    assert [one["column"] for one in found["left_out"]] == ["number", "empty", "system"]
    assert 0.65 < found["contenders"]["gridwork"]["figures"]["auc"] < 0.85
    behind = found["contenders"]["LightGBM defaults"]["behind"]
    assert behind["low"] < behind["estimate"] < behind["high"]


@pytest.mark.parametrize(
    ("change", "words", "said"),
    [
        ({}, ("--label", "lost"), "label: expected one of the columns number, usage, empty, system, churn, got 'lost'"),
        ({"churn": pl.lit(1)}, ("--label", "churn"), "label: expected two different values, 'churn' is '1' in every row"),
        ({"churn": pl.col("usage")}, ("--label", "churn"), "label: expected a column of two values, or --positive"),
        ({"usage": pl.lit(1.0)}, ("--label", "churn"), "features: expected at least one column that can teach; of 5 columns"),
        ({}, ("--label", "churn", "--folds", 1), "folds: expected a whole number from 2 to 20, got 1"),
        ({}, ("--label", "churn", "--seed", -1), "seed: expected a whole number from 0 to 1000000, got -1"),
        ({}, ("--label", "churn", "--seed", 10**20), "seed: expected a whole number from 0 to 1000000, got 1"),
        ({}, ("--label", "churn", "--label-window", 7), "label-window: expected a column of --time with it"),
        ({}, ("--label", "churn", "--budget", "inf"), "budget: expected seconds above 0, at most 86400, got inf"),
        ({}, ("--label", "churn", "--budget", "nan"), "budget: expected seconds above 0, at most 86400, got nan"),
        (
            {"arm": pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("odd")).otherwise(pl.lit("control"))},
            ("--label", "churn", "--treatment", "arm"),
            "treatment: expected at least 10 rows in every arm of arm, odd has 3",
        ),
        ({}, ("--label", "churn", "--control", "one"), "control: expected a column of --treatment with it"),
        ({}, ("--label", "churn", "--allow", "none"), "allow: expected one of the columns"),
        (
            {},
            ("--label", "churn", "--time", "number"),
            "time: expected a column of days, instants or numbers that rise with time",
        ),
        ({}, ("--label", "churn", "--treatment", "system"), "treatment: expected a column of 2 to 20 different values"),
        ({"on": pl.lit(date(2099, 1, 1))}, ("--label", "churn", "--time", "on"), "time: expected days up to "),
    ],
)
def test_what_is_wrong_is_one_line_that_names_it(evaluate, people, change, words, said):
    code, printed = evaluate(people.with_columns(**change), *words)
    assert code != 0
    assert printed.startswith(f"gridwork: {said}")
    assert printed.count("\n") == 1


def test_forward_in_time_the_blocks_have_days_where_the_file_has_days(evaluate, people):
    on = pl.Series("on", [f"{month}/{day}/25" for month in range(1, 11) for day in range(1, 29)])[:200].extend_constant(
        "11/1/25", 200
    )
    code, said = evaluate(people.with_columns(on), "--label", "churn", "--time", "on", "--json", "--budget", 0.1)
    blocks = json.loads(said)["forward"]["blocks"]
    assert (code, blocks[-1]["first"], blocks[-1]["last"]) == (0, "2025-11-01", "2025-11-01")
