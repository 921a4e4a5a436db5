"""Reads behind logging in."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.organisation import Account, RefreshFamily, RefreshToken, RevokedDevice, Staff, Unit

REVOKED = "device revoked"  # why the log-ins of a device ended


class UnknownStaff(NotFound):
    """There is no person with this staff number."""

    code = "staff.unknown"


def _active(today: date) -> ColumnElement[bool]:
    return and_(Staff.active_from <= today, or_(Staff.active_to.is_(None), Staff.active_to >= today))


def find_account(session: Session, login: str) -> Account | None:
    """The account with this login."""
    return session.scalar(select(Account).where(Account.login == login).order_by(Account.id))


def get_staff(session: Session, staff_no: str) -> Staff:
    """The person with this number; raises UnknownStaff."""
    found = session.scalar(select(Staff).where(Staff.staff_no == staff_no).order_by(Staff.id))
    if found is None:
        raise UnknownStaff(f"staff_no: there is nobody with the number {staff_no}")
    return found


ACTOR = text("""
SELECT a.id AS account_id, a.login, s.id AS staff_id, s.unit_id, coalesce(s.role, a.service_role) AS role,
    ARRAY(SELECT g.id FROM units g LEFT JOIN units b ON b.id = g.parent_id WHERE g.kind = 'grid'
        AND s.unit_id IN (g.id, b.id, b.parent_id) ORDER BY g.id) AS grid_ids,
    (SELECT min(r.device_id) FROM revoked_devices r WHERE r.account_id = a.id AND r.device_id IN (:device_id, f.device_id))
        AS revoked_device_id
FROM accounts a LEFT JOIN staff s ON s.id = a.staff_id
    LEFT JOIN refresh_families f ON f.id = :family_id AND f.account_id = a.id
WHERE a.id = :account_id AND a.disabled_at IS NULL
    AND (a.staff_id IS NULL OR (s.active_from <= :today AND coalesce(s.active_to, 'infinity') >= :today))
    AND (CAST(:family_id AS bigint) IS NULL OR (f.id IS NOT NULL AND (f.ended_at IS NULL OR f.end_reason = :revoked)))
""")


@dataclass(frozen=True)
class Actor:
    """Who may act: the account, the person behind it (None for a system), and the grids of the person's unit.

    `revoked_device_id`: the device that asks, where it was revoked: then nobody acts.
    """

    account_id: int
    login: str
    staff_id: int | None
    unit_id: int | None
    role: str
    grid_ids: list[int]
    revoked_device_id: str | None


def find_actor(
    session: Session, account_id: int, family_id: int | None, today: date, device_id: str | None = None
) -> Actor | None:
    """Who this account is, if it may act today: not disabled, its log-in not ended but by revoking its device, its person active.

    `device_id`: as which device somebody asks, beside that of the log-in. Asked at every request, so in plain SQL.
    """
    row = session.execute(ACTOR, actor_values(account_id, family_id, today, device_id)).one_or_none()
    return None if row is None else Actor(*row)


def actor_values(account_id: int, family_id: int | None, today: date, device_id: str | None) -> dict[str, Any]:
    """The parameters of ACTOR."""
    return {"account_id": account_id, "family_id": family_id, "today": today, "device_id": device_id, "revoked": REVOKED}


def find_name_and_unit(session: Session, staff_id: int | None) -> tuple[str, str, str, str] | None:
    """A person's name, and their unit's code, name and kind."""
    statement = select(Staff.name, Unit.code, Unit.name, Unit.kind).join(Unit, Unit.id == Staff.unit_id)
    found = session.execute(statement.where(Staff.id == staff_id).order_by(Staff.id)).one_or_none()
    return None if found is None else (found[0], found[1], found[2], found[3].value)


def lock_family_of(session: Session, token_hash: bytes) -> RefreshFamily | None:
    """The family of a refresh token, locked until the end of the transaction."""
    return session.scalar(
        select(RefreshFamily)
        .join(RefreshToken, RefreshToken.family_id == RefreshFamily.id)
        .where(RefreshToken.token_hash == token_hash)
        .order_by(RefreshFamily.id)
        .with_for_update(of=RefreshFamily)
    )


def is_revoked(session: Session, account_id: int, device_id: str | None) -> bool:
    """Whether this account may not be used on this device any more."""
    statement = select(RevokedDevice.revoked_at).where(
        RevokedDevice.account_id == account_id, RevokedDevice.device_id == device_id
    )
    return session.scalar(statement.order_by(RevokedDevice.device_id)) is not None


def lock_family(session: Session, family_id: int) -> RefreshFamily | None:
    """A log-in, locked until the end of the transaction."""
    statement = select(RefreshFamily).where(RefreshFamily.id == family_id).order_by(RefreshFamily.id)
    return session.scalar(statement.with_for_update().execution_options(populate_existing=True))


def find_account_of(session: Session, staff_id: int) -> Account | None:
    """The account of a person."""
    return session.scalar(select(Account).where(Account.staff_id == staff_id).order_by(Account.id))


def refresh_tokens_of(session: Session, family_id: int) -> list[RefreshToken]:
    """The tokens of a family, oldest first."""
    return list(
        session.scalars(select(RefreshToken).where(RefreshToken.family_id == family_id).order_by(RefreshToken.generation))
    )


def staff_without_account(session: Session, today: date) -> list[Staff]:
    """Active people who cannot log in yet."""
    return list(
        session.scalars(
            select(Staff)
            .where(_active(today), ~select(Account.id).where(Account.staff_id == Staff.id).exists())
            .order_by(Staff.id)
        )
    )
