"""A big list as a part of the table of targets: written bare and indexed on a connection of its own, then attached by its run.

Rows that go into a table with row level security and indexes cost three times as much as those of a bare table that is indexed
afterwards; and the run's own connection writes its work orders meanwhile. Until the run commits nobody sees the part. A run that
ended before leaves a table that belongs to nothing, and the next one drops it.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.queries import has_list
from app.campaigns.target_rows import TargetRows, columns_of
from app.core.columns import write_columns
from app.core.db import written_beside

PART_FROM = 100_000  # rows; below, a part of its own costs every reader more than it saves its run


def may_have_part(session: Session, campaign_id: int, *, rows: int) -> bool:
    """Whether a list of so many targets is written as a part: it is big, and none of the campaign's is there already."""
    if rows < PART_FROM:
        return False
    there = text("SELECT to_regclass(:part) IS NOT NULL AND is_list_part(to_regclass(:part))")
    return not session.scalar(there, {"part": f"campaign_targets_{campaign_id}"}) and not has_list(session, campaign_id)


def write_part(session: Session, targets: TargetRows, *, now: datetime) -> None:
    """Make the part of a campaign's list, fill and index it, beside the session. Only for who holds the lock of runs."""
    campaign = {"campaign": targets.campaign_id}
    with written_beside(session) as own:
        own.execute(text("SELECT make_list_part(:campaign)"), campaign)
        write_columns(own, f"campaign_targets_{targets.campaign_id}", columns_of(targets, now), is_new=True)
        own.execute(text("SELECT index_list_part(:campaign)"), campaign)


def attach_part(session: Session, campaign_id: int) -> dict[str, int]:
    """Make the part one of the table, in the session's transaction; its targets by reason, `undecided` for none.

    From here to the transaction's end who reads small lists waits.
    """
    counts: dict[str, int] | None = session.scalar(text("SELECT attach_list_part(:campaign)"), {"campaign": campaign_id})
    return counts or {}
