"""In the synthetic town buildings buy alike: a ranker that sees what ties hold finds more; with ties to strangers it does not."""

from datetime import date

import lightgbm
import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from app.scoring.learning.encoding import encode, fit_encoding
from app.scoring.learning.features import History, feature_frame
from app.scoring.learning.influence import INFLUENCE
from app.scoring.learning.labels import label_contacts
from demo.town import Town, make_town

CUSTOMERS = 30_000
FAMILY = ["BB500", "RT01"]
QUICK = {
    "objective": "binary",
    "num_leaves": 8,
    "learning_rate": 0.08,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.5,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(seed=5, month=(2026, 3), branches=2, grids=8, managers=20, customers=CUSTOMERS, contacts=CUSTOMERS * 7 // 10)


def number(column: str = "customer_no") -> pl.Expr:
    return pl.col(column).str.slice(1).cast(pl.Int64)


def day(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.slice(0, 10).str.to_date()


def instant(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime(time_zone="UTC")


def examples_of(town: Town, others: np.ndarray | None = None) -> tuple[pl.DataFrame, np.ndarray]:
    """Frame and labels of the contacts for broadband; with `others` each tie leads to another customer than it did."""
    feeds = town.feeds
    contacts = feeds["contact_history"].filter(pl.col("product_code") == "BB500", pl.col("arm") != "control")
    contacts = contacts.select(customer_id=number(), contacted_at=instant("contacted_at"))
    of_family = feeds["orders"].filter(pl.col("product_code").is_in(FAMILY))
    sales = of_family.select(customer_id=number(), ordered_at=instant("ordered_at"), cancelled_at=instant("cancelled_at"))
    labelled = label_contacts(contacts, sales, as_of=date(2026, 3, 1), label_window=5)
    snapshots = feeds["features"].select(
        pl.exclude("customer_no", "snapshot_date"), customer_id=number(), snapshot_date=day("snapshot_date")
    )
    frame = feature_frame(labelled, snapshots, history_of(town, others))
    return frame.drop("label"), frame["label"].to_numpy()


def history_of(town: Town, others: np.ndarray | None) -> History:
    feeds = town.feeds
    held = feeds["holdings"].select("product_code", customer_id=number(), from_date=day("from_date"), to_date=day("to_date"))
    of_family = feeds["orders"].filter(pl.col("product_code").is_in(FAMILY))
    ties = feeds["ties"].select(number(), other_customer_id=number("other_customer_no"), weight=pl.col("weight").cast(pl.Float64))
    ties = ties.rename({"customer_no": "customer_id"})
    if others is not None:
        ties = ties.with_columns(other_customer_id=others[ties["other_customer_id"].to_numpy() - 1])
    spans = held.filter(pl.col("product_code").is_in(FAMILY)).select("customer_id", from_day="from_date", to_day="to_date")
    orders = of_family.select(customer_id=number(), from_day=day("ordered_at"), to_day=day("cancelled_at"))
    return History(
        contacts=feeds["contact_history"].select(customer_id=number(), day=day("contacted_at")),
        orders=feeds["orders"].select(customer_id=number(), day=day("ordered_at")),
        holdings=held.select("customer_id", "from_date", "to_date", monthly_price=pl.lit(99.0)),
        customers=feeds["customers"].select(
            customer_id=number(), opened_on=day("opened_on"), segment=pl.lit("home"), lifecycle=pl.lit("active")
        ),
        ties=ties,
        adoptions=pl.concat([spans, orders]),
    )


def held_out(frame: pl.DataFrame, labels: np.ndarray) -> np.ndarray:
    """Scores of rows by boosters that did not see them; the same folds whatever the columns."""
    encoding = fit_encoding(frame)
    matrix, scores = encode(frame, encoding), np.zeros(labels.size)
    for train, judge in StratifiedKFold(3, shuffle=True, random_state=1).split(matrix, labels):
        data = lightgbm.Dataset(
            matrix[train], labels[train], categorical_feature=encoding.text_positions, params={"verbosity": -1}
        )
        scores[judge] = lightgbm.train(QUICK | {"seed": 1}, data, 100).predict(matrix[judge])
    return scores


def gains(labels: np.ndarray, better: np.ndarray, worse: np.ndarray) -> np.ndarray:
    """AUC of `better` less that of `worse`, in 60 paired draws of the rows."""
    draws = np.random.default_rng(1)
    rows = (draws.integers(0, labels.size, labels.size) for _ in range(60))
    return np.array([roc_auc_score(labels[i], better[i]) - roc_auc_score(labels[i], worse[i]) for i in rows])


def test_what_ties_hold_makes_a_ranker_better_and_ties_to_strangers_do_not(town: Town) -> None:
    frame, labels = examples_of(town)
    strangers = np.random.default_rng(1).permutation(CUSTOMERS) + 1
    shuffled, same = examples_of(town, strangers)
    assert (labels == same).all()
    without = held_out(frame.drop(INFLUENCE), labels)
    real = gains(labels, held_out(frame, labels), without)
    none = gains(labels, held_out(shuffled, labels), without)
    assert real.mean() > 0.004
    assert np.quantile(real, 0.025) > 0
    assert none.mean() < 0.002
    assert np.quantile(none, 0.025) < 0
    share = frame["neighbours_share"].fill_null(0)
    assert labels[(share > 0.5).to_numpy()].mean() > 1.3 * labels[(share == 0).to_numpy()].mean()
