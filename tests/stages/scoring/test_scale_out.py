"""Training and ranking by two processes: what one process does, within a tolerance that is said."""

import socket
import sys
from datetime import timedelta
from functools import partial

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from sqlalchemy import select, update

from app.core.storage import StoredFileMissing
from app.models.campaign import Product
from app.models.customer import Customer
from app.models.organisation import Unit, UnitKind
from app.models.score import CustomerScore
from app.scoring import figures as figures_module
from app.scoring import spread_gathering, training
from app.scoring.assembling import with_figures
from app.scoring.gathering import gather
from app.scoring.learning import whole
from app.scoring.learning.boosting import Settings, margins
from app.scoring.learning.encoding import SnapshotColumnsChanged, encode, fit_encoding
from app.scoring.learning.ranker import score
from app.scoring.learning.whole import sampled
from app.scoring.ranking import rank_customers
from app.scoring.scaleout import fitting, parts
from app.scoring.scaleout.cluster import DaskMissing, DaskUnreachable, count_workers, open_cluster, workers_of
from app.scoring.spread_gathering import gather_sample
from app.scoring.store import load_ranker, read_judged
from app.scoring.training import train_ranker
from app.scoring.watching.queries import read_population
from app.settings import SettingsError, read_settings
from tests.factories import NOW, TODAY, get, grid
from tests.figures import put_figures
from tests.stages.scoring.market import SNAPSHOT_DAY, figures, keep, make_market

DAY = timedelta(days=1)
ON_AVERAGE = 0.015  # how far a customer's probability is from that of one process
AUC_APART = 0.005


@pytest.fixture(scope="module")
def cluster():
    with open_cluster("local:2") as client:
        assert count_workers(client) == 2
        yield client


def scores(session, run_id):
    statement = select(CustomerScore).where(CustomerScore.scoring_run_id == run_id).order_by(CustomerScore.rank)
    return [(row.customer_id, row.score, row.reasons) for row in session.scalars(statement)]


def move(session, ids, grid_id):
    session.execute(update(Customer).where(Customer.id.in_(ids)).values(grid_id=grid_id))


def spread_over_branches(session, people, count):
    for number, ids in enumerate(np.array_split(people["customer_id"].to_numpy(), count)):
        session.add(
            Unit(id=9_000 + number, code=f"Z{number}", kind=UnitKind.BRANCH, name="z", parent_id=grid(session, "B1").parent_id)
        )
        session.flush()
        session.add(Unit(id=9_100 + number, code=f"ZG{number}", kind=UnitKind.GRID, name="z", parent_id=9_000 + number))
        session.flush()
        move(session, ids.tolist(), 9_100 + number)


def make_wide_market(session, count=4_000):
    """Customers of four branches, whose figures are then imported anew, in a file for each."""
    people = make_market(session, count=count)
    spread_over_branches(session, people, 4)
    put_figures(session, SNAPSHOT_DAY, people.select("customer_id", "usage", "plan"))
    return people


def rows_in(dask_worker):
    """Rows of matrices that a worker holds, of each part."""
    values = [value for value in dask_worker.data.values() if isinstance(value, np.ndarray)]
    return [value.shape[0] for value in values if value.ndim == 2]


@pytest.fixture
def counted(cluster, monkeypatch):
    """What is read here, and what each worker holds when boosters are fitted."""
    seen = {"here": [], "there": []}
    fit = fitting._fit_one

    def read_here(storage, files, wanted, **options):
        seen["here"].append(wanted.height)
        return with_figures(storage, files, wanted, **options)

    def fit_there(client, *args, **options):
        seen["there"].append(sorted(client.run(rows_in).values()))
        return fit(client, *args, **options)

    for module in (figures_module, spread_gathering, parts):
        monkeypatch.setattr(module, "with_figures", read_here)
    monkeypatch.setattr(fitting, "_fit_one", fit_there)
    return seen


