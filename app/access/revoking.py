"""Devices that an account may not be used on any more: their log-ins end, and whoever asks from one is told to forget."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.access import queries
from app.core.errors import Conflict, Unauthenticated
from app.models.organisation import RefreshFamily, RevokedDevice


class DeviceRevoked(Unauthenticated):
    """This device was revoked: remove everything that it keeps."""

    code = "device.revoked"
    keeps_changes = True


class OtherDevice(Conflict):
    """This log-in is of another device: log in on this one."""

    code = "device.of_another_log_in"


def bind_log_in(session: Session, *, family_id: int, device_id: str) -> None:
    """Say of which device a log-in is, so that it ends with it. Raises OtherDevice where it is another's."""
    family = queries.lock_family(session, family_id)
    if family is None or family.device_id not in (None, device_id):
        raise OtherDevice
    family.device_id = device_id
    session.flush()


def revoke_device(session: Session, *, staff_id: int, device_id: str, now: datetime) -> None:
    """Let a person's account act from this device no more, from the next request on; its log-ins end."""
    account = queries.find_account_of(session, staff_id)
    if account is None:
        return
    values = {"account_id": account.id, "device_id": device_id, "revoked_at": now}
    session.execute(insert(RevokedDevice).values(values).on_conflict_do_nothing())
    session.execute(
        update(RefreshFamily)
        .where(RefreshFamily.account_id == account.id, RefreshFamily.device_id == device_id, RefreshFamily.ended_at.is_(None))
        .values(ended_at=now, end_reason=queries.REVOKED)
    )


def refuse_device(session: Session, *, account_id: int, device_id: str | None, now: datetime) -> None:
    """Raise DeviceRevoked where this account may not be used on this device, and keep that it was told."""
    if device_id is not None and queries.is_revoked(session, account_id, device_id):
        tell_device(session, account_id=account_id, device_id=device_id, now=now)
        raise DeviceRevoked


def tell_device(session: Session, *, account_id: int, device_id: str, now: datetime) -> None:
    """Keep when a revoked device first asked, and so was told to forget."""
    session.execute(
        update(RevokedDevice)
        .where(RevokedDevice.account_id == account_id, RevokedDevice.device_id == device_id, RevokedDevice.told_at.is_(None))
        .values(told_at=now)
    )
