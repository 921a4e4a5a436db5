"""Files that nothing names any more: of imports and runs that were not committed, replaced ones, those of runs that are gone."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.storage import StoredFile, storage_of
from app.feedback.attachments.looking import Looked, look_at_kept
from app.ingest.draw_keys import fill_draw_keys
from app.ingest.partitions import drop_replaced
from app.jobs.queries import named_files
from app.jobs.steps import Step

FOLDERS = ("features", "scores", "offers", "rankers", "runs", "attachments", "samples")
KEPT = timedelta(days=1)  # longer than a transaction takes, or anybody reads files that he found in one


def sweep_files(session: Session, *, now: datetime) -> dict[str, int]:
    """Remove the files older than a day that no row names, and forget those that were replaced a day ago, for the next sweep.

    A file goes only after the row that named it: who restores the rows still finds the files that they name.
    """
    storage = storage_of(session)
    found = [file for folder in FOLDERS for file in storage.list_files(folder) if file.written_at < now - KEPT]
    left = unnamed(found, named_files(session))
    for file in left:
        storage.delete(file.path)
    forgotten = drop_replaced(session, before=now - KEPT)
    return {"removed": len(left), "bytes": sum(file.byte_count for file in left), "forgotten": forgotten}


def fill_all_draw_keys(step: Step) -> dict[str, int]:
    """Give every customer without a key for draws theirs, batch by batch, each committed by itself. {filled}."""
    filled, last = 0, 0
    while True:
        count, reached = step(partial(_fill, last))
        if reached is None:
            return {"filled": filled}
        filled, last = filled + count, reached


def _fill(after: int, session: Session, _: datetime) -> tuple[int, int | None]:
    return fill_draw_keys(session, after=after)


def look_at_all_photos(step: Step) -> dict[str, int]:
    """Keep how every photo looks that was kept before looks were, batch by batch, each committed by itself: a night that is
    broken off is gone on with by the next. {looked_at, left}."""
    looked_at = left = 0
    last: UUID | None = None
    while True:
        found = step(partial(_look, last))
        if found.last is None:
            return {"looked_at": looked_at, "left": left}
        last, looked_at, left = found.last, looked_at + found.looked_at, left + found.left


def _look(after: UUID | None, session: Session, _: datetime) -> Looked:
    return look_at_kept(session, after=after)


def unnamed(files: list[StoredFile], named: set[str]) -> list[StoredFile]:
    """The files that are named neither themselves nor by a folder above them."""
    return [file for file in files if not any(path in named for path in (file.path, *_above(file.path)))]


def missing(files: list[StoredFile], named: set[str]) -> list[str]:
    """What is named but not there, neither as a file nor as a folder with files."""
    there = {path for file in files for path in (file.path, *_above(file.path))}
    return sorted(named - there)


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]
