"""Phones whose clocks are wrong by up to 400 days, at the turn of months: the server's clock alone decides the month."""

import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from app.core.clock import Month, zone
from app.core.db import make_engine, make_sessions, set_scope
from app.core.security import Principal
from app.feedback.service import Batch, record_feedback
from soak.field import connect, seed_field

FURTHEST = 400  # days


@dataclass
class Clocked:
    """What was found. not_after: contacts placed after they were received; doubtful: marked as such, which a wrong clock must be."""

    reports: int = 0
    accepted: int = 0
    wrong_month: int = 0
    not_after: int = 0
    misplaced: int = 0
    doubtful: int = 0

    def wrong(self) -> int:
        """How much of what must not be."""
        return (
            self.wrong_month + self.not_after + self.misplaced + (self.reports - self.accepted) + (self.reports - self.doubtful)
        )


def turns_of_months() -> list[datetime]:
    """The seconds around the local midnight with which a month of 28, 30 and 31 days and a year begin, after now."""
    firsts = [(2027, 1), (2027, 3), (2027, 5), (2027, 8)]
    midnights = [datetime(year, month, 1, tzinfo=zone()).astimezone(UTC) for year, month in firsts]
    return [midnight + timedelta(seconds=apart) for midnight in midnights for apart in (-1, 0, 1)]


def report_by_wrong_clocks(url: str, *, step: int, seed: int = 7) -> Clocked:
    """Reports by clocks wrong by -400 to +400 days in steps, each at every turn of a month; half set their clock in between."""
    manager = seed_field(url, managers=4, orders_each=5)[0]
    chance, found = random.Random(seed), Clocked()
    engine = make_engine(url)
    with connect(url) as connection:
        row = connection.execute("SELECT id, unit_id FROM staff WHERE id = %s", (manager.staff_id,)).fetchone()
        assert row is not None
        grid_id = int(row[1])
    me = Principal(manager.staff_id, manager.login, "terminal_manager", "own", grid_id, (grid_id,), manager.staff_id)
    for now in turns_of_months():
        for days in (*range(-FURTHEST, 0, step), *range(step, FURTHEST + 1, step)):
            _report(url, engine, me, chance.choice(manager.orders), now, timedelta(days=days), chance, found)
    engine.dispose()
    return found


def _report(
    url: str, engine: Engine, me: Principal, order: int, now: datetime, error: timedelta, chance: random.Random, found: Clocked
) -> None:
    id_, ago = uuid.UUID(int=chance.getrandbits(128), version=4), timedelta(minutes=chance.randint(1, 600))
    set_between = chance.random() < 0.5  # the contact was by the right clock
    started = now - ago + (timedelta(0) if set_between else error)
    item = {
        "id": str(id_),
        "work_order_id": order,
        "channel": "call",
        "outcome": "not_reached",
        "started_at": started.isoformat(),
    }
    with make_sessions(engine)() as session:
        set_scope(session, scope="own", grid_ids=me.grid_ids, staff_id=me.staff_id)
        [answer] = record_feedback(session, principal=me, batch=Batch(now + error, None, [item]), now=now)
        session.commit()
    with connect(url) as connection:
        row = connection.execute(
            "SELECT month, received_at, contacted_at, clock_doubtful FROM contact_feedback WHERE id = %s", (id_,)
        ).fetchone()
    found.reports += 1
    found.accepted += answer.status == "accepted"
    if row is not None:
        month, received_at, contacted_at, doubtful = row
        found.wrong_month += Month.of_day(month) != Month.of(now) or received_at != now
        found.not_after += contacted_at > received_at
        found.misplaced += not set_between and contacted_at != now - ago
        found.doubtful += doubtful
