"""Ranking through the database: everybody scored, reasons for the top, old runs removed, and nothing written when it fails."""

import numpy as np
import polars as pl
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from app import cli
from app.core.errors import Invalid
from app.models.campaign import Product
from app.models.score import CustomerScore, RankerStatus, RankerVersion, ScoringRun
from app.scoring import ranking
from app.scoring.learning.artifact import RankerCorrupt
from app.scoring.learning.encoding import SnapshotColumnsChanged
from app.scoring.learning.ranker import rank, score
from app.scoring.learning.validation import PeriodsOverlap
from app.scoring.queries import NoChampion, UnknownProduct, UnknownRanker
from app.scoring.ranking import NoSnapshots, rank_all, rank_customers
from app.scoring.store import RUNS_KEPT
from tests.factories import NOW, TODAY, get, make_campaign
from tests.figures import put_figures
from tests.stages.scoring.market import FIRST_ID, SNAPSHOT_DAY, add_snapshot, keep, make_market, small_ranker

CAST = 15  # customers of the cast, who have no snapshot


def scores(session, run_id):
    statement = select(CustomerScore).where(CustomerScore.scoring_run_id == run_id).order_by(CustomerScore.rank)
    return list(session.scalars(statement))


def counts(session):
    return [session.scalar(select(func.count()).select_from(table)) for table in (ScoringRun, CustomerScore)]


def do(session, **options):
    return rank_customers(session, **({"product_code": "FTTH1", "now": NOW} | options))


def test_every_customer_is_scored_from_the_best_down_and_the_top_keeps_its_reasons(session):
    people = make_market(session, count=40)
    keep(session)
    found = do(session, top=7)
    rows = scores(session, found["run"])
    assert found == {
        "ranker": 1,
        "run": found["run"],
        "customers": 40 + CAST,
        "without_figures": CAST,
        "explained": 7,
        "old_runs_removed": 0,
    }
    assert [row.rank for row in rows] == list(range(1, 40 + CAST + 1))
    assert [row.score for row in rows] == sorted((row.score for row in rows), reverse=True)
    assert [row.rank for row in rows if row.reasons is not None] == list(range(1, 8))
    expected = score(small_ranker(), people)
    order = people["customer_id"].to_numpy()[rank(expected, people["customer_id"].to_numpy())]
    ours = [row for row in rows if row.customer_id >= FIRST_ID]
    assert [row.customer_id for row in ours] == order.tolist()
    np.testing.assert_allclose([row.score for row in ours], np.sort(expected)[::-1], rtol=1e-6)
    reason = rows[0].reasons[0]
    usage = people.filter(customer_id=rows[0].customer_id)["usage"][0]
    assert reason["feature"] == "usage"
    assert reason["contribution"] > 0
    assert reason["value"] == pytest.approx(usage)
    assert reason["en"].startswith("Usage: ")
    assert reason["en"].endswith("more than most customers (speaks strongly for it)")
    assert reason["zh"].startswith("使用量：")


def test_what_is_known_on_the_day_itself_or_later_changes_no_score(session):
    make_market(session, count=20)
    keep(session)
    before = [(row.customer_id, row.score) for row in scores(session, do(session)["run"])]
    add_snapshot(session, FIRST_ID, TODAY, '{"usage": 9, "plan": "basic"}')
    assert [(row.customer_id, row.score) for row in scores(session, do(session)["run"])] == before
    add_snapshot(session, FIRST_ID, TODAY - ranking.date.resolution, '{"usage": 9, "plan": "basic"}')
    assert [(row.customer_id, row.score) for row in scores(session, do(session)["run"])] != before


def test_no_reasons_need_to_be_kept(session):
    make_market(session, count=20)
    keep(session)
    assert do(session, top=0)["explained"] == 0


def test_an_older_ranker_can_be_asked_for(session):
    make_market(session, count=20)
    keep(session)
    keep(session, seed=2)
    assert [do(session, version=version)["ranker"] for version in (None, 2)] == [1, 2]


