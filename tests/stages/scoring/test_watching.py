"""The watch over rankers in use: what it sees of a market that changes, and what it does about it."""

import polars as pl
import pytest
from sqlalchemy import func, select, text

from app.commands.doctor_business import check_rankers
from app.models.score import RankerCalibration, RankerStatus, RankerVersion, RankerWatch, ScoringRun
from app.scoring.gates import GateFailed
from app.scoring.learning.labels import OneOutcomeOnly, TrainingDataMissing
from app.scoring.promotion import promote_ranker, unblock_ranker
from app.scoring.queries import UnknownProduct
from app.scoring.ranking import rank_all, rank_customers
from app.scoring.store import RankerBlocked
from app.scoring.training import train_ranker
from app.scoring.watching.service import watch_rankers
from tests.factories import NOW, TODAY
from tests.figures import put_figures
from tests.stages.scoring.market import SNAPSHOT_DAY, figures, keep, make_market

LATER = SNAPSHOT_DAY.replace(day=20)
COUNT = 500


def watch(session, **options):
    return watch_rankers(session, **({"now": NOW} | options))


def last(session):
    return session.scalars(select(RankerWatch).order_by(RankerWatch.id.desc())).first()


def kinds(watch):
    return [(alarm["kind"], alarm["feature"]) for alarm in watch.alarms]


def forget(session, what, where="true"):
    session.execute(text(f"DELETE FROM {what} WHERE {where}"))


@pytest.fixture
def market(session):
    """A champion and customers as they were at training; nothing came of contacts yet."""
    make_market(session, count=COUNT, contacted=0)
    return keep(session)


def change_figures(session, **changes):
    put_figures(session, LATER, figures(COUNT).select("customer_id", "usage", "plan").with_columns(**changes))


def test_a_market_that_is_as_it_was_has_no_consequence(session, market):
    assert watch(session) == {"FTTH1 1 order": {"alarms": 0, "consequence": "none"}}
    seen = last(session)
    assert (seen.as_of, seen.alarms, seen.consequence) == (TODAY, [], "none")
    assert [each["state"] for each in seen.figures["drift"]] == ["calm", "calm", "calm"]
    assert seen.figures["scores"]["psi"] < 0.1
    assert seen.figures["labels"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"usage": pl.lit(None, pl.Float64)}, "The column usage is missing for everybody."),
        ({"usage": pl.lit("much")}, "The column usage holds another kind of value."),
    ],
)
def test_a_broken_column_blocks_the_ranker_which_keeps_its_last_run_until_a_person_says_otherwise(session, market, changes, said):
    rank_customers(session, product_code="FTTH1", now=NOW)
    change_figures(session, **changes)
    assert watch(session)["FTTH1 1 order"]["consequence"] == "blocked"
    assert (market.blocked_at, market.block_reason, market.status) == (NOW, said, RankerStatus.CHAMPION)
    assert rank_all(session, now=NOW)["FTTH1"] == {"failed": f"ranker.blocked: ranker 1 is blocked: {said}"}
    with pytest.raises(RankerBlocked):
        rank_customers(session, product_code="FTTH1", version=1, now=NOW)
    assert session.scalar(select(func.count()).select_from(ScoringRun)) == 1
    assert check_rankers(session).found == "blocked: FTTH1 1"
    unblock_ranker(session, product_code="FTTH1", number=1)
    assert check_rankers(session).found == "champions for FTTH1"
    change_figures(session)
    assert rank_customers(session, product_code="FTTH1", now=NOW)["ranker"] == 1


def test_a_damaged_ranker_is_blocked_and_the_others_are_looked_at_all_the_same(session, market):
    keep(session, product_code="TV1")
    market.artifact = market.artifact[:-1]
    found = watch(session)
    assert found["FTTH1 1 order"]["consequence"] == "blocked"
    assert market.block_reason.startswith("The stored ranker is damaged: checksum: expected")
    assert found["TV1 1 order"]["consequence"] == "none"


def test_drift_asks_for_a_candidate_and_what_keeps_it_from_being_trained_is_kept(session, market):
    change_figures(session, usage=pl.col("usage") + 3)
    assert watch(session)["FTTH1 1 order"] == {"alarms": 2, "consequence": "none"}
    seen = last(session)
    assert kinds(seen) == [("input_drift", "usage"), ("score_drift", None)]
    assert seen.figures["not_retrained"].startswith("training_data_missing: contacts: expected")
    assert market.blocked_at is None


