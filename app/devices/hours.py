"""What a person wants of pushes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.security import Principal
from app.devices import queries
from app.devices.quiet_hours import check_own
from app.models.device import PushSetting
from app.notices.quiet import QuietHours


@dataclass(frozen=True)
class PushHours:
    """Hours in which I am not pushed to: my own, and those of everybody, which hold beside them."""

    quiet_hours: str | None
    quiet_hours_of_all: str


def set_quiet_hours(
    session: Session, *, principal: Principal, quiet_hours: str | None, policy: QuietHours, now: datetime
) -> PushHours:
    """Keep the hours in which a person wants no pushes; None: only those of everybody. Raises Invalid."""
    if quiet_hours is not None:
        check_own(quiet_hours, policy)
    changed = {"quiet_hours": quiet_hours, "set_at": now}
    statement = insert(PushSetting).values(staff_id=principal.staff_id, **changed)
    session.execute(statement.on_conflict_do_update(index_elements=["staff_id"], set_=changed))
    return show_quiet_hours(session, principal=principal, policy=policy)


def show_quiet_hours(session: Session, *, principal: Principal, policy: QuietHours) -> PushHours:
    """The hours in which a person is not pushed to."""
    return PushHours(queries.find_quiet_hours(session, principal.staff_id), f"{policy.first}-{policy.end}")