def train_both(session, cluster, **options):
    """The rankers of one process and of the cluster."""
    asked = {"product_code": "FTTH1", "allow": ["usage"], "now": NOW} | options
    one = load_ranker(train_ranker(session, **asked))
    session.info["dask"] = cluster.scheduler.address
    return one, load_ranker(train_ranker(session, **asked))


def check_alike(one, two, people):
    frame = people.with_columns(pl.lit(None).alias(name) for name in one.encoding.names if name not in people.columns)
    assert (one.encoding, one.calibration, one.mix, one.refused) == (two.encoding, two.calibration, two.mix, two.refused)
    assert (one.metrics, one.rows, one.positives) == (two.metrics, two.rows, two.positives)
    labels, found = people["buys"].to_numpy(), [score(ranker, frame) for ranker in (one, two)]
    assert np.abs(found[0] - found[1]).mean() < ON_AVERAGE
    assert abs(roc_auc_score(labels, found[0]) - roc_auc_score(labels, found[1])) < AUC_APART


def test_two_processes_train_what_one_trains_and_neither_has_all_rows(session, cluster, counted):
    people = make_wide_market(session, count=2_000)
    one, two = train_both(session, cluster)
    check_alike(one, two, people)
    for held in counted["there"]:
        assert sum(map(sum, held)) == two.rows == people.height
        assert [sum(rows) for rows in held] == [1_000, 1_000]
        assert [len(rows) for rows in held] == [2, 2]


def test_of_more_than_the_sample_only_the_sample_is_read_here_and_all_is_decided_on_it(session, cluster, counted, monkeypatch):
    monkeypatch.setattr(whole, "MOST_SAMPLED", 1_500)
    monkeypatch.setattr(whole, "FEWEST_JUDGED", 100)
    monkeypatch.setattr(parts, "MOST_ROWS", 300)
    people = make_wide_market(session)
    monkeypatch.setattr(training, "read_population", partial(read_population, most=200))  # its baseline, for the watch
    one = load_ranker(train_ranker(session, product_code="FTTH1", allow=["usage"], now=NOW))
    assert counted["here"] == [4_000, 200]
    counted["here"].clear()
    session.info["dask"] = cluster.scheduler.address
    version = train_ranker(session, product_code="FTTH1", allow=["usage"], now=NOW)
    check_alike(one, load_ranker(version), people)
    assert counted["here"] == [1_500, 200]
    assert max(rows for held in counted["there"] for parts_of_one in held for rows in parts_of_one) <= 300
    assert read_judged(session, version).height <= 1_500
    assert version.example_count == 4_000


def test_parts_hold_what_one_process_reads_and_kinds_are_those_of_all_files(session, cluster, monkeypatch):
    monkeypatch.setattr(whole, "MOST_SAMPLED", 40)
    monkeypatch.setattr(whole, "FEWEST_JUDGED", 10)
    people = make_wide_market(session, count=400)
    last = people.tail(1).select("customer_id", "usage", "plan", code=pl.lit("7a"), late=pl.lit(True))
    put_figures(session, SNAPSHOT_DAY + DAY, last)
    put_figures(
        session, SNAPSHOT_DAY, people.head(399).select("customer_id", "usage", "plan", code=pl.col("usage").abs().round(0))
    )
    product, asked = get(session, Product, product_code="FTTH1"), {"as_of": TODAY, "label_window_days": 30}
    all_here = gather(session, product, **asked).examples
    sample, elsewhere = gather_sample(session, cluster, product, **asked, seed=7)
    assert sample.examples.rows < 60
    assert last["customer_id"][0] not in sample.examples.frame["customer_id"]
    assert sample.examples.frame.schema == all_here.frame.schema
    places = sampled(all_here, seed=7)
    assert sample.examples.frame.equals(all_here.frame.select(pl.all().gather(places)))
    assert (sample.examples.labels == all_here.labels[places]).all()
    monkeypatch.setattr(
        spread_gathering, "fit_shares", lambda _, read, shares, columns, *__, **___: [(s, read(s.task, columns)) for s in shares]
    )
    encoding = fit_encoding(all_here.frame)
    found = {}
    for share, matrix in elsewhere.fit(encoding, (), 7):
        ids = share.task[0].keys["customer_id"].to_list()
        assert len({file.branch_id for file in share.task[0].files}) == 1
        found |= {one: (label, row.tolist()) for one, label, row in zip(ids, share.labels.tolist(), matrix, strict=True)}
    here = zip(all_here.frame["customer_id"], all_here.labels.tolist(), encode(all_here.frame, encoding), strict=True)
    expected = {one: (label, row.tolist()) for one, label, row in here}
    assert {one: str(row) for one, row in found.items()} == {one: str(row) for one, row in expected.items()}


