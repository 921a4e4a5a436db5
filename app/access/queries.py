"""Reads behind logging in."""

from datetime import date

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.models.organisation import Account, RefreshFamily, RefreshToken, Staff, Unit, UnitKind


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


def find_actor(
    session: Session, account_id: int, family_id: int | None, today: date
) -> Row[Account, Staff | None, list[int]] | None:
    """(account, person or None, ids of the grids in the person's unit), if the account may act today.

    Nothing where the account is disabled, its log-in was ended, or the person is not active.
    """
    grid, branch = aliased(Unit), aliased(Unit)
    grids = (
        select(func.coalesce(func.array_agg(grid.id), text("'{}'::int[]")))
        .select_from(grid)
        .outerjoin(branch, branch.id == grid.parent_id)
        .where(
            grid.kind == UnitKind.GRID,
            or_(grid.id == Staff.unit_id, branch.id == Staff.unit_id, branch.parent_id == Staff.unit_id),
        )
        .correlate(Staff)
        .scalar_subquery()
    )
    statement = (
        select(Account, Staff, grids)
        .outerjoin(Staff, Staff.id == Account.staff_id)
        .where(Account.id == account_id, Account.disabled_at.is_(None), or_(Account.staff_id.is_(None), _active(today)))
    )
    if family_id is not None:
        statement = statement.join(
            RefreshFamily, and_(RefreshFamily.account_id == Account.id, RefreshFamily.id == family_id)
        ).where(RefreshFamily.ended_at.is_(None))
    return session.execute(statement.order_by(Account.id)).one_or_none()


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
