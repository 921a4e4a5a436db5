"""Training and ranking by two processes: what one process does, within a tolerance that is said."""

import socket
import sys

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from sqlalchemy import select, update

from app.models.customer import Customer
from app.models.organisation import Unit, UnitKind
from app.models.score import CustomerScore
from app.scoring.learning.boosting import Settings, fit_mix, margins
from app.scoring.learning.encoding import SnapshotColumnsChanged
from app.scoring.ranking import rank_customers
from app.scoring.scaleout.cluster import DaskMissing, DaskUnreachable, count_workers, open_cluster
from app.scoring.scaleout.fitting import fitter_on
from app.settings import SettingsError, read_settings
from tests.factories import NOW, grid
from tests.figures import put_figures
from tests.stages.scoring.market import SNAPSHOT_DAY, figures, keep, make_market

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


def test_two_processes_fit_what_one_fits(cluster):
    people = figures(8_000)
    matrix = np.asfortranarray(people.select("usage", pl.col("plan") == "family").to_numpy().astype(np.float32))
    labels = people["buys"].to_numpy().astype(np.int8)
    mix = (Settings(40, 0.1, 7, 20, 1.0, 1.0, 1.0), Settings(20, 0.1, 4, 20, 1.0, 1.0, 1.0))
    options = {"seed": 1, "num_threads": 1, "weights": np.where(labels, 1.1, 1.0)}
    one, two = (fit(matrix, labels, [1], mix, **options) for fit in (fit_mix, fitter_on(cluster)))
    assert [booster.current_iteration() for booster in two] == [40, 20]
    found = [1 / (1 + np.exp(-margins(boosters, matrix, num_threads=1))) for boosters in (one, two)]
    assert np.abs(found[0] - found[1]).mean() < ON_AVERAGE
    assert abs(roc_auc_score(labels, found[0]) - roc_auc_score(labels, found[1])) < AUC_APART


def test_branches_are_scored_by_the_workers_as_here(session, cluster):
    people = make_market(session, count=60)
    keep(session)
    for number, ids in enumerate(np.array_split(people["customer_id"].to_numpy(), 6)):
        session.add(
            Unit(id=9_000 + number, code=f"Z{number}", kind=UnitKind.BRANCH, name="z", parent_id=grid(session, "B1").parent_id)
        )
        session.flush()
        session.add(Unit(id=9_100 + number, code=f"ZG{number}", kind=UnitKind.GRID, name="z", parent_id=9_000 + number))
        session.flush()
        move(session, ids.tolist(), 9_100 + number)
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
