"""When a manager's phone was last there, to a quarter of an hour, so that a pull seldom writes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

APART = timedelta(minutes=15)

NOTE = text("""
INSERT INTO phone_pulls (staff_id, pulled_at)
SELECT who.id, CAST(:now AS timestamptz)
FROM (SELECT coalesce(CAST(:staff_id AS int), CAST(nullif(current_setting('gridwork.staff_id', true), '') AS int)) AS id) AS who
WHERE who.id IS NOT NULL AND NOT EXISTS (SELECT FROM phone_pulls WHERE staff_id = who.id AND pulled_at > :since)
ON CONFLICT (staff_id) DO UPDATE SET pulled_at = excluded.pulled_at WHERE phone_pulls.pulled_at < excluded.pulled_at
""")


def note_pull(session: Session, *, staff_id: int, now: datetime) -> None:
    """The manager's phone is here now: what it has is taken as seen."""
    session.execute(NOTE, note_values(staff_id, now))


def note_values(staff_id: int | None, now: datetime) -> dict[str, Any]:
    """The parameters of NOTE; without a staff_id it is about the manager to whom the transaction is scoped, if to any."""
    return {"staff_id": staff_id, "now": now, "since": now - APART}
