"""Feeds as an administrator looks at them: what came last, what was put aside, and on which days each is known to be complete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.ingest.feeds import FEEDS
from app.ingest.queries import get_import
from app.ingest.service import FEEDS_OF_DAYS
from app.models.operations import FeedDay, RejectedRow

MOST_DAYS = 366
_LAST = text("""
SELECT f.feed, b.id AS import_id, b.file_name, b.imported_at, b.counts
FROM unnest(CAST(:feeds AS text[])) WITH ORDINALITY AS f (feed, n)
LEFT JOIN LATERAL (SELECT * FROM import_batches WHERE feed = f.feed ORDER BY id DESC LIMIT 1) b ON true ORDER BY f.n
""")
_THROUGH = text("""
SELECT f.feed, (SELECT max(day) FROM feed_days d WHERE d.feed = f.feed) AS day FROM unnest(CAST(:feeds AS text[])) AS f (feed)
""")


@dataclass(frozen=True)
class FeedState:
    """A feed and its last file; `complete_through`: the last day that it is known to be complete for, of feeds with days."""

    feed: str
    has_days: bool
    import_id: int | None
    file_name: str | None
    imported_at: datetime | None
    counts: dict[str, int]
    complete_through: date | None


@dataclass(frozen=True)
class FeedDays:
    """The days in a span for which a feed is known to be complete."""

    feed: str
    days: list[date]


@dataclass(frozen=True)
class Calendar:
    """Feeds by day; a day that has not ended cannot be complete: `last_over` is yesterday."""

    first: date
    last: date
    last_over: date
    items: list[FeedDays]


@dataclass(frozen=True)
class Rejected:
    """Rows put aside of one import, beside the names of their cells."""

    header: list[str]
    items: Sequence[RejectedRow]
    next_cursor: str | None


def feed_states(session: Session) -> list[FeedState]:
    """Every feed, in the order in which they are imported."""
    through = {row.feed: row.day for row in session.execute(_THROUGH, {"feeds": list(FEEDS_OF_DAYS)})}
    rows = session.execute(_LAST, {"feeds": list(FEEDS)})
    return [
        FeedState(row.feed, row.feed in FEEDS_OF_DAYS, row.import_id, row.file_name, row.imported_at, row.counts or {},
                  through.get(row.feed))
        for row in rows
    ]  # fmt: skip


def calendar(session: Session, *, first: date | None, last: date | None, now: datetime) -> Calendar:
    """Which feed is complete on which day of a span (none named: the last eight weeks). Raises Invalid."""
    last = last or clock.local_date(now)
    first = first or last - timedelta(days=55)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid("first", f"a day of the {MOST_DAYS} days before last")
    statement = select(FeedDay.feed, FeedDay.day).where(FeedDay.feed.in_(FEEDS_OF_DAYS), FeedDay.day.between(first, last))
    found: dict[str, list[date]] = {feed: [] for feed in FEEDS_OF_DAYS}
    for feed, day in session.execute(statement.order_by(FeedDay.feed, FeedDay.day)):
        found[feed].append(day)
    items = [FeedDays(feed, days) for feed, days in found.items()]
    return Calendar(first, last, clock.local_date(now) - timedelta(days=1), items)


def rejected_page(session: Session, *, import_id: int, secret: str, cursor: str | None, limit: int) -> Rejected:
    """A page of the rows that an import put aside, by line. Raises UnknownImport, WrongCursor, Invalid for a wrong limit."""
    batch, size, name = get_import(session, import_id), clamp_page_size(limit), f"rejected/{import_id}"
    statement = select(RejectedRow).where(RejectedRow.batch_id == import_id)
    if cursor is not None:
        statement = statement.where(RejectedRow.line > int(read_cursor(secret, name, cursor)))
    rows = session.scalars(statement.order_by(RejectedRow.line).limit(size + 1)).all()
    page: Page[Any] = Page(rows[:size], write_cursor(secret, name, rows[size - 1].line) if len(rows) > size else None)
    return Rejected(batch.header, page.items, page.next_cursor)
