"""Reads about imports: what was applied, what was put aside, which days are complete."""

from collections.abc import Iterator

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.ingest.rows import RejectedRow
from app.models.operations import REJECTED_ROWS, ImportBatch
from app.models.operations import RejectedRow as KeptRow

_LIST = "imports"


class UnknownImport(NotFound):
    """There is no import with this number."""

    code = "import.unknown"


def find_import_of(session: Session, feed: str, sha256: str) -> ImportBatch | None:
    """The import of these bytes as this feed."""
    return session.scalar(
        select(ImportBatch).where(ImportBatch.feed == feed, ImportBatch.sha256 == sha256).order_by(ImportBatch.id)
    )


def get_import(session: Session, batch_id: int) -> ImportBatch:
    """One import. Raises UnknownImport."""
    found = session.scalar(select(ImportBatch).where(ImportBatch.id == batch_id).order_by(ImportBatch.id))
    if found is None:
        raise UnknownImport
    return found


def page_of_imports(
    session: Session, *, feed: str | None = None, rejected: bool = False, secret: str, cursor: str | None, limit: int
) -> Page[ImportBatch]:
    """A page of imports, of one feed or all, perhaps only those that put rows aside; newest first. Raises WrongCursor."""
    size = clamp_page_size(limit)
    list_name = f"{_LIST}/{feed or ''}/{rejected}"
    statement = select(ImportBatch).order_by(ImportBatch.id.desc()).limit(size + 1)
    if feed is not None:
        statement = statement.where(ImportBatch.feed == feed)
    if rejected:
        statement = statement.where(text(REJECTED_ROWS))
    if cursor is not None:
        statement = statement.where(ImportBatch.id < read_cursor(secret, list_name, cursor))
    found = list(session.scalars(statement))
    more = len(found) > size
    return Page(found[:size], write_cursor(secret, list_name, found[size - 1].id) if more else None)


def rejected_rows(session: Session, batch_id: int) -> Iterator[RejectedRow]:
    """The rows that an import put aside, by line; fetched as they are asked for, so that any number of them can be written."""
    statement = (
        select(KeptRow.line, KeptRow.column_name, KeptRow.code, KeptRow.reason, KeptRow.cells)
        .where(KeptRow.batch_id == batch_id)
        .order_by(KeptRow.line)
        .execution_options(yield_per=2_000)
    )
    for line, column, code, reason, cells in session.execute(statement):
        yield RejectedRow(line, column, code, reason, tuple(cells))
