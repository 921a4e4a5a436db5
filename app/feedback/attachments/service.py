"""Taking photos and documents from phones, piece by piece over a bad net; what is kept was checked by content and made clean."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.apart import Refused, run_apart
from app.core.db import whole_company
from app.core.errors import Conflict, Invalid, TooMany
from app.core.security import Principal
from app.core.storage import storage_of
from app.feedback.attachments import queries
from app.feedback.attachments.kinds import KINDS, find_kind
from app.feedback.attachments.looks import BYTES as LOOK_BYTES
from app.feedback.attachments.looks import as_number
from app.feedback.refusals.queries import get_order_once_mine
from app.models.attachment import Attachment

FOLDER = "attachments"
SMALLEST_PIECE = 16_384
MOST_A_DAY = 500
_CLEANING = "app.feedback.attachments.cleaning_process"


class AttachmentIdTaken(Conflict):
    """Another attachment has this id: the first one stands."""

    code = "attachment.id_conflict"


class WrongOffset(Conflict):
    """These bytes are not the next ones: go on at `offset`."""

    code = "attachment.wrong_offset"


class WrongChecksum(Invalid):
    """What arrived is not what was announced: send it again from the beginning."""

    code = "attachment.wrong_checksum"
    keeps_changes = True


class NotTaken(Invalid):
    """The file is not what it says, or cannot be made clean: it will never be taken."""

    code = "attachment.refused"
    keeps_changes = True


class TooManyAttachments(TooMany):
    """More attachments in a day than a person makes: go on tomorrow."""

    code = "attachment.too_many"


@dataclass(frozen=True)
class Announced:
    """What the phone says of a file before it sends it."""

    id: UUID
    work_order_id: int
    content_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Kept:
    """A clean file."""

    content: bytes
    content_type: str
    name: str


def begin_attachment(
    session: Session, *, principal: Principal, announced: Announced, most_bytes: int, now: datetime
) -> tuple[Attachment, bool]:
    """Announce a file for a work order that is or was one's own; the same again changes nothing. (attachment, is it new).

    Raises UnknownWorkOrder, Invalid for a kind or size that is not taken, AttachmentIdTaken, TooManyAttachments.
    """
    if announced.content_type not in KINDS:
        raise Invalid("content_type", "one of " + ", ".join(KINDS))
    if announced.size_bytes > most_bytes:
        raise Invalid("size_bytes", f"at most {most_bytes}")
    staff_id = principal.staff_id or 0
    with whole_company(session):
        order = get_order_once_mine(session, announced.work_order_id, staff_id=staff_id)
        found = queries.find_attachment(session, announced.id)
        if found is None and queries.count_begun(session, staff_id, since=now - timedelta(days=1)) >= MOST_A_DAY:
            raise TooManyAttachments(retry_after_seconds=3_600)
        values = {
            "id": announced.id,
            "work_order_id": order.id,
            "grid_id": order.grid_id if order.lent_to_grid_id is None else order.lent_to_grid_id,
            "staff_id": staff_id,
            "content_type": announced.content_type,
            "size_bytes": announced.size_bytes,
            "sha256": bytes.fromhex(announced.sha256),
            "begun_at": now,
            "touched_at": now,
        }
        statement = insert(Attachment).values(values).on_conflict_do_nothing(index_elements=["id"]).returning(Attachment.id)
        is_new = session.scalar(statement) is not None
        made = queries.find_attachment(session, announced.id)
        assert made is not None
        if any(getattr(made, name) != value for name, value in values.items() if name in _SAID):
            raise AttachmentIdTaken
    return made, is_new


_SAID = {"work_order_id", "staff_id", "content_type", "size_bytes", "sha256"}


def add_piece(
    session: Session, *, principal: Principal, attachment_id: UUID, offset: int, content: bytes, now: datetime
) -> Attachment:
    """Take the next bytes; with the last ones the file is checked and kept clean. The last piece again changes nothing.

    Raises UnknownAttachment, WrongOffset, Invalid for a piece that is too long or too small; WrongChecksum, after which it
    begins at 0 again; NotTaken.
    """
    found = queries.lock_mine(session, attachment_id, staff_id=principal.staff_id or 0)
    if found.refused_because is not None:
        raise NotTaken("content", found.refused_because)
    if offset + len(content) == found.received_bytes == found.size_bytes:
        return found
    if offset != found.received_bytes:
        raise WrongOffset(offset=found.received_bytes)
    left = found.size_bytes - offset
    if not min(SMALLEST_PIECE, left) <= len(content) <= left:
        raise Invalid("body", f"{min(SMALLEST_PIECE, left)} to {left} bytes from offset {offset} on")
    path = f"{FOLDER}/parts/{found.id}/{offset:010d}-{uuid4().hex}"
    storage_of(session).write_bytes(path, content)
    found.parts, found.received_bytes, found.touched_at = [*found.parts, path], offset + len(content), now
    if found.received_bytes == found.size_bytes:
        _finish(session, found, now)
    return found


def open_attachment(session: Session, *, attachment_id: UUID, grid_ids: Collection[int]) -> Kept:
    """The clean file of an attachment in these grids. Raises UnknownAttachment, StoredFileMissing."""
    found = queries.get_kept(session, attachment_id, grid_ids=grid_ids)
    assert found.kept_path is not None
    name = f"{found.id}.{KINDS[found.content_type].extension}"
    return Kept(storage_of(session).read_bytes(found.kept_path), found.content_type, name)


def _finish(session: Session, found: Attachment, now: datetime) -> None:
    storage = storage_of(session)
    content = b"".join(storage.read_bytes(part) for part in found.parts)
    found.parts = []
    if hashlib.sha256(content).digest() != found.sha256:
        found.received_bytes = 0
        raise WrongChecksum("sha256", "the SHA-256 of what was sent; send all of it again from offset 0")
    kind = find_kind(content)
    try:
        if kind is None or kind.content_type != found.content_type:
            raise Refused(f"what was announced, {found.content_type}, by its content")
        made = run_apart(_CLEANING, kind.content_type, content)
    except Refused as refusal:
        found.refused_because = str(refusal)
        raise NotTaken("content", found.refused_because) from refusal
    size = len(made) - (LOOK_BYTES if kind.decoder else 0)
    clean, found.look = made[:size], as_number(made[size:])
    path = f"{FOLDER}/kept/{found.id}-{uuid4().hex}.{kind.extension}"
    storage.write_bytes(path, clean)
    found.kept_path, found.kept_bytes, found.kept_sha256 = path, len(clean), hashlib.sha256(clean).digest()
    found.completed_at = now
