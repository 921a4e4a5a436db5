"""The ranker on real customers with real answers: what its list finds, and whether its probabilities hold."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from app.scoring.evaluate import calibration_error
from app.scoring.features import History, feature_frame
from app.scoring.labels import label_contacts
from app.scoring.ranker import TrainedRanker, rank, score, train

TODAY = date(2026, 10, 2)


@dataclass(frozen=True)
class Replay:
    """A trained ranker, its scores of the customers not yet contacted, and who of them buys and may be contacted."""

    ranker: TrainedRanker
    customer_ids: NDArray[np.int64]
    scores: NDArray[np.float64]
    buys: NDArray[np.int8]
    contactable: NDArray[np.bool_]


def read(folder: Path, name: str, *columns: str | pl.Expr) -> pl.DataFrame:
    frame = pl.read_csv(folder / "operator_bank" / f"{name}.csv", infer_schema_length=None)
    frame = frame.with_columns(customer_id=pl.col("customer_no").str.slice(1).cast(pl.Int64)).drop("customer_no")
    return frame.select("customer_id", *columns) if columns else frame


def instant(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_zone="UTC")


def day(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).str.to_date()


def events(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.select("customer_id", day=pl.col(name).dt.convert_time_zone("Asia/Shanghai").dt.date())


@pytest.fixture(scope="module")
def replay(shared_data: Path) -> Replay:
    contacts = read(shared_data, "contact_history", instant("contacted_at"))
    orders = read(shared_data, "orders", instant("ordered_at"), instant("cancelled_at"))
    holdings = read(shared_data, "holdings", day("from_date"), day("to_date"))
    customers = read(shared_data, "customers", day("opened_on"), "segment", "lifecycle")
    history = History(events(contacts, "contacted_at"), events(orders, "ordered_at"), holdings, customers)
    snapshots = read(shared_data, "features").with_columns(day("snapshot_date"))

    examples = label_contacts(contacts, orders, as_of=TODAY, label_window=30)
    frame = feature_frame(examples, snapshots, history)
    ranker = train(frame.drop("label"), frame["label"].to_numpy(), seed=1, list_size=1000)

    answers = read(shared_data, "replay_outcomes").with_columns(as_of=pl.lit(TODAY))
    waiting = feature_frame(answers.select("customer_id", "as_of"), snapshots, history)
    refused = read(shared_data, "contact_preferences").filter(
        (pl.col("status") == "refused") & pl.col("scope").is_in(["all", "call"])
    )
    out = refused["customer_id"].to_list() + holdings["customer_id"].to_list()
    return Replay(
        ranker,
        waiting["customer_id"].to_numpy(),
        score(ranker, waiting),
        answers["would_buy"].to_numpy().astype(np.int8),
        ~waiting["customer_id"].is_in(out).to_numpy(),
    )


def test_the_best_thousand_hold_three_times_the_buyers_of_a_random_thousand(replay: Replay) -> None:
    assert (replay.buys.size, int(replay.buys.sum())) == (9905, 634)
    best = rank(replay.scores, replay.customer_ids)[:1000]
    assert replay.buys[best].sum() >= 205


def test_a_dispatched_thousand_still_does_after_refusals_holdings_control_and_exploration(replay: Replay) -> None:
    order = rank(replay.scores, replay.customer_ids)
    eligible = order[replay.contactable[order]]
    found = []
    for seed in range(50):
        draws = np.random.default_rng(seed)
        treated = eligible[draws.random(eligible.size) >= 0.05]
        explored = draws.choice(treated[980:], 20, replace=False)
        found.append(int(replay.buys[treated[:980]].sum() + replay.buys[explored].sum()))
    assert np.mean(found) >= 195


def test_the_probabilities_hold_on_customers_nobody_has_contacted(replay: Replay) -> None:
    assert calibration_error(replay.buys, replay.scores) <= 0.02
    assert calibration_error(replay.buys, replay.scores, equal_width=True) <= 0.02


def test_validation_is_forward_in_time_and_beats_plain_lightgbm(replay: Replay) -> None:
    assert replay.ranker.validation == "forward"
    plain, ours = replay.ranker.plain_metrics, replay.ranker.metrics
    assert ours.log_loss < plain.log_loss
    assert ours.precision_at_list > plain.precision_at_list
    assert ours.base_rate == pytest.approx(0.065, abs=0.01)
