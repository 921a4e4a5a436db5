"""Feeds by upload, for the operator's systems: what was applied, and what was put aside."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse

from app.api.deps import Admin, Now, SecretDep, SessionDep, SettingsDep
from app.api.operations.uploads import UPLOAD_DOCUMENT, FeedPath, ReceivedFile, Scratch
from app.api.types import CODE, Cursor, Limit, Out
from app.core.paging import MAX_PAGE_SIZE
from app.dispatch.intake import take_in
from app.ingest import queries, service

router = APIRouter(prefix="/operations/v1/imports", tags=["operations"])

ImportId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Switch = Annotated[bool, Query()]
Day = Annotated[date | None, Query(description="local day")]


class ImportOut(Out):
    """A file that was applied. rows = inserted + updated + unchanged + superseded + rejected."""

    id: int
    feed: str
    file_name: str
    sha256: str
    full: bool
    imported_at: datetime
    ignored_columns: list[str]
    counts: dict[str, int]


class ImportReportOut(ImportOut):
    """The answer to an upload. Where these bytes were applied before: by which import; nothing was changed, all counts are 0."""

    already_applied: bool


class ImportsOut(Out):
    """A page of imports."""

    items: list[ImportOut]
    next_cursor: str | None


@router.post("/{feed}", openapi_extra=UPLOAD_DOCUMENT)
def upload_feed(
    feed: FeedPath,
    file: ReceivedFile,
    _: Admin,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    full: Switch = False,
    force: Switch = False,
    complete_from: Day = None,
    complete_through: Day = None,
) -> ImportReportOut:
    """Apply a file of a feed, once. `full` removes what is not in it, `force` even where that is a large share.

    `complete_from` and `complete_through` say that the feed holds all there was on these local days.
    """
    options = {"full": full, "force": force, "complete_from": complete_from, "complete_through": complete_through}
    limit = settings.full_load_share
    report = take_in(session, now=now, feed=feed.name, path=file.path, file_name=file.name, max_removed_share=limit, **options)
    return ImportReportOut.model_validate(report)


@router.get("")
def list_imports(
    _: Admin,
    session: SessionDep,
    secret: SecretDep,
    feed: Annotated[str | None, Query(pattern=CODE, description="only files of this feed")] = None,
    rejected: Annotated[bool, Query(description="only files of which rows were put aside")] = False,
    cursor: Cursor = None,
    limit: Limit = MAX_PAGE_SIZE,
) -> ImportsOut:
    """What was applied, newest first."""
    page = queries.page_of_imports(session, feed=feed, rejected=rejected, secret=secret, cursor=cursor, limit=limit)
    return ImportsOut.model_validate(page)


@router.get("/{import_id}")
def get_import(import_id: ImportId, _: Admin, session: SessionDep) -> ImportOut:
    """One import."""
    return ImportOut.model_validate(queries.get_import(session, import_id))


@router.get("/{import_id}/rejected.csv", response_class=FileResponse)
def get_rejected_rows(import_id: ImportId, _: Admin, session: SessionDep, scratch: Scratch) -> FileResponse:
    """The rows that were put aside, with where and why, as a file that is fixed and sent again."""
    service.write_rejected(session, batch_id=import_id, path=scratch)
    return FileResponse(scratch, media_type="text/csv; charset=utf-8", filename=f"rejected-{import_id}.csv")
