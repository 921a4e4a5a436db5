"""Trying what was set aside once more: after its cause was mended, or when it has waited long enough."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy.orm import Session

from app.core.db import set_scope
from app.core.security import Principal
from app.dispatch.queries import lock_work_orders
from app.feedback import queries
from app.feedback.answers import is_taken
from app.feedback.decisions import WAITS_IN_ORDER, Status
from app.feedback.judging import LONGEST_WAIT, Report
from app.feedback.settling import report_of, settle
from app.feedback.storing import Sender
from app.feedback.values import read_time
from app.models.feedback import QuarantinedFeedback

MOST_REPLAYED = 500  # in one transaction: it holds the locks of all their work orders


@dataclass(frozen=True)
class Replayed:
    """What came of one that was tried again. `status`: accepted, or what it still is, with its reason."""

    id: int
    feedback_id: str
    staff_no: str
    status: Status
    code: str | None
    detail: str | None


def replay_set_aside(
    session: Session,
    *,
    principal: Principal | None,
    now: datetime,
    ids: Collection[int] | None = None,
    code: str | None = None,
) -> list[Replayed]:
    """Judge reports set aside again, as if their phone sent them now, and take those that can be: at most 500, oldest first.

    `principal`: only what the managers of their grids sent (None: the company's); `ids`, `code`: only these, or of this reason.
    What is refused again stays, with its newest reason. Their contacts stay when they were; the month is the one of now.
    """
    grid_ids = None if principal is None else principal.grid_ids
    found = queries.unreleased_to_replay(session, grid_ids=grid_ids, ids=ids, code=code, limit=MOST_REPLAYED)
    return _replay(session, [row for row, _ in found], {row.staff_id: staff_no for row, staff_no in found}, principal, now)


def take_waiting(session: Session, *, now: datetime) -> dict[str, int]:
    """Take what has waited a day for an earlier report of its phone; counts: taken, refused."""
    before = now - LONGEST_WAIT
    found = queries.unreleased_to_replay(
        session, grid_ids=None, ids=None, code=WAITS_IN_ORDER, received_until=before, limit=MOST_REPLAYED
    )
    tried = _replay(session, [row for row, _ in found], {row.staff_id: staff_no for row, staff_no in found}, None, now)
    taken = sum(one.status is Status.ACCEPTED for one in tried)
    return {"taken": taken, "refused": len(tried) - taken}


def _replay(
    session: Session, rows: Sequence[QuarantinedFeedback], numbers: dict[int, str], principal: Principal | None, now: datetime
) -> list[Replayed]:
    reports = {row.id: report_of(row) for row in rows}
    found: dict[int, Replayed] = {}
    with _sight(session, principal, set(numbers)):
        lock_work_orders(session, {report.item.work_order_id for report in reports.values() if report is not None})
        for staff_id, group in groupby(sorted(rows, key=lambda row: row.staff_id), key=lambda row: row.staff_id):
            same = list(group)
            for one in _replay_of_one(session, same, [r for row in same if (r := reports[row.id])], numbers[staff_id], now):
                found[one.id] = one
    return [found[row.id] for row in rows]


def _replay_of_one(
    session: Session, rows: Sequence[QuarantinedFeedback], reports: Sequence[Report], staff_no: str, now: datetime
) -> Iterator[Replayed]:
    first = rows[0]
    sender = Sender(first.staff_id, first.account_id, first.grid_id, read_time(first.content["sent_at"]), None)
    settled = settle(session, sender=sender, reports=reports, rows=rows, now=now) if reports else []
    judged = {-one.report.position: one for one in settled if one.report.position < 0}
    for row in rows:
        one = judged.get(row.id)
        if one is None:
            yield Replayed(row.id, row.feedback_id, staff_no, Status.REJECTED, row.code, row.detail)
        else:
            status = Status.ACCEPTED if is_taken(one) else one.decision.status
            yield Replayed(row.id, row.feedback_id, staff_no, status, one.decision.code, one.decision.detail)


@contextmanager
def _sight(session: Session, principal: Principal | None, staff_ids: Collection[int]) -> Iterator[None]:
    """See also the grids where these managers left work, as they do themselves when they report."""
    if principal is None or principal.scope == "all":
        yield
        return
    set_scope(session, scope="all")  # where others left work is not theirs to see
    left = {grid_id for staff_id in staff_ids for grid_id in queries.grids_with_work_left(session, staff_id)}
    set_scope(session, scope="grids", grid_ids={*principal.grid_ids, *left}, staff_id=principal.staff_id)
    yield
    session.flush()
    set_scope(session, scope=principal.scope, grid_ids=principal.grid_ids, staff_id=principal.staff_id)
