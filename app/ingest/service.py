"""Applying a file of a feed: once, all of it or nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import refresh_statistics
from app.core.errors import Invalid
from app.ingest import queries
from app.ingest.columns import Feed
from app.ingest.feeds import feed_named
from app.ingest.merging import Merged, drop_superseded, merge_rows
from app.ingest.partitions import merge_partitions
from app.ingest.reading import FeedFile, open_feed_file
from app.ingest.references import put_aside_unknown
from app.ingest.rejected import rejected_csv
from app.ingest.removal import Removed, count_rows, remove_absent
from app.ingest.scan import UnreadableFile
from app.ingest.spill import Spill
from app.ingest.staging import drop_staging, keep_faulty, make_staging, planned_for_sets, stage_file
from app.ingest.statements import target_of
from app.ingest.telling import tell_of_rejected
from app.models.operations import FeedDay, ImportBatch

MAX_FILE_NAME = 200
MAX_COMPLETE_DAYS = 3_660
FEEDS_OF_DAYS = ("orders", "calls", "complaints")
NOTHING = dict.fromkeys(
    ("rows", "inserted", "updated", "unchanged", "superseded", "rejected", "removed", "kept_in_use", "complete_days"), 0
)


@dataclass(frozen=True)
class ImportReport:
    """What became of a file. `counts`: rows of the file = inserted + updated + unchanged + superseded + rejected; rows of the
    table that were removed or kept_in_use by a full load; complete_days declared. Where the file was applied before, all but
    the last are zero."""

    id: int
    feed: str
    file_name: str
    sha256: str
    full: bool
    already_applied: bool
    imported_at: datetime
    ignored_columns: list[str]
    counts: dict[str, int] = field(default_factory=lambda: dict(NOTHING))


def import_feed(
    session: Session,
    *,
    feed: str,
    path: Path,
    file_name: str,
    now: datetime,
    full: bool = False,
    force: bool = False,
    complete_from: date | None = None,
    complete_through: date | None = None,
    max_removed_share: Decimal = Decimal("0.2"),
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Apply a file to its feed's table; imports of one feed wait for each other.

    The same bytes as of an earlier import change nothing; days are declared complete all the same. `full` removes the rows
    whose key is not in the file (of `features` and `base_points` only on days and in months that are in it), unless something
    refers to them; more than `max_removed_share` of the rows only with `force`. `complete_from` .. `complete_through` says
    that the feed is complete on these local days. `progress` is told the number of rows of each chunk. Raises UnknownFeed,
    UnreadableFile, NotThisFeed, TooManyRemoved, WrongDays; then nothing at all has changed.
    """
    definition = feed_named(feed)
    days = _days(feed, complete_from, complete_through, now)
    file = _open(path, definition)
    with session.begin_nested():
        _lock(session, feed, full)
        batch_id = _begin(session, file, file_name, full, now)
        if batch_id is not None:
            how = _How(batch_id, full, Decimal(1) if force else max_removed_share, now)
            with planned_for_sets(session), TemporaryDirectory(prefix="gridwork-import-") as folder:
                counts = _apply(session, file, how, Spill(Path(folder)), progress)
            session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(counts=counts))
            tell_of_rejected(session, batch_id=batch_id, feed=feed, counts=counts, now=now)
        declared = _declare(session, feed, days, now)
    session.expire_all()  # what was loaded before is no longer so
    batch = queries.find_import_of(session, feed, file.sha256)
    assert batch is not None
    return _report(batch, already_applied=batch_id is None, declared=declared)


def declare_complete(session: Session, *, feed: str, first: date, last: date, by: int | None = None, now: datetime) -> int:
    """Say that a feed holds all there was on these local days, so that absence from it proves something. `by`: whose account.

    Returns how many days were not known to be complete before. Raises UnknownFeed, WrongDays.
    """
    return _declare(session, feed_named(feed).name, _days(feed, first, last, now), now, by)


def write_rejected(session: Session, *, batch_id: int, path: Path) -> int:
    """Write the rows that an import put aside as the CSV to be fixed and sent again. Returns how many. Raises UnknownImport."""
    batch = queries.get_import(session, batch_id)
    written = -1
    with path.open("w", encoding="utf-8", newline="") as out:
        for piece in rejected_csv(batch.header, queries.rejected_rows(session, batch_id)):
            out.write(piece)
            written += 1
    return written


class WrongDays(Invalid):
    """The days for which a feed is said to be complete are not such days."""

    code = "days.wrong"


