"""Reads behind the ledger: the lines it holds, and what they sum to."""

from collections.abc import Sequence

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import NotFound
from app.models.ledger import LedgerPosting, LedgerSide
from app.models.points import EntryKind, PointsEntry


class UnknownEntry(NotFound):
    """There is no such line here."""

    code = "points.unknown_entry"


def get_entry(session: Session, entry_id: int) -> PointsEntry:
    """A line of points. Raises UnknownEntry."""
    found = session.scalar(select(PointsEntry).where(PointsEntry.id == entry_id).order_by(PointsEntry.id))
    if found is None:
        raise UnknownEntry
    return found


def is_reversed(session: Session, entry_id: int) -> bool:
    """Whether a line was taken back."""
    statement = select(PointsEntry.id).where(PointsEntry.refers_to_id == entry_id, PointsEntry.kind == EntryKind.REVERSAL)
    return session.scalar(statement.order_by(PointsEntry.id)) is not None


def balances(session: Session) -> Sequence[Row[Month, int, int]]:
    """(month, what its postings sum to, which is 0, units on managers' accounts) by month."""
    amount = LedgerPosting.amount
    managers = func.coalesce(func.sum(amount).filter(LedgerPosting.side == LedgerSide.MANAGER), 0)
    statement = select(LedgerPosting.month, func.sum(amount), managers)
    return session.execute(statement.group_by(LedgerPosting.month).order_by(LedgerPosting.month)).all()
