"""What was said to managers."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.live import ManagerMessage
from app.models.organisation import Staff

LATEST = 50


def messages_of(session: Session, *, grid_ids: Collection[int]) -> Sequence[Any]:
    """The latest to managers of these grids, newest first, and whether they were seen."""
    message = ManagerMessage
    statement = (
        select(message.id, Staff.staff_no, Staff.name.label("manager_name"), message.from_name, message.body)
        .add_columns(message.sent_at, message.seen_at)
        .join(Staff, Staff.id == message.staff_id)
        .where(message.grid_id.in_(grid_ids))
        .order_by(message.sent_at.desc(), message.id.desc())
        .limit(LATEST)
    )
    return session.execute(statement).all()
