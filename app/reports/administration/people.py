"""People of the staff feed with their accounts, as an administrator looks for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.organisation import Account, RefreshFamily, Role, Staff, Unit, UnitKind


class AccountState(StrEnum):
    """How somebody's account stands."""

    NONE = "none"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True)
class Wanted:
    """What is looked for; None: anybody. `text`: the beginning of a staff number or login, or a part of a name; `unit`: a code,
    with all that is below it."""

    text: str | None = None
    role: Role | None = None
    unit: str | None = None
    account: AccountState | None = None


AnyRow = Row[*tuple[Any, ...]]
_STATES: dict[AccountState, ColumnElement[bool]] = {
    AccountState.NONE: Account.id.is_(None),
    AccountState.ON: Account.id.is_not(None) & Account.disabled_at.is_(None),
    AccountState.OFF: Account.disabled_at.is_not(None),
}


def people_page(session: Session, *, wanted: Wanted, secret: str, cursor: str | None, limit: int, now: datetime) -> Page[AnyRow]:
    """A page of people by staff number. Raises WrongCursor, Invalid for a wrong limit."""
    size, name = clamp_page_size(limit), f"people/{wanted}"
    statement = _narrowed(_people(clock.local_date(now)), wanted)
    if cursor is not None:
        statement = statement.where(Staff.staff_no > str(read_cursor(secret, name, cursor)))
    rows = session.execute(statement.order_by(Staff.staff_no).limit(size + 1)).all()
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].staff_no) if len(rows) > size else None)


def unit_rows(session: Session, *, now: datetime) -> Sequence[AnyRow]:
    """Every unit with its parent's code and how many work in it today: (code, name, kind, parent_code, people, managers)."""
    above = Unit.__table__.alias("above")
    parent = select(above.c.code).where(above.c.id == Unit.parent_id).scalar_subquery()
    people = func.count(Staff.id).label("people")
    managers = func.count(Staff.id).filter(Staff.role == Role.TERMINAL_MANAGER).label("managers")
    statement = (
        select(Unit.code, Unit.name, Unit.kind, parent.label("parent_code"), people, managers)
        .outerjoin(Staff, (Staff.unit_id == Unit.id) & _works(clock.local_date(now)))
        .group_by(Unit.id)
        .order_by(Unit.code)
    )
    return session.execute(statement).all()


def _people(today: date) -> Select[*tuple[Any, ...]]:
    theirs = select(func.max(RefreshFamily.started_at)).where(RefreshFamily.account_id == Account.id)
    last = theirs.correlate(Account).scalar_subquery()
    return (
        select(
            Staff.staff_no,
            Staff.name,
            Staff.role,
            Unit.code.label("unit_code"),
            Unit.name.label("unit_name"),
            Staff.active_from,
            Staff.active_to,
            _works(today).label("works"),
            Account.login,
            Account.disabled_at,
            Account.temporary_until,
            last.label("last_log_in_at"),
        )
        .join(Unit, Unit.id == Staff.unit_id)
        .outerjoin(Account, Account.staff_id == Staff.id)
    )


def _works(today: date) -> ColumnElement[bool]:
    return (Staff.active_from <= today) & (Staff.active_to.is_(None) | (Staff.active_to >= today))


def _narrowed(statement: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    if wanted.text:
        begins = [column.istartswith(wanted.text, autoescape=True) for column in (Staff.staff_no, Account.login)]
        statement = statement.where(or_(*begins, Staff.name.icontains(wanted.text, autoescape=True)))
    if wanted.role is not None:
        statement = statement.where(Staff.role == wanted.role)
    if wanted.unit is not None:
        statement = statement.where(Staff.unit_id.in_(units_below(wanted.unit)))
    if wanted.account is not None:
        statement = statement.where(_STATES[wanted.account])
    return statement


def units_below(code: str) -> Select[int]:
    """Ids of a unit and of all below it (company, branch, grid)."""
    top = select(Unit.id).where(Unit.code == code)
    below = select(Unit.id).where(Unit.parent_id.in_(top))
    lowest = select(Unit.id).where(Unit.kind == UnitKind.GRID, Unit.parent_id.in_(below))
    return select(Unit.id).where(or_(Unit.id.in_(top), Unit.id.in_(below), Unit.id.in_(lowest)))
