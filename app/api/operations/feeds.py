"""Feeds: what came last, and on which days each is known to be complete."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import computed_field

from app.api.chinese.saying import say_phrase
from app.api.deps import Admin, Now, SecretDep, SessionDep
from app.api.operations.imports import ImportId
from app.api.operations.uploads import FeedPath
from app.api.types import Cursor, In, Limit, Out
from app.ingest import service
from app.reports.administration import feeds as reports

router = APIRouter(prefix="/operations/v1", tags=["operations"])

Day = Annotated[date | None, Query(description="local day")]


class FeedOut(Out):
    """A feed and its last file; `complete_through`: the last day known to be complete, of feeds that have days."""

    feed: str
    has_days: bool
    import_id: int | None
    file_name: str | None
    imported_at: datetime | None
    counts: dict[str, int]
    complete_through: date | None


class FeedsOut(Out):
    """In the order in which they are imported."""

    items: list[FeedOut]


class DaysOut(Out):
    """The complete days of a feed."""

    feed: str
    days: list[date]


class CalendarOut(Out):
    """Feeds by day; `last_over`: yesterday, the last day that can be complete."""

    first: date
    last: date
    last_over: date
    items: list[DaysOut]


class SpanIn(In):
    """From a day through a day, both included, none later than yesterday."""

    first: date
    last: date


class DeclaredOut(Out):
    """How many of these days were not known to be complete before."""

    feed: str
    days: int


class RejectedOut(Out):
    """A row put aside, with its cells as they came."""

    line: int
    column_name: str
    code: str
    reason: str
    cells: list[str]

    @computed_field
    def reason_zh(self) -> str | None:
        """As `reason`."""
        return say_phrase(self.reason)


class RejectedPage(Out):
    """A page, by line; `header`: what the cells are called."""

    header: list[str]
    items: list[RejectedOut]
    next_cursor: str | None


@router.get("/feeds")
def list_feeds(_: Admin, session: SessionDep) -> FeedsOut:
    """Every feed."""
    return FeedsOut.model_validate({"items": reports.feed_states(session)})


@router.get("/feeds/calendar")
def show_calendar(_: Admin, session: SessionDep, now: Now, first: Day = None, last: Day = None) -> CalendarOut:
    """Which feed is complete on which day; the last eight weeks where none is named."""
    return CalendarOut.model_validate(reports.calendar(session, first=first, last=last, now=now))


@router.post("/feeds/{feed}/complete")
def declare_complete(feed: FeedPath, body: SpanIn, principal: Admin, session: SessionDep, now: Now) -> DeclaredOut:
    """Say that a feed holds all there was on these days: from then on absence from it proves something."""
    by = principal.account_id
    days = service.declare_complete(session, feed=feed.name, first=body.first, last=body.last, by=by, now=now)
    return DeclaredOut(feed=feed.name, days=days)


@router.get("/imports/{import_id}/rejected")
def list_rejected(
    import_id: ImportId, _: Admin, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = 100
) -> RejectedPage:
    """The rows that an import put aside, to be read; `rejected.csv` is the file to be fixed and sent again."""
    page = reports.rejected_page(session, import_id=import_id, secret=secret, cursor=cursor, limit=limit)
    return RejectedPage.model_validate(page)
