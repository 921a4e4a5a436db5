"""Phones of people as their managers see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.device import Device
from app.models.organisation import Account, RevokedDevice, Staff, Unit


@dataclass(frozen=True)
class DeviceRow:
    """A phone. `queue_length`: reports that it had still to send at `last_sync_at`; `pushes`: it wants to be pushed to;
    `told_at`: when it asked first after it was revoked, and so was told to forget."""

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


def device_page(
    session: Session, *, grid_ids: Collection[int] | None, revoked: bool, secret: str, cursor: str | None, limit: int
) -> Page[DeviceRow]:
    """A page of the phones of the people of these grids (None: of everybody), the newest first; those revoked or not.

    Raises WrongCursor, Invalid for a wrong limit.
    """
    size = clamp_page_size(limit)
    name = f"devices/{revoked}/{grid_ids if grid_ids is None else sorted(grid_ids)}"
    statement = _rows().where(Device.revoked_at.is_not(None) if revoked else Device.revoked_at.is_(None))
    if grid_ids is not None:
        statement = statement.where(Staff.unit_id.in_(grid_ids))
    if cursor is not None:
        statement = statement.where(Device.id < int(read_cursor(secret, name, cursor)))
    rows = [DeviceRow(*row) for row in session.execute(statement.order_by(Device.id.desc()).limit(size + 1))]
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].id) if len(rows) > size else None)


def _rows() -> Select[*tuple[Any, ...]]:
    phone = Device
    columns: list[Any] = [phone.id, phone.device_id, phone.name, Staff.staff_no, Staff.name, Unit.code, phone.app_version]
    columns += [
        phone.registered_at,
        phone.last_sync_at,
        phone.queue_length,
        phone.oldest_queued_at,
        phone.push_endpoint.is_not(None),
    ]
    columns += [phone.revoked_at, phone.revoke_reason, RevokedDevice.told_at]
    told = and_(RevokedDevice.account_id == Account.id, RevokedDevice.device_id == Device.device_id)
    return (
        select(*columns)
        .join(Staff, Staff.id == Device.staff_id)
        .join(Unit, Unit.id == Staff.unit_id)
        .outerjoin(Account, Account.staff_id == Staff.id)
        .outerjoin(RevokedDevice, told)
    )
