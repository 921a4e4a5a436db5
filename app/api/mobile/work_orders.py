"""My work orders on my phone."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.deps import Now, SecretDep, SessionDep, TerminalManager
from app.api.mobile.schemas import LARGEST_PAGE, SMALLEST_PAGE, PullOut
from app.reports import phone

router = APIRouter(prefix="/mobile/v1/work-orders", tags=["phone"])

PullCursor = Annotated[str | None, Query(max_length=500, description="`cursor` of the last answer; none: everything")]
SetHash = Annotated[
    str | None,
    Query(pattern="^[0-9a-f]{64}$", description="SHA-256 of the lines `id:version` and line feed of what I hold, by id"),
]
MaxBytes = Annotated[
    int,
    Query(
        ge=SMALLEST_PAGE,
        le=LARGEST_PAGE,
        description="of the items of one answer, which holds one at least; less where the net is thin",
    ),
]


@router.get("", response_model=PullOut)
def pull(
    principal: TerminalManager,
    session: SessionDep,
    secret: SecretDep,
    now: Now,
    cursor: PullCursor = None,
    set_hash: SetHash = None,
    max_bytes: MaxBytes = phone.PAGE_BYTES,
) -> Response:
    """What changed since my last pull. A cursor over 30 days old is 410: pull without one."""
    body = phone.pull_work_orders(
        session, principal=principal, secret=secret, cursor=cursor, set_hash=set_hash, page_bytes=max_bytes, now=now
    )
    return Response(body, media_type="application/json")
