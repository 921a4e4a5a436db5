"""Training and ranking at size against the bare LightGBM calls on the same arrays, in the same run.

The same arrays are the examples in memory and the frame of figures: `learn` to the final fit is asked to be at most 1.3, `score` to
`predict` at most 1.25. The whole ways, out of database and storage and into it, stand beside them.

Customers and their contacts stand in the database, 60 figures of each in the storage as Parquet by branch.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import make_engine, make_sessions, set_scope
from app.core.storage import Storage
from app.ingest.partition_queries import branches, members_of
from app.ingest.partitions import write_partition
from app.models.score import RankerVersion
from app.scoring import queries, training
from app.scoring.branch_scores import score_branches, write_score_files
from app.scoring.gathering import gather
from app.scoring.learning.boosting import fit_mix, margins
from app.scoring.learning.encoding import encode
from app.scoring.learning.ranker import TrainedRanker, load_boosters, score
from app.scoring.partition import join_partitions, order_customers
from app.scoring.store import load_ranker, write_scores
from app.scoring.training import train_ranker
from bench.measure import Figure, seconds
from bench.seeds import GRIDS, seed_company

CUSTOMERS, SMALL = 2_873_000, 100_000
NUMBERS, CODES = 54, 6
SNAPSHOT, AS_OF = date(2026, 1, 1), date(2026, 6, 1)
PRODUCT = "FTTH"
_CALLS = [(lightgbm.Booster, name) for name in ("__init__", "update", "predict", "model_to_string")]
LIGHTGBM: list[tuple[Any, str]] = [(lightgbm, "train"), (lightgbm.Dataset, "construct"), *_CALLS]


def measure_rankers(url: str, folder: Path, small: bool) -> list[Figure]:
    """Seconds of training and of ranking, each beside LightGBM's own on the same arrays, and the peak of memory."""
    asked = [int(word.removeprefix("--customers=")) for word in sys.argv if word.startswith("--customers=")]
    customers = asked[0] if asked else SMALL if small else CUSTOMERS
    seed_contacts(url, customers)
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    with sessions() as session:
        set_scope(session, scope="all")
        write_figures(session)
        session.commit()
    figures = []
    with sessions() as session:
        set_scope(session, scope="all")
        figures += _training(session, customers)
        figures += _ranking(session, customers)
        session.commit()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [*figures, Figure("peak memory of this process", [peak], "GiB")]


def write_figures(session: Session) -> None:
    """54 numbers of two decimals and 6 small codes of every customer, on one day, by branch."""
    draws = np.random.default_rng(1)
    for branch in branches(session):
        ids = members_of(session, branch.id)
        columns = {f"n{i}": draws.normal(size=ids.size).round(2) for i in range(NUMBERS)}
        columns |= {f"c{i}": draws.integers(0, 5 + i, ids.size).astype(np.float64) for i in range(CODES)}
        columns["n0"] += 0.8 * (ids % 11 == 0)  # who orders is seen in three of them
        columns["n1"] -= 0.5 * (ids % 11 == 0)
        columns["c0"] *= ids % 11 != 0
        frame = pl.DataFrame({"customer_id": ids, **columns})
        write_partition(session, frame, day=SNAPSHOT, branch_id=branch.id, now=clock.now())


def seed_contacts(url: str, customers: int, *, grids: int = GRIDS) -> None:
    """The company; every customer was contacted once, on one of 90 days, and every eleventh ordered."""
    seed_company(url, customers=customers, grids=grids)
    at = f"TIMESTAMPTZ '{SNAPSHOT + timedelta(days=1)}' + c.id % 90 * interval '1 day'"
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        for statement in (
            "SELECT set_config('gridwork.scope', 'all', true)",
            f"INSERT INTO products (product_code, name, kind, family) VALUES ('{PRODUCT}', 'x', 'acquire', '{PRODUCT}')",
            "INSERT INTO contact_history (contact_no, customer_id, product_id, contacted_at)"
            f" SELECT 'H' || c.id, c.id, p.id, {at} FROM customers c, products p",
            "INSERT INTO orders (order_no, customer_id, product_id, ordered_at)"
            f" SELECT 'O' || c.id, c.id, p.id, {at} + interval '1 day' FROM customers c, products p WHERE c.id % 11 = 0",
            "ANALYZE contact_history",
            "ANALYZE orders",
        ):
            connection.execute(text(statement))
    owner.dispose()


