"""A big list as a part of the table of targets: written bare and indexed on a connection of its own, then attached by its run.

Rows that go into a table with row level security and indexes cost three times as much as those of a bare table that is indexed
afterwards; and the run's own connection writes its work orders meanwhile. Until the run commits nobody sees the part. A run that
ended before leaves a table that belongs to nothing, and the next one drops it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.target_rows import TargetRows, columns_of
from app.core.columns import write_columns
from app.core.db import set_scope

PART_FROM = 100_000  # rows; below, a part of its own costs every reader more than it saves its run


def deserves_part(rows: int) -> bool:
    """Whether a list of so many targets is written as a part."""
    return rows >= PART_FROM


def make_part(session: Session, campaign_id: int) -> bool:
    """Make the empty part of a campaign's list; False where it has targets already. Only for who holds the lock of runs."""
    with _own(session) as own:
        return bool(own.scalar(text("SELECT make_list_part(:campaign)"), {"campaign": campaign_id}))


def fill_part(session: Session, targets: TargetRows, *, now: datetime) -> None:
    """Write the targets into their part and index it."""
    with _own(session) as own:
        write_columns(own, f"campaign_targets_{targets.campaign_id}", columns_of(targets, now))
        own.execute(text("SELECT index_list_part(:campaign)"), {"campaign": targets.campaign_id})


def attach_part(session: Session, campaign_id: int) -> None:
    """Make the part one of the table, in the session's transaction. From here to its end who reads small lists waits."""
    session.execute(text("SELECT attach_list_part(:campaign)"), {"campaign": campaign_id})


@contextmanager
def _own(session: Session) -> Iterator[Session]:
    """A transaction beside the session's, committed at the end; the database notices soon where this process was killed."""
    with Session(session.get_bind().engine) as own, own.begin():
        set_scope(own, scope="all")
        own.execute(text("SELECT set_config('client_connection_check_interval', '2s', true)"))
        yield own
