"""Peak memory of each process where a Dask cluster trains and scores: by customers, and by workers.

Branches have all the same number of customers, so that a part is as large whatever the company is. The scheduler, the workers
and the process that asks are processes of this machine. `--customers=N` is that many on two workers, and on four.
"""

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from app.core import clock
from app.core.db import make_engine, make_sessions, set_scope
from app.core.logs import configure_logs
from app.core.storage import Storage
from app.scoring.ranking import rank_customers
from app.scoring.training import train_ranker
from bench.measure import Figure
from bench.rankers import AS_OF, PRODUCT, seed_contacts, write_figures
from tests.postgres import empty_database

SIZE, SMALL = 400_000, 40_000
BRANCHES = 4  # of the larger company; the other has half as many
ROOT = Path(__file__).resolve().parents[1]
Peaks = dict[str, float]


def measure_dask(url: str, folder: Path, small: bool) -> list[Figure]:
    """Megabytes of each process at most, and seconds, of half the customers on two workers, and of all on two and on four."""
    asked = [int(word.removeprefix("--customers=")) for word in sys.argv if word.startswith("--customers=")]
    customers = asked[0] if asked else SMALL if small else SIZE
    figures = []
    for size, branches, clusters in ((customers // 2, BRANCHES // 2, (2,)), (customers, BRANCHES, (2, 4))):
        for workers, found in _measure(url, folder / str(size), size, branches, clusters).items():
            figures += [_figure(f"{size:,} customers on {workers} workers: {name}", value) for name, value in found.items()]
    return figures


def _figure(name: str, value: float) -> Figure:
    return Figure(name, [value], "s" if name.endswith("seconds") else "MB")


def _measure(url: str, folder: Path, customers: int, branches: int, clusters: Sequence[int]) -> dict[int, Peaks]:
    """By number of workers."""
    storage = str(folder / "storage")
    folder.mkdir()
    with empty_database(url, f"dask_{customers}") as own:
        seed_contacts(own, customers, grids=branches)
        with make_sessions(make_engine(own), Storage(storage))() as session:
            set_scope(session, scope="all")
            write_figures(session)
            session.commit()
        return {workers: _train_and_score(own, folder, storage, workers) for workers in clusters}


def _train_and_score(url: str, folder: Path, storage: str, workers: int) -> Peaks:
    found: Peaks = {}
    for name, work in (("training", _train), ("scoring", _score)):
        with _cluster(folder / f"{name}-{workers}", workers) as (address, processes):
            found |= {f"{name}, {whose}": value for whose, value in _apart(work, url, storage, address).items()}
            peaks = {whose: _peak(process) for whose, process in processes.items()}
        found[f"{name}, scheduler"] = peaks.pop("scheduler")
        found[f"{name}, the largest worker"] = max(peaks.values())
    return found


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[tuple[str, dict[str, int]]]:
    """The address of a scheduler with that many workers, and their processes by name."""
    folder.mkdir()
    told = folder / "scheduler.json"
    asked = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    started = {"scheduler": _start("scheduler", asked)}
    try:
        while not told.exists() or not told.read_text():
            time.sleep(0.1)
        one = ["--scheduler-file", str(told), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        for number in range(1, workers + 1):
            own = ["--local-directory", str(folder / f"worker-{number}")]
            started[f"worker {number}"] = _start("worker", [*one, *own])
        time.sleep(5)
        yield json.loads(told.read_text())["address"], {name: process.pid for name, process in started.items()}
    finally:
        for process in reversed(started.values()):
            process.terminate()
            process.wait()


def _start(what: str, asked: list[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *asked]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _apart(work: Callable[[str, str, str, Connection], None], url: str, storage: str, address: str) -> Peaks:
    """Peak and seconds of work in a process of its own, which asks the cluster."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(url, storage, address, theirs))
    process.start()
    theirs.close()  # so that its end is seen here
    seconds, peak = ours.recv()
    process.join()
    return {"seconds": seconds, "who asks": peak}


def _train(url: str, storage: str, address: str, found: Connection) -> None:
    asked = {"product_code": PRODUCT, "as_of": AS_OF, "label_window_days": 30, "seed": 1}
    _work(url, storage, address, found, lambda session, now: train_ranker(session, **asked, now=now))


def _score(url: str, storage: str, address: str, found: Connection) -> None:
    asked = {"product_code": PRODUCT, "as_of": AS_OF, "version": 1}
    _work(url, storage, address, found, lambda session, now: rank_customers(session, **asked, now=now))


def _work(url: str, storage: str, address: str, found: Connection, work: Callable[..., object]) -> None:
    clock.use_zone(clock.zone())
    configure_logs("ERROR")
    with make_sessions(make_engine(url), Storage(storage), dask=address)() as session:
        set_scope(session, scope="all")
        began = time.perf_counter()
        work(session, clock.now())
        session.commit()
        found.send((time.perf_counter() - began, _peak("self")))


def _peak(process: int | str) -> float:
    """Megabytes of a process at most so far."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
