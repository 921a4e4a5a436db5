"""The phones of my people: how they stand, and revoked when they are lost."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.deps import GridManager, Now, SecretDep, SessionDep
from app.api.types import Cursor, IdPath, In, Limit, Out, ShortText
from app.devices import service
from app.reports.devices import device_page

router = APIRouter(prefix="/dashboard/v1/devices", tags=["dashboard"])


class DeviceOut(Out):
    """A phone. `queue_length`: reports it had still to send at `last_sync_at`; `told_at`: when it asked first after it was
    revoked, and so was told to forget everything."""

    id: int
    device_id: str
    name: str
    staff_no: str
    manager_name: str
    unit_code: str
    app_version: str
    registered_at: datetime
    last_sync_at: datetime | None
    queue_length: int | None
    oldest_queued_at: datetime | None
    pushes: bool
    revoked_at: datetime | None
    revoke_reason: str | None
    told_at: datetime | None


class DevicePage(Out):
    """A page, newest first."""

    items: list[DeviceOut]
    next_cursor: str | None


class RevokeIn(In):
    """Why: lost, stolen, replaced ..."""

    reason: ShortText


class RevokedOut(Out):
    """The phone as it was revoked."""

    id: int
    device_id: str
    revoked_at: datetime
    revoke_reason: str


@router.get("")
def list_devices(
    principal: GridManager,
    session: SessionDep,
    secret: SecretDep,
    revoked: Annotated[bool, Query(description="those that were revoked, instead of those in use")] = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> DevicePage:
    """The phones of the people of my grids."""
    page = device_page(session, grid_ids=principal.grid_ids, revoked=revoked, secret=secret, cursor=cursor, limit=limit)
    return DevicePage.model_validate(page)


@router.post("/{device_number}/revoke")
def revoke(device_number: IdPath, body: RevokeIn, principal: GridManager, session: SessionDep, now: Now) -> RevokedOut:
    """End a phone: its tokens stop at once, and it removes all it keeps when it asks next. Again: nothing changes."""
    ended = service.revoke_device(
        session,
        number=device_number,
        reason=body.reason,
        grid_ids=principal.grid_ids,
        actor_account_id=principal.account_id,
        now=now,
    )
    return RevokedOut.model_validate(ended)
