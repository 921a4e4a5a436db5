"""Photos and documents for my reports: announced, then sent in pieces that survive a lost net."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import Field, StringConstraints

from app.api.deps import Now, SessionDep, SettingsDep, TerminalManager
from app.api.types import LARGEST_ID, In, Out, ShortText
from app.feedback.attachments import queries
from app.feedback.attachments.service import Announced, add_piece, begin_attachment
from app.feedback.values import Id
from app.models.attachment import Attachment

router = APIRouter(prefix="/mobile/v1/attachments", tags=["phone"])

MOST_OFFSET = 2**31 - 1
_PIECE = {"requestBody": {"required": True, "content": {"application/offset+octet-stream": {"schema": {"type": "string"}}}}}


class AttachmentIn(In):
    """A file before it is sent. JPEG, PNG, WebP or PDF, by its content; nothing of it but what is to be seen is kept."""

    id: Id = Field(description="made on the phone; reports name it in `attachment_ids`, before or after it is here")
    work_order_id: int = Field(ge=1, le=LARGEST_ID)
    content_type: ShortText = Field(examples=["image/jpeg"])
    size_bytes: int = Field(ge=1, le=MOST_OFFSET)
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class AttachmentOut(Out):
    """How far it is. `offset`: bytes that are here; `refused_because`: it will never be taken."""

    id: UUID
    offset: int
    complete: bool
    refused_because: str | None
    begun_at: datetime


Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=MOST_OFFSET, description="bytes that were sent before")]


async def read_piece(request: Request) -> bytes:
    """The bytes of one piece; the bound on bodies bounds it."""
    return await request.body()


@router.post("", responses={201: {"description": "Announced now."}})
def begin(
    body: AttachmentIn, response: Response, principal: TerminalManager, session: SessionDep, settings: SettingsDep, now: Now
) -> AttachmentOut:
    """Announce a file for a work order that is or was mine; the same again says how far it is."""
    most, announced = settings.max_attachment_bytes, Announced(**body.model_dump())
    made, is_new = begin_attachment(session, principal=principal, announced=announced, most_bytes=most, now=now)
    response.status_code = 201 if is_new else 200
    return _shown(made)


@router.head("/{attachment_id}", status_code=204)
def how_far(attachment_id: Annotated[UUID, Path()], principal: TerminalManager, session: SessionDep) -> Response:
    """How many bytes of it are here (`Upload-Offset`)."""
    return _standing(queries.get_mine(session, attachment_id, staff_id=principal.staff_id or 0))


@router.patch("/{attachment_id}", status_code=204, openapi_extra=_PIECE)
def send_piece(
    attachment_id: Annotated[UUID, Path()],
    offset: Offset,
    piece: Annotated[bytes, Depends(read_piece)],
    principal: TerminalManager,
    session: SessionDep,
    now: Now,
) -> Response:
    """Send the next bytes, from `Upload-Offset` on; at least 16 kB unless they are the last. With the last it is checked.

    409 where other bytes are next: `offset` says which. 422 `attachment.wrong_checksum`: it begins at 0 again;
    `attachment.refused`: it will never be taken.
    """
    taken = add_piece(session, principal=principal, attachment_id=attachment_id, offset=offset, content=piece, now=now)
    return _standing(taken)


def _shown(found: Attachment) -> AttachmentOut:
    return AttachmentOut(
        id=found.id,
        offset=found.received_bytes,
        complete=found.completed_at is not None,
        refused_because=found.refused_because,
        begun_at=found.begun_at,
    )


def _standing(found: Attachment) -> Response:
    headers = {
        "Upload-Offset": str(found.received_bytes),
        "Upload-Length": str(found.size_bytes),
        "Cache-Control": "no-store",
    }
    return Response(status_code=204, headers=headers)
