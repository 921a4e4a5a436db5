"""Photos and documents that the managers of my grids sent."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.api.deps import GridManager, SessionDep
from app.feedback.attachments.service import Kept, open_attachment

router = APIRouter(prefix="/dashboard/v1/attachments", tags=["dashboard"])

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in ("image/jpeg", "image/png", "image/webp", "application/pdf")}}
}


@router.get("/{attachment_id}", response_class=Response, responses=_FILES)
def download(attachment_id: Annotated[UUID, Path()], principal: GridManager, session: SessionDep) -> Response:
    """An attachment of my grids, as it was kept: whole, checked and without metadata."""
    return _file(open_attachment(session, attachment_id=attachment_id, grid_ids=principal.grid_ids))


def _file(kept: Kept) -> Response:
    """To be saved, never to be run: no guessing of types, no scripts, no copy on the way."""
    headers = {
        "Content-Disposition": f'attachment; filename="{kept.name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(kept.content, media_type=kept.content_type, headers=headers)
