"""What was said to managers."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

LATEST = 50
# Of each grid its latest, from the index, and of these the latest: a branch reads no more of its history than it shows.
_LATEST = text("""
SELECT m.id, s.staff_no, s.name AS manager_name, m.from_name, m.body, m.sent_at, m.seen_at
FROM unnest(CAST(:grids AS int[])) AS g (id)
    CROSS JOIN LATERAL (SELECT * FROM manager_messages WHERE grid_id = g.id ORDER BY sent_at DESC LIMIT :most) m
    JOIN staff s ON s.id = m.staff_id
ORDER BY m.sent_at DESC, m.id DESC LIMIT :most
""")


def messages_of(session: Session, *, grid_ids: Collection[int]) -> Sequence[Any]:
    """The latest to managers of these grids, newest first, and whether they were seen."""
    return session.execute(_LATEST, {"grids": list(grid_ids), "most": LATEST}).all()