def test_a_worker_whose_examples_have_one_outcome_learns_the_same_way_round(cluster):
    people = figures(2_000).sort("buys")
    matrix, labels = people.select("usage").to_numpy().astype(np.float32), people["buys"].to_numpy().astype(np.int8)
    settings = Settings(20, 0.1, 4, 20, 1.0, 1.0, 1.0)
    cut = int((labels == 0).sum())
    halves = [
        [cluster.scatter(values[rows], workers=[name], hash=False) for values in (matrix, labels)]
        for name, rows in zip(workers_of(cluster), (slice(cut), slice(cut, None)), strict=True)
    ]
    sizes = (cut, 2_000 - cut)
    rows = fitting._joined([(half[0], (n, 1), np.float32) for half, n in zip(halves, sizes, strict=True)])
    outcomes = fitting._joined([(half[1], (n,), np.int8) for half, n in zip(halves, sizes, strict=True)])
    booster = fitting._fit_one(cluster, rows, outcomes, None, [], settings, seed=1)
    assert roc_auc_score(labels, margins([booster], matrix, num_threads=1)) > 0.7


def test_what_a_worker_cannot_read_is_said_here(session, cluster, monkeypatch):
    make_wide_market(session, count=400)
    session.info["dask"] = cluster.scheduler.address
    lost = with_figures

    def lose_files(storage, files, wanted, **options):
        found = lost(storage, files, wanted, **options)
        for file in files:
            storage.delete(file.path)
        return found

    monkeypatch.setattr(spread_gathering, "with_figures", lose_files)
    with pytest.raises(StoredFileMissing):
        train_ranker(session, product_code="FTTH1", allow=["usage"], now=NOW)


def test_branches_are_scored_by_the_workers_as_here(session, cluster):
    people = make_market(session, count=60)
    keep(session)
    spread_over_branches(session, people, 6)
    here = rank_customers(session, product_code="FTTH1", top=5, now=NOW)
    session.info["dask"] = cluster.scheduler.address
    there = rank_customers(session, product_code="FTTH1", top=5, now=NOW)
    assert scores(session, here["run"]) == scores(session, there["run"])
    put_figures(session, SNAPSHOT_DAY, people.select("customer_id", "plan", usage=pl.lit("much")))
    with pytest.raises(SnapshotColumnsChanged, match=r"^usage: expected numbers"):
        rank_customers(session, product_code="FTTH1", now=NOW)


def test_where_dask_is_missing_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DaskMissing, match=r"pip install 'gridwork\[dask\]'"), open_cluster("local:2"):
        pass


def test_an_address_that_is_wrong_is_named(monkeypatch):
    monkeypatch.setattr("app.scoring.scaleout.cluster.CONNECT_SECONDS", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(DaskUnreachable, match=f"^GRIDWORK_DASK: no scheduler answers at {address}$"), open_cluster(address):
            pass
    for wrong in ("local", "local:0", "two", "tcp://x", "http://127.0.0.1:1"):
        with pytest.raises(SettingsError, match=r"^GRIDWORK_DASK: expected local:WORKERS"):
            read_settings({"GRIDWORK_DASK": wrong})
