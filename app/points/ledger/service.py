"""The ledger: the one place from which lines of points are posted, each to a manager's account and against the plan's.

The database writes both sides, checks at every commit that they balance, and says when it took a line in.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict
from app.models.points import EntryKind, PointsEntry
from app.points import queries
from app.points.ledger import queries as ledger_queries
from app.points.ledger.posting import Posting, explain_correction, explain_reversal, units_of
from app.points.plans.in_force import open_month, take_points_lock


class AlreadyReversed(Conflict):
    """This line was taken back before."""

    code = "points.reversed"


class NotReversible(Conflict):
    """A line that takes another one back is not taken back itself: post a correction."""

    code = "points.not_reversible"


def post_entries(session: Session, postings: Sequence[Posting], *, month: Month, now: datetime) -> list[int]:
    """Post these lines to a month that was opened (plans.open_month); the ids of their entries, in their order.

    Close, adjust and disputes all post by this. The database refuses a closed month. Raises ValueError for points with more
    than four places.
    """
    take_points_lock(session)  # one after the other, so that entries are sealed in the order of their ids
    for posting in postings:
        units_of(posting.points)
    if not postings:
        return []
    rows = [_values(posting) | {"month": month, "posted_at": now} for posting in postings]
    made = session.scalars(insert(PointsEntry).returning(PointsEntry.id, sort_by_parameter_order=True), rows)
    return list(made)


def reverse_entry(
    session: Session, *, entry_id: int, reason: str, cause: str, now: datetime, dispute_id: UUID | None = None
) -> int:
    """Take a line back, whole, once, in the open month; the id of the reversal.

    `cause` is a code (`dispute:<id>`), `reason` is what the manager reads. Raises UnknownEntry, AlreadyReversed, NotReversible.
    """
    original = _reversible(session, entry_id)
    explanation = explain_reversal(entry_id=original.id, month=str(original.month), points=original.points, reason=reason)
    posting = _about(original, EntryKind.REVERSAL, -original.points, f"reversal:{cause}", explanation, dispute_id)
    return _post_openly(session, [posting], now)[0]


def correct_entry(
    session: Session, *, entry_id: int, points: Decimal, reason: str, cause: str, now: datetime, dispute_id: UUID | None = None
) -> tuple[int, int]:
    """Take a line back and post what it should have been, in the open month; the ids of reversal and correction.

    Who corrects again corrects the correction. Raises as reverse_entry.
    """
    original = _reversible(session, entry_id)
    month, before = str(original.month), original.points
    taken = explain_reversal(entry_id=original.id, month=month, points=before, reason=reason)
    instead = explain_correction(entry_id=original.id, month=month, before=before, points=points, reason=reason)
    reversal = _about(original, EntryKind.REVERSAL, -original.points, f"reversal:{cause}", taken, dispute_id)
    correction = _about(original, EntryKind.CORRECTION, points, f"correction:{cause}", instead, dispute_id)
    first, second = _post_openly(session, [reversal, correction], now)
    return first, second


def month_for_late(session: Session, *, now: datetime) -> Month:
    """Where what comes late is posted: this month, or the first one after the latest that is closed; opened."""
    latest = queries.find_latest_closed(session)
    month = Month.of(now) if latest is None else max(Month.of(now), latest.next)
    open_month(session, month=month, now=now)
    return month


def _reversible(session: Session, entry_id: int) -> PointsEntry:
    take_points_lock(session)
    original = ledger_queries.get_entry(session, entry_id)
    if original.kind is EntryKind.REVERSAL:
        raise NotReversible
    if ledger_queries.is_reversed(session, entry_id):
        raise AlreadyReversed
    return original


def _about(
    original: PointsEntry, kind: EntryKind, points: Decimal, cause: str, explanation: dict[str, Any], dispute_id: UUID | None
) -> Posting:
    account = original.staff_id, original.grid_id, original.component.value
    return Posting(*account, kind.value, points, original.plan_id, explanation, original.id, cause, dispute_id)


def _post_openly(session: Session, postings: Sequence[Posting], now: datetime) -> list[int]:
    return post_entries(session, postings, month=month_for_late(session, now=now), now=now)


def _values(posting: Posting) -> dict[str, Any]:
    return vars(posting) | {"explanation": dict(posting.explanation)}
