"""Reads behind logging in."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.organisation import Account, RefreshFamily, RefreshToken, Staff


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


_ACTOR = text("""
SELECT a.id AS account_id, a.login, s.id AS staff_id, s.unit_id, coalesce(s.role, a.service_role) AS role,
    ARRAY(SELECT g.id FROM units g LEFT JOIN units b ON b.id = g.parent_id WHERE g.kind = 'grid'
        AND s.unit_id IN (g.id, b.id, b.parent_id) ORDER BY g.id) AS grid_ids
FROM accounts a LEFT JOIN staff s ON s.id = a.staff_id
WHERE a.id = :account_id AND a.disabled_at IS NULL
    AND (a.staff_id IS NULL OR (s.active_from <= :today AND coalesce(s.active_to, 'infinity') >= :today))
    AND (CAST(:family_id AS bigint) IS NULL OR EXISTS (
        SELECT FROM refresh_families f WHERE f.id = :family_id AND f.account_id = a.id AND f.ended_at IS NULL))
""")


@dataclass(frozen=True)
class Actor:
    """Who may act: the account, the person behind it (None for a system), and the grids of the person's unit."""

    account_id: int
    login: str
    staff_id: int | None
    unit_id: int | None
    role: str
    grid_ids: list[int]


def find_actor(session: Session, account_id: int, family_id: int | None, today: date) -> Actor | None:
    """Who this account is, if it may act today: not disabled, its log-in not ended, its person active.

    Asked at every request, so in plain SQL.
    """
    values = {"account_id": account_id, "family_id": family_id, "today": today}
    row = session.execute(_ACTOR, values).one_or_none()
    return None if row is None else Actor(*row)


def lock_family_of(session: Session, token_hash: bytes) -> RefreshFamily | None:
    """The family of a refresh token, locked until the end of the transaction."""
    return session.scalar(
        select(RefreshFamily)
        .join(RefreshToken, RefreshToken.family_id == RefreshFamily.id)
        .where(RefreshToken.token_hash == token_hash)
        .order_by(RefreshFamily.id)
        .with_for_update(of=RefreshFamily)
    )


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
