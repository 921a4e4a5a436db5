"""When a manager's phone was last there, to a quarter of an hour, so that a pull seldom writes."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

APART = timedelta(minutes=15)

_NOTE = text(
    "INSERT INTO phone_pulls (staff_id, pulled_at) SELECT :staff_id, :now WHERE NOT EXISTS (SELECT FROM phone_pulls"
    " WHERE staff_id = :staff_id AND pulled_at > :since)"
    " ON CONFLICT (staff_id) DO UPDATE SET pulled_at = excluded.pulled_at WHERE phone_pulls.pulled_at < excluded.pulled_at"
)


def note_pull(session: Session, *, staff_id: int, now: datetime) -> None:
    """The manager's phone is here now: what it has is taken as seen."""
    session.execute(_NOTE, {"staff_id": staff_id, "now": now, "since": now - APART})
