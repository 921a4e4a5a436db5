"""Taking reports from phones: every item is answered, none is lost, the same again changes nothing."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.db import set_scope
from app.core.errors import Forbidden
from app.core.security import Principal
from app.feedback import queries
from app.feedback.answers import Answer, answer_to, is_taken
from app.feedback.decisions import Place
from app.feedback.intake import Readable, Unreadable, read_item
from app.feedback.judging import Report
from app.feedback.settling import settle
from app.feedback.storing import Sender, set_aside
from app.feedback.values import LARGEST_ID, LARGEST_SEQUENCE


class NoGrid(Forbidden):
    """You belong to no grid: ask who manages yours."""

    code = "feedback.no_grid"


@dataclass(frozen=True)
class Batch:
    """What a phone sends at once: its clock when it sent, and raw items of any kind."""

    sent_at: datetime
    device_id: str | None
    items: Sequence[Any]


def record_feedback(session: Session, *, principal: Principal, batch: Batch, now: datetime) -> list[Answer]:
    """Take a batch: accept, or keep aside with a reason, each item by itself; move the work orders that were reported on.

    A report that waited for one of these is taken with it. Safe to send again, also at the same time. Raises NoGrid.
    """
    if principal.staff_id is None or not principal.grid_ids:
        raise NoGrid
    sender = Sender(principal.staff_id, principal.account_id, principal.grid_ids[0], batch.sent_at, batch.device_id)
    read = [read_item(raw) for raw in batch.items]
    sent = [
        Report(position, found, batch.sent_at, batch.device_id, received_at=now)
        for position, found in enumerate(read)
        if isinstance(found, Readable)
    ]
    with _sight_of_the_grids(session, principal):
        unread = [place for found in read if isinstance(found, Unreadable) and (place := _place(found, batch.device_id))]
        settled = settle(session, sender=sender, reports=sent, now=now, refused=unread) if sent or unread else []
        judged = {one.report.position: one for one in settled}
        refused = [(found, judged.get(position)) for position, found in enumerate(read) if not is_taken(judged.get(position))]
        first_seen = set_aside(session, sender=sender, refused=refused, now=now)
    return [answer_to(found, judged.get(position), first_seen, now) for position, found in enumerate(read)]


@contextmanager
def _sight_of_the_grids(session: Session, principal: Principal) -> Iterator[None]:
    """See all of one's own grids, and those where one left work: what went to a colleague may still be reported on."""
    session.flush()
    assert principal.staff_id is not None
    grid_ids = {*principal.grid_ids, *queries.grids_with_work_left(session, principal.staff_id)}
    set_scope(session, scope="grids", grid_ids=grid_ids, staff_id=principal.staff_id)
    yield
    session.flush()
    set_scope(session, scope=principal.scope, grid_ids=principal.grid_ids, staff_id=principal.staff_id)


def _place(found: Unreadable, device_id: str | None) -> Place | None:
    """Where it stands among those of its phone, if that can be read."""
    said = found.kept if isinstance(found.kept, dict) else {}
    order_id, number = said.get("work_order_id"), said.get("order_sequence")
    if type(order_id) is not int or type(number) is not int:
        return None
    sound = 1 <= order_id <= LARGEST_ID and 1 <= number <= LARGEST_SEQUENCE
    return Place(order_id, device_id, number) if sound else None