def _days(feed: str, first: date | None, last: date | None, now: datetime) -> list[date]:
    if first is None and last is None:
        return []
    if feed not in FEEDS_OF_DAYS:
        raise WrongDays("complete_from", "no days for this feed, only for " + ", ".join(FEEDS_OF_DAYS))
    if first is None or last is None:
        raise WrongDays("complete_through" if last is None else "complete_from", "both the first and the last complete day")
    yesterday = clock.local_date(now) - timedelta(days=1)
    if not first <= last <= yesterday or (last - first).days >= MAX_COMPLETE_DAYS or first.year < 1971:
        raise WrongDays("complete_through", f"a day from complete_from to {yesterday}, the last day that is over")
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _declare(session: Session, feed: str, days: list[date], now: datetime, by: int | None = None) -> int:
    rows = [{"feed": feed, "day": day, "declared_at": now, "declared_by_account_id": by} for day in days]
    if not rows:
        return 0
    return len(session.scalars(insert(FeedDay).values(rows).on_conflict_do_nothing().returning(FeedDay.day)).all())


def _open(path: Path, feed: Feed) -> FeedFile:
    try:
        return open_feed_file(path, feed)
    except OSError as error:
        raise UnreadableFile(f"a file that can be read: {error.strerror}") from error


def _lock(session: Session, feed: str, full: bool) -> None:
    """One import of a feed at a time; a full load alone, so that nobody comes to refer to what it removes."""
    kind = "" if full else "_shared"
    session.execute(text(f"SELECT pg_advisory_xact_lock{kind}(hashtextextended('imports', 0))"))
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('imports/' || :feed, 0))"), {"feed": feed})


def _begin(session: Session, file: FeedFile, file_name: str, full: bool, now: datetime) -> int | None:
    """The number of the new import; None where these bytes were applied before."""
    values: dict[str, Any] = {
        "feed": file.feed.name,
        "file_name": _printable(file_name),
        "sha256": file.sha256,
        "full": full,
        "header": _columns_given(file),
        "ignored_columns": list(file.header.ignored),
        "counts": dict(NOTHING),
        "imported_at": now,
    }
    statement = insert(ImportBatch).values(values).on_conflict_do_nothing(index_elements=["feed", "sha256"])
    return session.scalar(statement.returning(ImportBatch.id))


def _columns_given(file: FeedFile) -> list[str]:
    """The columns that rejected rows of this file have: of Parquet, those that are not read are not there."""
    if file.encoding != "parquet":
        return list(file.header.columns)
    return [name for name in file.header.columns if name not in file.header.ignored]


@dataclass(frozen=True)
class _How:
    """How a file is applied."""

    batch_id: int
    full: bool
    limit: Decimal
    now: datetime


def _apply(session: Session, file: FeedFile, how: _How, spill: Spill, progress: Callable[[int], None]) -> dict[str, int]:
    zone = clock.zone().key
    make_staging(session, file.feed)
    staged, rejected = stage_file(session, file, batch_id=how.batch_id, zone=zone, progress=progress, spill=spill)
    faulty = put_aside_unknown(session, file.feed)
    if faulty:
        keep_faulty(session, file, batch_id=how.batch_id)
    superseded = drop_superseded(session, file.feed, newest_file_wins=how.full)
    merged, removed = (_merge_figures if file.feed.keeps_extra else _merge_rows)(session, file.feed, how, spill)
    drop_staging(session)
    return NOTHING | {
        "rows": staged + rejected,
        "inserted": merged.inserted,
        "updated": merged.updated,
        "unchanged": staged - faulty - superseded - merged.inserted - merged.updated,
        "superseded": superseded,
        "rejected": rejected + faulty,
        "removed": removed.removed,
        "kept_in_use": removed.kept_in_use,
    }


def _merge_figures(session: Session, _: Feed, how: _How, spill: Spill) -> tuple[Merged, Removed]:
    return merge_partitions(session, spill, batch_id=how.batch_id, full=how.full, limit=how.limit, now=how.now)


def _merge_rows(session: Session, feed: Feed, how: _How, _: Spill) -> tuple[Merged, Removed]:
    before = count_rows(session, feed) if how.full else 0
    merged = merge_rows(session, feed, zone=clock.zone().key, day=clock.local_date(how.now))
    removed = remove_absent(session, feed, batch_id=how.batch_id, before=before, limit=how.limit) if how.full else Removed()
    _refresh_statistics(session, feed, merged, removed)
    return merged, removed


def _refresh_statistics(session: Session, feed: Feed, merged: Merged, removed: Removed) -> None:
    """Tell the planner of a table of which a tenth or more is new; what it believes of a new table is far off."""
    table, changed = target_of(feed).table, merged.inserted + merged.updated + removed.removed
    believed = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)")
    if changed and changed * 10 >= (session.scalar(believed, {"table": f"public.{table}"}) or 0):
        refresh_statistics(session, table)


def _report(batch: ImportBatch, *, already_applied: bool, declared: int) -> ImportReport:
    applied = {} if already_applied else {name: batch.counts[name] for name in NOTHING}
    return ImportReport(
        id=batch.id,
        feed=batch.feed,
        file_name=batch.file_name,
        sha256=batch.sha256,
        full=batch.full,
        already_applied=already_applied,
        imported_at=batch.imported_at,
        ignored_columns=batch.ignored_columns,
        counts=NOTHING | applied | {"complete_days": declared},
    )


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "_" for letter in name)[-MAX_FILE_NAME:]
