"""One run from scores in Parquet to durable work orders, against bare COPY of the same rows plus their indexes; at six sizes."""

import multiprocessing
import re
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psycopg

from app.campaigns.queries import get_campaign
from app.core import clock
from app.core.db import make_engine, make_sessions, set_scope, sqlalchemy_url
from app.core.logs import configure_logs
from app.core.storage import Storage
from app.dispatch.service import dispatch_campaign
from app.jobs.runner import run_job
from bench.measure import Figure
from bench.phases import Processors, timed_phases
from bench.runs import seed_approved, seed_ranked
from tests.postgres import empty_database

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 2_873_000)
# Of a table in parts those of its first part, because parts have keys that the whole cannot have.
_INDEXES = """
SELECT pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = coalesce((SELECT min(inhrelid) FROM pg_inherits WHERE inhparent = %s::regclass), %s::regclass)
"""
_PARTS = """
SELECT CAST(inhrelid AS regclass) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = ANY (CAST('{work_orders,campaign_targets}' AS regclass[])) AND relname NOT LIKE '%\\_shared'
"""
ROUNDS = 3
TABLES = ("campaign_targets", "work_orders", "contact_locks")


def measure_dispatch(url: str, folder: Path, small: bool) -> list[Figure]:
    """Seconds of runs over 2,000 managers and 182 grids, and of COPY plus indexes of the rows that they wrote."""
    asked = [int(word.removeprefix("--customers=")) for word in sys.argv if word.startswith("--customers=")]
    figures, sizes, medians = [], asked or (SIZES[:3] if small else SIZES), []
    for customers in sizes:
        found = _measure(url, folder / str(customers), customers)
        medians.append(found[2].median)
        figures += found
    if len(sizes) == 1:
        return figures
    exponent = float(np.polyfit(np.log(sizes), np.log(medians), 1)[0])
    return [*figures, Figure(f"exponent of time over customers, {sizes[0]:,} to {sizes[-1]:,}", [exponent], "")]


def _measure(url: str, folder: Path, customers: int) -> list[Figure]:
    runs, floors = [], {"text": [], "binary": []}
    with empty_database(url, f"run_{customers}") as own:
        seed_ranked(own, folder, customers=customers).kw["bind"].dispose()
        for number in range(ROUNDS):
            if number:
                _forget(own)
            seed_approved(own, f"RUN{number}")
            _write_out(own)
            runs.append(_run_apart(own, folder, f"RUN{number}"))
            for form, found in floors.items():
                _write_out(own)
                found.append(_copy_and_index(own, form))
            rows = _count(own)
    text = Figure(f"COPY (text) and indexes of {rows[0]:,} targets, {rows[1]:,} orders", floors["text"], "s")
    return [
        text,
        Figure("the same by binary COPY", floors["binary"], "s", text),
        Figure(f"run over {customers:,} customers", [run.pop("run") for run in runs], "s", text),
        Figure("its memory, PostgreSQL's processes and cache included", [run.pop("memory") for run in runs], "MB"),
        *(Figure(f"  {name}", [run[name] for run in runs], "s") for name in runs[0]),
    ]


