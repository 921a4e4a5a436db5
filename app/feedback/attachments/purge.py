"""Removing attachments that nobody needs: never finished, never referred to, or kept long enough."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

UNFINISHED = timedelta(days=7)
ORPHANED = timedelta(days=30)  # a phone may be offline as long before the report that names it arrives
KEPT = timedelta(days=400)

_PURGE = text("""
DELETE FROM attachments a WHERE a.touched_at < CASE
    WHEN a.completed_at IS NULL THEN CAST(:unfinished AS timestamptz)
    WHEN EXISTS (SELECT FROM feedback_attachments l WHERE l.attachment_id = a.id)
        OR EXISTS (SELECT FROM work_order_returns r WHERE r.attachment_ids @> ARRAY[a.id]) THEN :kept
    ELSE :orphaned END
RETURNING a.id
""")


def purge_attachments(session: Session, *, now: datetime) -> int:
    """Remove them; how many. Their files go with the next sweep, a day later."""
    before = {"unfinished": now - UNFINISHED, "orphaned": now - ORPHANED, "kept": now - KEPT}
    return len(session.scalars(_PURGE, before).all())
