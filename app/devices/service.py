"""Phones: registered by who works with them, reporting how they stand, revoked by who answers for the people."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.access import revoking
from app.core.db import count_changed
from app.core.security import Principal
from app.devices import queries
from app.devices.subscriptions import read_subscription
from app.models.device import Device

MOST_PUSHED = 5  # phones of a person; the ones longest away are pushed to no more

_DROP_OLDEST = """
UPDATE devices SET push_endpoint = NULL, push_p256dh = NULL, push_auth = NULL
WHERE staff_id = :staff_id AND push_endpoint IS NOT NULL AND id NOT IN (
    SELECT id FROM devices WHERE staff_id = :staff_id AND push_endpoint IS NOT NULL
    ORDER BY id = :kept DESC, greatest(registered_at, last_sync_at) DESC, id DESC LIMIT :most)
"""


@dataclass(frozen=True)
class Registration:
    """What a phone says of itself. `push_subscription` as its browser gives it; None: it wants no pushes."""

    device_id: str
    name: str
    app_version: str
    push_subscription: Mapping[str, Any] | None


@dataclass(frozen=True)
class QueueReport:
    """How a phone stands after a sync: what it has still to send, and since when the oldest of it waits."""

    app_version: str
    queue_length: int
    oldest_queued_at: datetime | None


def register_device(
    session: Session, *, principal: Principal, family_id: int, registration: Registration, loopback: bool, now: datetime
) -> Device:
    """Keep a person's phone, or what changed of it; this log-in is that phone's from now on.

    Raises WrongAddress, Invalid for a subscription that is none, OtherDevice, DeviceRevoked.
    """
    found = read_subscription(registration.push_subscription, loopback=loopback)
    revoking.bind_log_in(session, family_id=family_id, device_id=registration.device_id)
    changed = {
        "name": registration.name,
        "app_version": registration.app_version,
        "push_endpoint": found and found.endpoint,
        "push_p256dh": found and found.p256dh,
        "push_auth": found and found.auth,
    }
    mine = {"staff_id": principal.staff_id, "device_id": registration.device_id, "registered_at": now}
    statement = insert(Device).values(**mine, **changed)
    kept: Device | None = session.scalar(
        statement.on_conflict_do_update(
            index_elements=["staff_id", "device_id"], set_=changed, where=Device.revoked_at.is_(None)
        ).returning(Device),
        execution_options={"populate_existing": True},
    )
    if kept is None:
        raise revoking.DeviceRevoked
    session.execute(text(_DROP_OLDEST), {"staff_id": principal.staff_id, "kept": kept.id, "most": MOST_PUSHED})
    return kept


def report_queue(session: Session, *, principal: Principal, device_id: str, report: QueueReport, now: datetime) -> None:
    """A phone of mine synced now. Raises UnknownDevice."""
    values = {**vars(report), "staff_id": principal.staff_id, "device_id": device_id, "now": now}
    statement = (
        "UPDATE devices SET last_sync_at = :now, app_version = :app_version, queue_length = :queue_length,"
        " oldest_queued_at = :oldest_queued_at"
        " WHERE staff_id = :staff_id AND device_id = :device_id AND revoked_at IS NULL"
    )
    if not count_changed(session, statement, values):
        raise queries.UnknownDevice("device_id: there is no such device of yours in use: register it.")


def revoke_device(
    session: Session,
    *,
    number: int,
    reason: str,
    grid_ids: Collection[int] | None,
    actor_account_id: int | None,
    now: datetime,
) -> Device:
    """End a phone of somebody of these grids: its tokens stop at once, and it is told to forget when it asks next.

    One that is revoked stays as it was revoked. Raises UnknownDevice.
    """
    found = queries.lock_device(session, number, grid_ids=grid_ids)
    if found.revoked_at is None:
        found.push_endpoint = found.push_p256dh = found.push_auth = None
        found.revoked_at, found.revoke_reason, found.revoked_by_account_id = now, reason, actor_account_id
        session.flush()
        revoking.revoke_device(session, staff_id=found.staff_id, device_id=found.device_id, now=now)
    return found
