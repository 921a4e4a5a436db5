"""Peak memory of each process where a Dask cluster trains and scores, with growing numbers of customers.

The scheduler, two workers and the process that asks are four processes of this machine. What grows with the customers is seen
in the last rows; `--customers=N` takes one number alone.
"""

import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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

SIZES, SMALL = (200_000, 800_000), (20_000, 80_000)
WORKERS = 2
ROOT = Path(__file__).resolve().parents[1]
Peaks = dict[str, float]


def measure_dask(url: str, folder: Path, small: bool) -> list[Figure]:
    """Megabytes of each process at most, and seconds; at the end what 100,000 customers more add."""
    asked = [int(word.removeprefix("--customers=")) for word in sys.argv if word.startswith("--customers=")]
    sizes = tuple(asked) or (SMALL if small else SIZES)
    found = [_measure(url, folder / str(customers), customers) for customers in sizes]
    figures = [
        Figure(f"{name}, {customers:,} customers", [value], "s" if name.endswith("seconds") else "MB")
        for customers, peaks in zip(sizes, found, strict=True)
        for name, value in peaks.items()
    ]
    if len(sizes) > 1:
        more = (sizes[-1] - sizes[0]) / 100_000
        slopes = {name: (found[-1][name] - found[0][name]) / more for name in found[0] if not name.endswith("seconds")}
        figures += [Figure(f"{name}: 100,000 customers more", [slope], "MB") for name, slope in slopes.items()]
    return figures


def _measure(url: str, folder: Path, customers: int) -> Peaks:
    storage, found = str(folder / "storage"), {}
    folder.mkdir()
    with empty_database(url, f"dask_{customers}") as own:
        seed_contacts(own, customers)
        with make_sessions(make_engine(own), Storage(storage))() as session:
            set_scope(session, scope="all")
            write_figures(session)
            session.commit()
        with _cluster(folder) as (address, processes):
            for name, work in (("training", _train), ("scoring", _score)):
                for process in processes.values():
                    Path(f"/proc/{process}/clear_refs").write_text("5")  # its peak counts from now on
                found |= {f"{name}, {whose}": value for whose, value in _apart(work, own, storage, address).items()}
                found |= {f"{name}, {whose}": _peak(process) for whose, process in processes.items()}
    return found


@contextmanager
def _cluster(folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """The address of a scheduler with two workers, and their processes by name."""
    told = folder / "scheduler.json"
    asked = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    started = {"scheduler": _start("scheduler", asked)}
    try:
        while not told.exists() or not told.read_text():
            time.sleep(0.1)
        one = ["--scheduler-file", str(told), "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        for number in range(1, WORKERS + 1):
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