def _run_apart(url: str, folder: Path, code: str) -> dict[str, float]:
    """Of a dispatch in a process of its own: seconds as `run`, most megabytes as `memory`, seconds of its phases."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_dispatch, args=(url, str(folder / "storage"), code, theirs))
    with _database_memory(url) as database:
        process.start()
        theirs.close()  # so that its end is seen here
        found: dict[str, float] = ours.recv()
        process.join()
    return found | {"memory": found["memory"] + max(database, default=0.0)}


def _dispatch(url: str, storage: str, code: str, found: Connection) -> None:
    clock.use_zone(clock.zone())
    configure_logs("ERROR")
    # As in a worker that has been up: what it needs is imported and connected.
    import_module("pandas")  # pyarrow does so with the first column that it gives to NumPy
    sessions = make_sessions(make_engine(url), Storage(storage))
    with sessions() as session:
        set_scope(session, scope="all")
        get_campaign(session, code)
    with _connected(url) as connection:
        processors = Processors(_parent(connection.info.backend_pid))
    began = time.perf_counter()
    with timed_phases() as phases:
        run_job(sessions, "bench", lambda session, now: dispatch_campaign(session, campaign_code=code, now=now))
    seconds = time.perf_counter() - began
    phases["commit, with its check"] = seconds - phases.pop("all before the commit")
    used = processors.used()
    # What it starts beside itself counts too, as if all of that were there at once.
    memory = (_most_of_ours() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    found.send({"run": seconds, "memory": memory, **phases, **used})


def _most_of_ours() -> int:
    """Kilobytes; what getrusage says of a process holds what its starter had when it began."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0])


@contextmanager
def _database_memory(url: str) -> Iterator[list[float]]:
    """Megabytes of the server's processes, shared memory counted once, twice a second."""
    found: list[float] = []
    stop = threading.Event()
    with _connected(url) as connection:
        server = _parent(connection.info.backend_pid)

    def look() -> None:
        while not stop.wait(0.5):
            found.append(sum(_share(process) for process in Path("/proc").glob("[0-9]*") if _parent(process.name) == server))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def _parent(pid: int | str) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has gone
        return -1


def _share(process: Path) -> float:
    try:
        return int(re.findall(r"Pss:\s+(\d+)", (process / "smaps_rollup").read_text())[0]) / 1024
    except (OSError, IndexError):  # it has gone
        return 0.0


def _copy_and_index(url: str, form: str) -> float:
    with _connected(url) as connection:
        rows, indexes = {}, []
        for table in TABLES:
            with connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT {form})".encode()) as source:
                rows[table] = b"".join(source)
            connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING DEFAULTS)".encode())
            found = connection.execute(_INDEXES, (table, table)).fetchall()
            indexes += [re.sub(r"INDEX \S+ ON \S+", f"INDEX ON bare_{table}", definition) for (definition,) in found]
        connection.commit()
        began = time.perf_counter()
        for table, content in rows.items():
            with connection.cursor().copy(f"COPY bare_{table} FROM STDIN (FORMAT {form})".encode()) as sink:
                for start in range(0, len(content), 1 << 20):
                    sink.write(content[start : start + (1 << 20)])
        for statement in indexes:
            connection.execute(statement.encode())
        connection.commit()
        seconds = time.perf_counter() - began
        for table in TABLES:
            connection.execute(f"DROP TABLE bare_{table}".encode())
    return seconds


def _write_out(url: str) -> None:
    """All pages to the disk, so that nobody's seconds go into what was written before; to ask for that takes a superuser, but
    PostgreSQL does it too when a database goes.
    """
    with _connected(url) as connection:
        connection.autocommit = True
        connection.execute("CREATE DATABASE bench_goes TEMPLATE template0")
        connection.execute("DROP DATABASE bench_goes")


def _count(url: str) -> list[int]:
    with _connected(url) as connection:
        return [connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()[0] for table in TABLES]


def _forget(url: str) -> None:
    """Back to an empty list, without the dead rows of the round before."""
    with _connected(url) as connection:
        for (part,) in connection.execute(_PARTS).fetchall():
            connection.execute(f"DROP TABLE {part}".encode())
        connection.execute("ALTER TABLE campaign_targets DISABLE TRIGGER USER")
        for table in ("work_orders", "dispatch_runs", "campaign_targets"):
            connection.execute(f"DELETE FROM {table}".encode())
        connection.execute("ALTER TABLE campaign_targets ENABLE TRIGGER USER")
        connection.execute("TRUNCATE contact_locks")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM work_orders, campaign_targets")


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("SELECT set_config('gridwork.scope', 'all', false)")
        connection.commit()
        yield connection