def test_only_the_last_runs_and_those_of_campaigns_are_kept(session):
    make_market(session, count=20)
    keep(session)
    runs = [do(session)["run"]]
    make_campaign(session, scoring_run_id=runs[0])
    other = keep(session, product_code="TV1")
    runs += [do(session)["run"] for _ in range(RUNS_KEPT + 2)]
    elsewhere = rank_customers(session, product_code="TV1", now=NOW)["run"]
    left = set(session.scalars(select(ScoringRun.id)))
    assert left == {runs[0], *runs[-RUNS_KEPT:], elsewhere}
    assert set(session.scalars(select(CustomerScore.scoring_run_id).distinct())) == left
    assert other.status is RankerStatus.CHAMPION


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"product_code": "NONE"}, UnknownProduct, "product: there is no product NONE"),
        ({"product_code": "TV1"}, NoChampion, "product: expected one with a champion, TV1 has none; promote a ranker first"),
        ({"version": 9}, UnknownRanker, "version: there is no ranker 9 of FTTH1"),
        ({"version": 2**31}, UnknownRanker, "version: there is no ranker 2147483648 of FTTH1"),
        ({"top": -1}, Invalid, "top: expected a whole number from 0 to 100000, got -1"),
        (
            {"as_of": SNAPSHOT_DAY},
            PeriodsOverlap,
            f"as_of: expected a day from {TODAY} on, before which ranker 1 learned, got 2026-08-01",
        ),
    ],
)
def test_what_cannot_be_ranked_is_said_in_one_line_and_nothing_is_written(session, options, error, said):
    make_market(session, count=20)
    keep(session)
    with pytest.raises(error) as refused:
        do(session, **options)
    assert refused.value.detail == said
    assert counts(session) == [0, 0]


def test_without_figures_of_an_earlier_day_nothing_is_ranked(session):
    make_market(session, count=20)
    keep(session, as_of=SNAPSHOT_DAY)
    with pytest.raises(NoSnapshots, match=r"^features: expected snapshots of days before 2026-08-01, there are none$"):
        do(session, as_of=SNAPSHOT_DAY)
    assert counts(session) == [0, 0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"other": 1.0}, "usage: expected a column of the features"),
        ({"usage": None}, "usage: expected a column of the features"),
        ({"usage": "much"}, "usage: expected numbers, as when the ranker was trained, got text"),
    ],
)
def test_features_that_changed_are_named_and_nothing_is_written(session, change, said):
    people = make_market(session, count=20)
    champion = keep(session)
    put_figures(session, SNAPSHOT_DAY, people.select("customer_id", "plan", **{name: pl.lit(v) for name, v in change.items()}))
    with pytest.raises(SnapshotColumnsChanged) as refused:
        do(session)
    assert refused.value.detail.startswith(said)
    assert counts(session) == [0, 0]
    assert champion.status is RankerStatus.CHAMPION


def test_a_damaged_ranker_scores_nobody_and_the_others_are_ranked_all_the_same(session):
    make_market(session, count=20)
    keep(session)
    keep(session, product_code="TV1")
    product = get(session, Product, product_code="FTTH1")
    damaged = get(session, RankerVersion, product_id=product.id)
    damaged.artifact = damaged.artifact[:-1]
    with pytest.raises(RankerCorrupt):
        do(session)
    found = rank_all(session, now=NOW)
    assert found["FTTH1"]["failed"].startswith("ranker_corrupt: checksum: expected")
    assert found["TV1"]["customers"] == 20 + CAST
    assert counts(session) == [1, 20 + CAST]
    assert damaged.status is RankerStatus.CHAMPION


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "20261002", "", "2026-10-02\x00"])
def test_a_day_that_is_none_is_refused_by_the_command_before_anything_is_done(day):
    answer = CliRunner().invoke(cli.app, ["train", "--product", "FTTH1", "--as-of", day])
    assert str(answer.exception) == "as-of: expected a day as YYYY-MM-DD, such as 2026-10-02"


def test_an_argument_that_is_not_text_is_refused_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gridwork", "train", "--product", "a\udcff"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "gridwork: an argument is not text: expected UTF-8\n"