def test_drift_trains_a_candidate_once_and_promotes_nothing(session):
    make_market(session, count=COUNT)
    champion = keep(session)
    champion.report = {**champion.report, "columns": {"allowed": ["usage"]}}
    champion.data_to = TODAY
    change_figures(session, usage=pl.col("usage") + 3)
    assert watch(session)["FTTH1 1 order"]["consequence"] == "retrained"
    assert watch(session)["FTTH1 1 order"]["consequence"] == "none"
    assert last(session).figures["waiting_candidate"] == 2
    versions = session.scalars(select(RankerVersion).order_by(RankerVersion.number)).all()
    assert [version.status for version in versions] == ["champion", "candidate"]
    assert versions[1].report["columns"]["allowed"] == ["usage"]
    assert [gate["name"] for gate in versions[1].report["gates"]][-1] == "champion"


def test_a_base_rate_that_moved_recalibrates_and_the_order_stays(session):
    make_market(session, count=COUNT)
    version = keep(session)
    before = ranked(session)
    forget(session, "orders", "customer_id % 4 <> 0")
    assert watch(session)["FTTH1 1 order"] == {"alarms": 2, "consequence": "recalibrated"}
    assert kinds(last(session)) == [("base_rate", None), ("calibration", None)]
    fitted = session.scalars(select(RankerCalibration)).one()
    assert (fitted.ranker_version_id, fitted.contacts_from > version.data_to) == (version.id, True)
    after = ranked(session)
    assert after["customer_id"].to_list() == before["customer_id"].to_list()
    seen = last(session).figures["labels"]
    assert abs(after["score"].mean() - seen["rate"]) < 0.03 < before["score"].mean() - after["score"].mean()
    assert watch(session)["FTTH1 1 order"] == {"alarms": 0, "consequence": "none"}  # the same labels say nothing new


def ranked(session):
    run = rank_customers(session, product_code="FTTH1", now=NOW)["run"]
    rows = session.execute(
        text("SELECT customer_id, score FROM customer_scores WHERE scoring_run_id = :run ORDER BY rank"), {"run": run}
    )
    return pl.DataFrame(rows.all(), schema=["customer_id", "score"], orient="row")


def test_customers_without_figures_are_one_finding_and_not_one_per_column(session, market):
    put_figures(session, SNAPSHOT_DAY, figures(COUNT).head(COUNT // 2).select("customer_id", "usage", "plan"))
    assert watch(session)["FTTH1 1 order"]["alarms"] == 1
    assert kinds(last(session)) == [("input_drift", "customers with figures")]


def test_figures_that_nobody_has_any_more_block(session, market):
    put_figures(session, SNAPSHOT_DAY, figures(0).select("customer_id", "usage", "plan"))
    assert watch(session)["FTTH1 1 order"]["consequence"] == "blocked"


def test_scores_that_all_became_one_block(session, market):
    change_figures(session, usage=pl.lit(0.5), plan=pl.lit("basic"))
    assert watch(session)["FTTH1 1 order"]["consequence"] == "blocked"
    assert ("scores_collapsed", None) in kinds(last(session))


def test_only_the_product_asked_for_is_looked_at(session, market):
    keep(session, product_code="TV1")
    assert list(watch(session, product_code="TV1")) == ["TV1 1 order"]
    with pytest.raises(UnknownProduct):
        watch(session, product_code="NONE")


def test_columns_that_are_all_missing_teach_nothing_and_the_gates_refuse_what_comes_of_it(session):
    make_market(session, count=COUNT)
    champion = keep(session)
    put_figures(
        session, SNAPSHOT_DAY, figures(COUNT).select("customer_id", usage=pl.lit(None, pl.Float64), plan=pl.lit(None, pl.String))
    )
    found = train_ranker(session, product_code="FTTH1", now=NOW)
    assert {"usage", "plan"}.isdisjoint(found.parameters["columns"])
    with pytest.raises(GateFailed, match=r"^gate (auc|champion) "):
        promote_ranker(session, product_code="FTTH1", number=2, promoted_by="lin", now=NOW)
    assert champion.status is RankerStatus.CHAMPION


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (
            lambda session: forget(session, "contact_history"),
            TrainingDataMissing,
            "contacts: expected contacts whose label window",
        ),
        (lambda session: forget(session, "orders"), OneOutcomeOnly, "orders: expected at least 10 contacts with an order"),
        (
            lambda session: session.execute(text("UPDATE contact_history SET contacted_at = contacted_at + interval '60 days'")),
            TrainingDataMissing,
            "contacts: expected contacts whose label window has ended",
        ),
    ],
)
def test_what_cannot_teach_is_said_in_one_line_and_leaves_the_champion_in_place(session, spoil, error, said):
    make_market(session, count=60)
    champion = keep(session)
    spoil(session)
    with pytest.raises(error) as refused:
        train_ranker(session, product_code="FTTH1", now=NOW)
    assert refused.value.detail.startswith(said)
    assert champion.status is RankerStatus.CHAMPION
    assert session.scalar(select(func.count()).select_from(RankerVersion)) == 1
