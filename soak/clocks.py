"""Phones whose clocks are wrong by up to 400 days, at the turn of months: the server's clock alone decides the month."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy import Engine

from app.core.clock import Month, zone
from app.core.db import make_engine, make_sessions, set_scope
from app.core.security import Principal
from app.feedback.service import Batch, record_feedback
from soak.field import Manager, connect, seed_field

FURTHEST = 400  # days
MANAGERS, ORDERS_EACH = 20, 100


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
    """Two reports by every clock, wrong by -400 to +400 days in steps, at every turn of a month: of a contact that it timed
    itself, and of one that was timed before it went wrong. Step 1 is 801 clocks less the right one, 19,200 reports.

    Spread over many work orders: an order that thousands reported on is no phone's case, and slow.
    """
    managers = seed_field(url, managers=MANAGERS, orders_each=ORDERS_EACH)
    chance, found = random.Random(seed), Clocked()
    errors = [timedelta(days=days) for days in (*range(-FURTHEST, 0, step), *range(step, FURTHEST + 1, step))]
    engine = make_engine(url)
    with connect(url) as connection:
        senders = [(_principal(connection, manager), manager) for manager in managers]
        for now in turns_of_months():
            contacts: dict[uuid.UUID, Made] = {}
            for error in errors:
                me, manager = chance.choice(senders)
                own, before = chance.sample(manager.orders, 2)
                made = [_made(chance, own, was_right=False), _made(chance, before, was_right=True)]
                contacts |= {one.report_id: one for one in made}
                found.accepted += _send(engine, me, made, now, error)
            _judge(connection, contacts, now, found)
    engine.dispose()
    return found


@dataclass(frozen=True)
class Made:
    """A contact so long ago; `was_right`: its time is by the right clock, which was set wrong before the report was sent."""

    report_id: uuid.UUID
    order: int
    ago: timedelta
    was_right: bool


def _made(chance: random.Random, order: int, *, was_right: bool) -> Made:
    id_ = uuid.UUID(int=chance.getrandbits(128), version=4)
    return Made(id_, order, timedelta(minutes=chance.randint(1, 600)), was_right)


def _principal(connection: psycopg.Connection[Any], manager: Manager) -> Principal:
    row = connection.execute("SELECT unit_id FROM staff WHERE id = %s", (manager.staff_id,)).fetchone()
    assert row is not None
    return Principal(manager.staff_id, manager.login, "terminal_manager", "own", int(row[0]), (int(row[0]),), manager.staff_id)


def _send(engine: Engine, me: Principal, made: Sequence[Made], now: datetime, error: timedelta) -> int:
    """Report them by a clock that is wrong by `error`, in one batch. How many were accepted."""
    items = [
        {
            "id": str(one.report_id),
            "work_order_id": one.order,
            "channel": "call",
            "outcome": "not_reached",
            "started_at": (now - one.ago + (timedelta(0) if one.was_right else error)).isoformat(),
        }
        for one in made
    ]
    with make_sessions(engine)() as session:
        set_scope(session, scope="own", grid_ids=me.grid_ids, staff_id=me.staff_id)
        answers = record_feedback(session, principal=me, batch=Batch(now + error, None, items), now=now)
        session.commit()
    return sum(answer.status == "accepted" for answer in answers)


def _judge(connection: psycopg.Connection[Any], contacts: Mapping[uuid.UUID, Made], now: datetime, found: Clocked) -> None:
    """Count what was stored of the contacts that were reported at this instant."""
    rows = connection.execute(
        "SELECT id, month, received_at, contacted_at, clock_doubtful FROM contact_feedback WHERE id = ANY (%s)", (list(contacts),)
    ).fetchall()
    found.reports += len(contacts)
    for id_, month, received_at, contacted_at, doubtful in rows:
        made = contacts[id_]
        found.wrong_month += Month.of_day(month) != Month.of(now) or received_at != now
        found.not_after += contacted_at > received_at
        found.misplaced += not made.was_right and contacted_at != now - made.ago
        found.doubtful += doubtful
