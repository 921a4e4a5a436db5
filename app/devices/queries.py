"""Reads of devices."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.device import Device, PushSetting
from app.models.organisation import Staff


class UnknownDevice(NotFound):
    """There is no such device here."""

    code = "device.unknown"


def lock_device(session: Session, number: int, *, grid_ids: Collection[int] | None) -> Device:
    """A device of somebody of these grids (None: of anybody), locked. Raises UnknownDevice alike for one elsewhere."""
    statement = select(Device).join(Staff, Staff.id == Device.staff_id).where(Device.id == number).order_by(Device.id)
    if grid_ids is not None:
        statement = statement.where(Staff.unit_id.in_(grid_ids))
    found = session.scalar(statement.with_for_update(of=Device).execution_options(populate_existing=True))
    if found is None:
        raise UnknownDevice
    return found


def find_quiet_hours(session: Session, staff_id: int | None) -> str | None:
    """The hours that a person wants to be quiet, such as `20-9`."""
    statement = select(PushSetting.quiet_hours).where(PushSetting.staff_id == staff_id).order_by(PushSetting.staff_id)
    return session.scalar(statement)


@dataclass(frozen=True)
class Pushable:
    """Somebody who may be pushed to now: the phones, when they were told last (or began to be), the snapshot in which was
    looked then, and when a phone last synced."""

    staff_id: int
    devices: list[int]
    told_at: datetime
    told_snapshot: str | None
    last_sync_at: datetime | None
    quiet_hours: str | None


# A phone to which something is still on its way is not told anew: one message at a time.
_PUSHABLE = text("""
SELECT v.staff_id, array_agg(v.id ORDER BY v.id), coalesce(m.told_at, min(v.registered_at)),
    m.told_snapshot, max(v.last_sync_at), q.quiet_hours
FROM devices v JOIN staff s ON s.id = v.staff_id AND s.active_from <= :today AND coalesce(s.active_to, 'infinity') >= :today
    JOIN accounts a ON a.staff_id = v.staff_id AND a.disabled_at IS NULL
    LEFT JOIN push_marks m ON m.staff_id = v.staff_id LEFT JOIN push_settings q ON q.staff_id = v.staff_id
WHERE v.push_endpoint IS NOT NULL AND (m.told_at IS NULL OR m.told_at <= :before)
    AND NOT EXISTS (SELECT FROM outbox_deliveries d WHERE d.device_number = v.id AND d.state = 'pending')
GROUP BY v.staff_id, m.told_at, m.told_snapshot, q.quiet_hours ORDER BY v.staff_id
""")


def people_to_push(session: Session, *, told_before: datetime, today: date) -> list[Pushable]:
    """Who wants to be pushed to, works today, and was not told since then."""
    return [Pushable(*row) for row in session.execute(_PUSHABLE, {"before": told_before, "today": today})]
