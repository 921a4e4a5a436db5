"""Reads of requests that wait for a grid manager's word."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models.notice import Notice

_WAITING = text("""
SELECT 'undo_asked' AS rule, u.grid_id, g.code, count(*), min(u.asked_at), max(u.asked_at)
FROM do_not_disturb_undos u JOIN units g ON g.id = u.grid_id WHERE u.decided_at IS NULL GROUP BY u.grid_id, g.code
UNION ALL
SELECT 'correction_proposed', p.grid_id, g.code, count(*), min(p.proposed_at), max(p.proposed_at)
FROM correction_proposals p JOIN units g ON g.id = p.grid_id
WHERE p.decided_at IS NULL AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = p.feedback_id)
GROUP BY p.grid_id, g.code
ORDER BY 1, 2
""")


@dataclass(frozen=True)
class Waiting:
    """Requests of one kind in one grid: how many, the oldest and the newest."""

    rule: str
    grid_id: int
    grid_code: str
    requests: int
    oldest: datetime
    newest: datetime

    @property
    def subject(self) -> str:
        """What their notice is about."""
        return f"requests/{self.rule}/{self.grid_id}"


def waiting_requests(session: Session) -> list[Waiting]:
    """What waits, by kind and grid; not of reports that were corrected since."""
    return [Waiting(*row) for row in session.execute(_WAITING)]


def open_notices(session: Session, kind: str) -> dict[str, Notice]:
    """The open notices of this kind by subject."""
    statement = select(Notice).where(Notice.kind == kind, Notice.resolved_at.is_(None)).order_by(Notice.id)
    return {notice.subject: notice for notice in session.scalars(statement)}
