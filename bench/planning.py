"""A planner's preview and a grid's morning at full size: preview, dispatch, the next day's wave, the refill after it.

Beside the preview stands the run that it foretells, beside the wave a bare UPDATE of the orders that it moved.
"""

import resource
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.db import set_scope
from app.dispatch.days.release import release_wave
from app.dispatch.preview.preview import preview_now
from app.dispatch.refilling.service import refill_places
from app.dispatch.service import dispatch_campaign
from bench.measure import Figure, seconds
from bench.runs import seed_approved, seed_ranked

CUSTOMERS, SMALL = 2_873_000, 100_000
CODE = "PLANNED"
# Of the first day's work nine in ten were done; of the later days' one in 200 was withdrawn.
_A_DAY = (
    "UPDATE work_orders SET state = 'done' WHERE state = 'open' AND id % 10 > 0",
    "UPDATE work_orders SET state = 'withdrawn' WHERE state = 'planned' AND id % 200 = 0",
)
_BARE = "UPDATE work_orders SET state = 'open' WHERE scheduled_on = :day AND state = 'open'"


def measure_planning(url: str, folder: Path, small: bool) -> list[Figure]:
    """Seconds of each, and the peak of memory of this process."""
    asked = [int(word.removeprefix("--customers=")) for word in sys.argv if word.startswith("--customers=")]
    customers = asked[0] if asked else SMALL if small else CUSTOMERS
    sessions = seed_ranked(url, folder, customers=customers, capacity=max(40 * customers // CUSTOMERS, 1))
    seed_approved(url, CODE)
    now = clock.now()
    preview = _timed(sessions, lambda session: preview_now(session, campaign_code=CODE, now=now))
    run = _timed(sessions, lambda session: dispatch_campaign(session, campaign_code=CODE, now=now))
    tomorrow = clock.start_of_day(clock.local_date(now)) + timedelta(days=1, hours=5, minutes=30)
    _timed(sessions, lambda session: [session.execute(text(statement)) for statement in _A_DAY])
    counts: dict[str, dict[str, Any]] = {}
    wave = _timed(sessions, lambda session: counts.update(wave=release_wave(session, now=tomorrow)))
    refill = _timed(sessions, lambda session: counts.update(refill=refill_places(session, now=tomorrow)))
    bare = Figure("bare UPDATE of what the wave brought to the phones", [_bare(sessions, tomorrow)], "s")
    ran = Figure(f"the run over {customers:,} customers", [run], "s")
    told = f"{counts['wave']['released']:,} released, {counts['wave']['rolled']:,} rolled"
    return [
        ran,
        Figure("its preview, with four other dates", [preview], "s", ran),
        bare,
        Figure(f"wave of a morning: {told}", [wave], "s", bare),
        Figure(f"refill of {counts['refill']['freed_places']:,} places", [refill], "s"),
        Figure("peak memory of this process", [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20], "GiB"),
    ]


def _timed(sessions: sessionmaker[Session], work: Callable[[Session], object]) -> float:
    def whole() -> None:
        with sessions() as session:
            set_scope(session, scope="all")
            work(session)
            session.commit()

    return seconds(whole)


def _bare(sessions: sessionmaker[Session], now: datetime) -> float:
    return _timed(sessions, lambda session: session.execute(text(_BARE), {"day": clock.local_date(now)}))
