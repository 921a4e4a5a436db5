"""Reads of attachments."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.feedback.attachments.kinds import KINDS
from app.models.attachment import Attachment


class UnknownAttachment(NotFound):
    """There is no such attachment, or it is not yours."""

    code = "attachment.unknown"


def get_mine(session: Session, attachment_id: UUID, *, staff_id: int) -> Attachment:
    """An attachment of this manager; raises UnknownAttachment."""
    statement = select(Attachment).where(Attachment.id == attachment_id, Attachment.staff_id == staff_id)
    found = session.scalar(statement.order_by(Attachment.id))
    if found is None:
        raise UnknownAttachment
    return found


def lock_mine(session: Session, attachment_id: UUID, *, staff_id: int) -> Attachment:
    """The same as it is now, locked until the end of the transaction: of two pieces at once the second sees the first."""
    statement = select(Attachment).where(Attachment.id == attachment_id, Attachment.staff_id == staff_id)
    locked = statement.order_by(Attachment.id).with_for_update().execution_options(populate_existing=True)
    found = session.scalar(locked)
    if found is None:
        raise UnknownAttachment
    return found


def find_attachment(session: Session, attachment_id: UUID) -> Attachment | None:
    """The attachment with this id, whoever's it is."""
    return session.scalar(select(Attachment).where(Attachment.id == attachment_id).order_by(Attachment.id))


def get_kept(session: Session, attachment_id: UUID, *, grid_ids: Collection[int]) -> Attachment:
    """A whole, clean one in these grids; raises UnknownAttachment."""
    statement = select(Attachment).where(
        Attachment.id == attachment_id, Attachment.grid_id.in_(grid_ids), Attachment.kept_path.is_not(None)
    )
    found = session.scalar(statement.order_by(Attachment.id))
    if found is None:
        raise UnknownAttachment
    return found


def count_begun(session: Session, staff_id: int, *, since: datetime) -> int:
    """How many this manager announced since then."""
    counted = select(func.count()).select_from(Attachment).where(Attachment.staff_id == staff_id, Attachment.begun_at >= since)
    return session.scalars(counted).one()


def without_look(session: Session, *, after: UUID | None, limit: int) -> Sequence[Attachment]:
    """Kept photos of which it is not kept how they look, by id, after an id."""
    images = [kind.content_type for kind in KINDS.values() if kind.decoder is not None]
    statement = select(Attachment).where(
        Attachment.kept_path.is_not(None), Attachment.look.is_(None), Attachment.content_type.in_(images)
    )
    if after is not None:
        statement = statement.where(Attachment.id > after)
    return session.scalars(statement.order_by(Attachment.id).limit(limit)).all()
