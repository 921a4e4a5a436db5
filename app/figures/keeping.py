"""Keeping the sums: what changed is counted again, and the difference is added to every table of sums."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.figures.adding import add_difference, find_difference, sum_anew
from app.figures.mark_queries import marked_campaigns, turn_marks
from app.figures.results import recount_results

T = TypeVar("T")
MARKS_AT_ONCE = 100_000
# To compile the many sums of one statement takes longer than to run it.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('figures', 0)), set_config('jit', 'off', true)")
_TAKE = text("DELETE FROM figure_marks WHERE campaign_id = :campaign RETURNING grid_id")
_MARK_ALL = text(
    "INSERT INTO figure_marks (campaign_id) SELECT id FROM campaigns UNION SELECT campaign_id FROM daily_figures ORDER BY 1"
)


class Step(Protocol):
    """`step(work)` gives what `work(session, now)` gives, committed (jobs/steps.py)."""

    def __call__(self, work: Callable[[Session, datetime], T], /) -> T: ...


def keep_figures(step: Step) -> Mapping[str, int]:
    """Add up what changed: each campaign in a transaction of its own, with its marks. Returns counts: campaigns, rows."""
    while step(lambda session, _: turn_marks(session, most=MARKS_AT_ONCE)) == MARKS_AT_ONCE:
        pass
    campaigns = step(lambda session, _: marked_campaigns(session))
    rows = [step(_recounting(campaign_id)) for campaign_id in campaigns]
    return {"campaigns": len(campaigns), "rows": sum(rows)}


def rebuild_figures(step: Step) -> Mapping[str, int]:
    """Count everything anew, then sum up days and months from that. Counts as before; 0 rows: all was right."""
    step(lambda session, _: session.execute(_MARK_ALL))
    counts = keep_figures(step)
    step(lambda session, _: _sum_anew(session))
    return counts


def recount_campaign(session: Session, *, campaign_id: int) -> int:
    """Count a campaign again where it is marked and correct all sums by what differs; how many rows did.

    Marks are taken before anything is counted: what commits in between keeps its mark and is counted the next time.
    """
    session.execute(_ONE_AT_A_TIME)
    grids = _take_marks(session, campaign_id)
    difference = find_difference(session, campaign_id, grids)
    if difference:
        add_difference(session)
    return difference + recount_results(session, campaign_id, grids)


def _take_marks(session: Session, campaign_id: int) -> list[int] | None:
    """Take the marks of a campaign away; the grids of which something changed, None for all of them."""
    grids = set(session.scalars(_TAKE, {"campaign": campaign_id}))
    return None if None in grids else sorted(grids)


def _recounting(campaign_id: int) -> Callable[[Session, datetime], int]:
    return lambda session, _: recount_campaign(session, campaign_id=campaign_id)


def _sum_anew(session: Session) -> None:
    session.execute(_ONE_AT_A_TIME)
    sum_anew(session)
