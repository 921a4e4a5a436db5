"""From the real operator's tables to the list: what it finds, and whether its probabilities hold."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
from sqlalchemy import select

from app.models.score import CustomerScore
from app.scoring.evaluate import calibration_error
from app.scoring.service import rank_customers, train_ranker
from tests.stages.scoring.bank import load_bank, read

NOW = datetime(2026, 10, 2, 2, tzinfo=UTC)


def test_the_best_thousand_of_those_not_yet_contacted_hold_three_times_the_buyers_of_a_random_thousand(session, shared_data):
    load_bank(session, shared_data)
    version = train_ranker(session, product_code="TD01", as_of=date(2026, 10, 2), now=NOW)
    assert version.metrics["log_loss"] < version.metrics["plain"]["log_loss"]
    found = rank_customers(session, product_code="TD01", now=NOW)
    statement = select(CustomerScore.customer_id, CustomerScore.score).order_by(CustomerScore.rank)
    scores = pl.DataFrame(session.execute(statement.where(CustomerScore.scoring_run_id == found["run"])).all(), orient="row")
    answers = read(shared_data, "replay_outcomes").select("customer_id", buys=pl.col("would_buy").cast(pl.Int8))
    waiting = scores.join(answers, left_on="customer_id", right_on="customer_id", maintain_order="left")
    assert (waiting.height, waiting["buys"].sum()) == (9905, 634)
    assert waiting["buys"].head(1000).sum() >= 205
    assert calibration_error(waiting["buys"].to_numpy(), waiting["score"].to_numpy().astype(np.float64)) <= 0.02
