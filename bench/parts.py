"""What phones are answered a second when work orders stand in one table, in many parts, and in these joined (decision 45)."""

from functools import partial
from pathlib import Path

from app.campaigns.service import run_campaign, schedule_campaign
from app.core.db import make_engine, make_sessions
from app.core.storage import Storage
from app.dispatch.run import order_part
from app.dispatch.service import dispatch_campaign
from app.jobs.joining import join_order_parts
from app.jobs.runner import run_job
from app.jobs.steps import run_in_steps
from bench.measure import Figure
from bench.phones import Load, cursor_of, load, pulls, rate, refresh, seed_phones, token_of
from bench.seeds import seed_campaign
from bench.serving import serving

PARTS = 40  # a big run a month, more than three years
ROUNDS = 10


def measure_parts(url: str, folder: Path, small: bool) -> list[Figure]:
    """Pulls a second, and the ratio to those of one table."""
    held = seed_phones(url, folder)
    measure = partial(_measure, url, folder, held, 160 if small else 640)
    one = measure("one table", (None, None))
    parts = 8 if small else PARTS
    _dispatch_in_parts(url, folder, parts)
    many = measure(f"{parts} parts", one)
    run_in_steps(make_sessions(make_engine(url), Storage(str(folder / "storage"))), "join-order-parts", join_order_parts)
    return [*one, *many, *measure("these joined", one)]


def _measure(
    url: str, folder: Path, held: dict[int, list[int]], requests: int, how: str, floors: tuple[Figure | None, Figure | None]
) -> tuple[Figure, Figure]:
    whole: list[Load] = []
    empty: list[Load] = []
    with serving("app.main:create_process", url, folder) as port:
        tokens = {staff_id: token_of(port, staff_id) for staff_id in held}
        cursors = {staff_id: cursor_of(port, token) for staff_id, token in tokens.items()}
        for _ in range(ROUNDS):
            whole.append(load(port, pulls(tokens, requests, {})))
            empty.append(load(port, pulls(tokens, requests, cursors)))
    return rate(f"pull, {how}", whole, floors[0]), rate(f"pull with nothing new, {how}", empty, floors[1])


def _dispatch_in_parts(url: str, folder: Path, parts: int) -> None:
    """So many runs, each with a part of its own, whose orders expired before the next."""
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    order_part.PART_FROM = 1
    for code in (f"PART{number}" for number in range(parts)):
        seed_campaign(url, code=code, family=code)
        run_job(sessions, "schedule", lambda s, now, code=code: schedule_campaign(s, campaign_code=code, now=now))
        run_job(sessions, "run", lambda s, now, code=code: {"running": run_campaign(s, campaign_code=code, now=now).code})
        run_job(sessions, "dispatch", lambda s, now, code=code: dispatch_campaign(s, campaign_code=code, now=now))
        _expire(url)
    refresh(url)


def _expire(url: str) -> None:
    owner = make_engine(url, as_app=False)
    with owner.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('gridwork.scope', 'all', true)")
        connection.exec_driver_sql(
            f"UPDATE work_orders SET state = 'expired', closed_at = now() WHERE id >= {2**40} AND state <> 'expired'"
        )
    owner.dispose()
