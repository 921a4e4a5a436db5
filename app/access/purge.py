"""Removing log-ins that are over."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

KEEP_ENDED = timedelta(days=30)

_OVER = (
    "SELECT f.id FROM refresh_families f WHERE coalesce(f.ended_at, "
    "(SELECT max(t.expires_at) FROM refresh_tokens t WHERE t.family_id = f.id), f.started_at) < :before"
)
_TOKENS = text(f"DELETE FROM refresh_tokens WHERE family_id IN ({_OVER})")  # noqa: S608  (no value is put in)
_FAMILIES = text(
    "DELETE FROM refresh_families f WHERE NOT EXISTS (SELECT FROM refresh_tokens t WHERE t.family_id = f.id)"
    " AND coalesce(f.ended_at, f.started_at) < :before RETURNING f.id"
)


def purge_log_ins(session: Session, *, now: datetime) -> int:
    """Remove log-ins that ended, or ran out, more than 30 days ago. Returns how many.

    Until then a replayed token still says that it was replayed.
    """
    before = {"before": now - KEEP_ENDED}
    session.execute(_TOKENS, before)
    return len(session.scalars(_FAMILIES, before).all())
