"""Permissions beyond a role: given to a person by another one, with a reason and a last day, and ended before it."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.access import queries
from app.core import clock
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.security import Principal
from app.models.access import Permission, PermissionEnd, PermissionGrant

LONGEST = timedelta(days=366)
LEAST_REASON = 10  # characters


class NotGranted(Forbidden):
    """This needs a permission that an administrator gives, and you have none."""

    code = "permission.missing"


class OwnGrant(Forbidden):
    """Nobody gives a permission to themselves."""

    code = "permission.own"


class UnknownGrant(NotFound):
    """There is no such permission."""

    code = "permission.unknown"


class GrantOver(Conflict):
    """This permission is over already."""

    code = "permission.over"


def give_permission(
    session: Session, *, staff_no: str, permission: Permission, reason: str, until: date, by: Principal, now: datetime
) -> PermissionGrant:
    """Let a person do what this permission allows until a day, included. Raises UnknownStaff, OwnGrant, Invalid."""
    today, person = clock.local_date(now), queries.get_staff(session, staff_no)
    if by.staff_id is None or person.id == by.staff_id:
        raise OwnGrant
    if not today <= until <= today + LONGEST:
        raise Invalid("until", f"a day from {today} to {today + LONGEST}")
    grant = PermissionGrant(
        staff_id=person.id,
        permission=permission,
        reason=_checked(reason),
        until=until,
        granted_by_staff_id=by.staff_id,
        granted_at=now,
    )
    session.add(grant)
    session.flush()
    return grant


def end_permission(session: Session, *, grant_id: int, reason: str, by: Principal, now: datetime) -> PermissionEnd:
    """End a permission now. Raises UnknownGrant, GrantOver, Invalid."""
    grant = session.get(PermissionGrant, grant_id)
    if grant is None:
        raise UnknownGrant
    if grant.until < clock.local_date(now) or session.get(PermissionEnd, grant_id) is not None:
        raise GrantOver
    end = PermissionEnd(
        grant_id=grant_id, staff_id=grant.staff_id, reason=_checked(reason), ended_by_account_id=by.account_id, ended_at=now
    )
    session.add(end)
    session.flush()  # of two at once, one fails here
    return end


def require_permission(session: Session, *, principal: Principal, permission: Permission, now: datetime) -> None:
    """Raise NotGranted where this person has no such permission today."""
    if permission not in queries.permissions_of(session, principal.staff_id, clock.local_date(now)):
        raise NotGranted


def _checked(reason: str) -> str:
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason", f"why, in at least {LEAST_REASON} characters")
    return reason.strip()
