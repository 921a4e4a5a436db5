"""Permissions beyond a role: who has which, by whom, why and until when; nothing of it ever goes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core import clock

_GRANTS = text("""
SELECT g.id, g.permission, s.staff_no, s.name, u.code AS unit_code, g.reason, g.until, g.granted_at, b.staff_no AS granted_by,
    e.ended_at, e.reason AS end_reason, a.login AS ended_by, e.grant_id IS NULL AND g.until >= :today AS in_force
FROM permission_grants g JOIN staff s ON s.id = g.staff_id JOIN units u ON u.id = s.unit_id
    JOIN staff b ON b.id = g.granted_by_staff_id
    LEFT JOIN permission_ends e ON e.grant_id = g.id LEFT JOIN accounts a ON a.id = e.ended_by_account_id
ORDER BY in_force DESC, g.id DESC LIMIT 500
""")


def grants(session: Session, *, now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """The permissions in force, then those that are over, the newest first; 500 at most."""
    return session.execute(_GRANTS, {"today": clock.local_date(now)}).all()
