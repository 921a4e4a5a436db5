"""Dispatch of a list against bare COPY of the same work orders plus their indexes."""

import io
from pathlib import Path

import psycopg
from sqlalchemy.orm import Session, sessionmaker

from app.campaigns.service import run_campaign, schedule_campaign
from app.core.db import make_engine, make_sessions, sqlalchemy_url
from app.dispatch.service import dispatch_campaign
from app.jobs.runner import Work, run_job
from bench.measure import Figure, seconds
from bench.seeds import seed_campaign, seed_company

ROUNDS = 3
INDEXES = (
    "ALTER TABLE bare ADD PRIMARY KEY (id)",
    "CREATE UNIQUE INDEX ON bare (campaign_id, customer_id)",
    "CREATE UNIQUE INDEX ON bare (customer_id, product_family) WHERE state IN ('planned', 'open', 'in_progress')",
    "CREATE INDEX ON bare (staff_id, changed_xid)",
)


def measure_dispatch(url: str, _: Path, small: bool) -> list[Figure]:
    """Seconds from a drawn list to durable work orders, and of COPY plus indexes of the same rows."""
    targets = 20_000 if small else 500_000
    sessions = make_sessions(make_engine(url))
    seed_company(url, customers=targets)
    drawing, dispatching, floor = [], [], []
    for number in range(ROUNDS):
        code = f"BENCH{number}"
        seed_campaign(url, code=code, family=f"family{number}")
        drawing.append(_run(sessions, lambda s, now, c=code: schedule_campaign(s, campaign_code=c, now=now)))
        _run(sessions, lambda s, now, c=code: {"opened": run_campaign(s, campaign_code=c, now=now).code})
        dispatching.append(_run(sessions, lambda s, now, c=code: dispatch_campaign(s, campaign_code=c, now=now)))
        floor.append(_copy_and_index(url))
        _forget(url)
    bare = Figure("bare COPY of the same work orders and their four indexes", floor, "s")
    return [
        bare,
        Figure(f"dispatch of {targets:,} targets to 2,000 managers", dispatching, "s", bare),
        Figure("drawing of the same list", drawing, "s", bare),
    ]


def _run(sessions: sessionmaker[Session], work: Work) -> float:
    return seconds(lambda: run_job(sessions, "bench", work))


def _copy_and_index(url: str) -> float:
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("SELECT set_config('gridwork.scope', 'all', true)")
        rows = io.BytesIO()
        with connection.cursor().copy("COPY work_orders TO STDOUT") as source:
            for block in source:
                rows.write(block)
        connection.execute("CREATE TABLE bare (LIKE work_orders INCLUDING DEFAULTS)")
        connection.commit()

        def copy() -> None:
            with connection.cursor().copy("COPY bare FROM STDIN") as sink:
                sink.write(rows.getbuffer())
            for statement in INDEXES:
                connection.execute(statement)
            connection.commit()

        taken = seconds(copy)
        connection.execute("DROP TABLE bare")
    return taken


def _forget(url: str) -> None:
    """Back to an empty list, without the dead rows of this round."""
    plain = sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("SELECT set_config('gridwork.scope', 'all', false)")
        for table in ("work_orders", "dispatch_runs", "campaign_targets"):
            connection.execute(f"DELETE FROM {table}".encode())
            connection.execute(f"VACUUM {table}".encode())
