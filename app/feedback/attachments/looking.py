"""How photos look that were kept by releases which did not keep that: some at a time, to be gone on with at any id."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.apart import Refused, run_apart
from app.core.storage import StoredFileMissing, storage_of
from app.feedback.attachments import queries
from app.feedback.attachments.looks import as_number
from app.models.attachment import Attachment

BATCH = 20  # photos of one transaction: some seconds
_LOOKING = "app.feedback.attachments.looking_process"


@dataclass(frozen=True)
class Looked:
    """What came of a batch. `last`: the id of its last photo, None where there was none; `left`: files missing or broken."""

    last: UUID | None
    looked_at: int
    left: int


def look_at_kept(session: Session, *, after: UUID | None) -> Looked:
    """Keep how the next photos look that have no look yet, by id; a file that is missing or broken is left as it is."""
    found = queries.without_look(session, after=after, limit=BATCH)
    made = sum(_look(session, one) for one in found)
    session.flush()
    return Looked(found[-1].id if found else None, made, len(found) - made)


def _look(session: Session, photo: Attachment) -> bool:
    assert photo.kept_path is not None  # asked for in the query
    try:
        look = run_apart(_LOOKING, photo.content_type, storage_of(session).read_bytes(photo.kept_path))
    except (StoredFileMissing, Refused):
        return False
    photo.look = as_number(look)
    return True