def _training(session: Session, customers: int) -> list[Figure]:
    with _counted([(training, "gather"), (training, "gather_arms")]) as reading, _counted([(training, "learn")]) as learning:
        made, inside = _timed(
            lambda: train_ranker(session, product_code=PRODUCT, as_of=AS_OF, label_window_days=30, seed=1, now=clock.now())
        )
    stored: RankerVersion = made.result
    ranker = load_ranker(stored)
    bare = _bare_fit(session, ranker)
    calls = Figure("LightGBM's part of it, all calls", [inside], "s")
    fit = Figure("bare Dataset and train, the final fit alone", [bare], "s")
    whole = f"train_ranker on {customers:,} contacts, to the stored ranker"
    return [
        calls,
        fit,
        Figure("examples out of database and storage", [reading[0]], "s"),
        Figure("learn, from those examples to the ranker", [learning[0]], "s", calls),
        Figure("learn to the final fit alone (asked: 1.3)", [learning[0]], "s", fit),
        Figure(whole, [made.seconds], "s", calls),
        Figure("train_ranker to the final fit alone", [made.seconds], "s", fit),
    ]


def _bare_fit(session: Session, ranker: TrainedRanker) -> float:
    """The final fit again: what LightGBM needs for these rows, columns and settings."""
    frame, labels = _examples(session)
    matrix = encode(frame, ranker.encoding)
    del frame
    with _counted(LIGHTGBM) as spent:
        fit_mix(matrix, labels, ranker.encoding.text_positions, ranker.mix, seed=ranker.seed, num_threads=2)
    return spent[0]


def _ranking(session: Session, customers: int) -> list[Figure]:
    product = queries.get_product(session, PRODUCT)
    ranker = load_ranker(queries.get_version(session, product, queries.last_number(session, product.id)))
    made, _ = _timed(lambda: _score_to_files(session, ranker))
    copy = seconds(lambda: write_scores(session, _new_run(session), made.result))
    given, matrix = _given(session, ranker)
    boosters = load_boosters(ranker.boosters)
    predict = Figure("bare booster.predict of all rows", [seconds(lambda: margins(boosters, matrix, num_threads=2))], "s")
    return [
        predict,
        Figure("score, from a frame of figures to probabilities (asked: 1.25)", [given], "s", predict),
        Figure(f"ranking of {customers:,} customers, Parquet to Parquet", [made.seconds], "s", predict),
        Figure("scores into customer_scores, with its index", [copy], "s", predict),
    ]


def _given(session: Session, ranker: TrainedRanker) -> tuple[float, NDArray[np.float32]]:
    """Seconds from the frame of all figures to probabilities, and its matrix."""
    frame, _ = _examples(session)
    return seconds(lambda: score(ranker, frame)), encode(frame, ranker.encoding)


def _score_to_files(session: Session, ranker: TrainedRanker) -> pl.DataFrame:
    found = join_partitions(score_branches(session, ranker, family=PRODUCT, day=AS_OF, top=1000), top=1000)
    assert found is not None
    scores = order_customers(found.scores)
    write_score_files(session, PRODUCT, 0, scores)
    return scores.with_columns(reasons=pl.lit(None, pl.String))


def _new_run(session: Session) -> int:
    values = "SELECT id, product_id, current_date, 0, now() FROM ranker_versions LIMIT 1"
    columns = "ranker_version_id, product_id, as_of, customer_count, finished_at"
    return int(session.scalar(text(f"INSERT INTO scoring_runs ({columns}) {values} RETURNING id")) or 0)


def _examples(session: Session) -> tuple[pl.DataFrame, NDArray[np.int8]]:
    examples = gather(session, queries.get_product(session, PRODUCT), as_of=AS_OF, label_window_days=30).examples
    return examples.frame, examples.labels


class _Timed:
    result: Any
    seconds: float


def _timed(work: Callable[[], Any]) -> tuple[_Timed, float]:
    """A call, how long it took, and how much of that LightGBM did."""
    made = _Timed()
    with _counted(LIGHTGBM) as spent:
        started = time.perf_counter()
        made.result = work()
        made.seconds = time.perf_counter() - started
    return made, spent[0]


@contextmanager
def _counted(places: list[tuple[Any, str]]) -> Iterator[list[float]]:
    """Seconds in which any of these functions ran meanwhile, in whichever thread, as one list of one number."""
    spent, depth, since, lock = [0.0], [0], [0.0], Lock()
    before = [(owner, name, getattr(owner, name)) for owner, name in places]

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            with lock:
                since[0] = since[0] if depth[0] else time.perf_counter()
                depth[0] += 1
            try:
                return function(*given, **named)
            finally:
                with lock:
                    depth[0] -= 1
                    spent[0] += 0.0 if depth[0] else time.perf_counter() - since[0]

        return call

    try:
        for owner, name, function in before:
            setattr(owner, name, counted(function))
        yield spent
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)
