"""Who did what when: one search by person, object and time, each answered from an index, the newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.access import AuditEntry
from app.models.organisation import Account, Staff


@dataclass(frozen=True)
class Sought:
    """What is looked for; None: anything. `who`: a login or staff number; `about`: kind and reference, such as `customer:C01`;
    from `since` (included) to `until` (not)."""

    who: str | None = None
    about: str | None = None
    since: datetime | None = None
    until: datetime | None = None


AnyRow = Row[*tuple[Any, ...]]


def audit_page(session: Session, *, sought: Sought, secret: str, cursor: str | None, limit: int) -> Page[AnyRow]:
    """A page of what was done. Raises Invalid where nobody is called so, WrongCursor."""
    size, name = clamp_page_size(limit), f"audit/{sought}"
    entry = AuditEntry
    statement = _narrowed(session, sought)
    if cursor is not None:
        happened_at, entry_id = read_cursor(secret, name, cursor)
        statement = statement.where(tuple_(entry.happened_at, entry.id) < (datetime.fromisoformat(happened_at), entry_id))
    rows = session.execute(statement.order_by(entry.happened_at.desc(), entry.id.desc()).limit(size + 1)).all()
    last = [rows[size - 1].happened_at.isoformat(), rows[size - 1].id] if len(rows) > size else None
    return Page(rows[:size], write_cursor(secret, name, last) if last else None)


def _narrowed(session: Session, sought: Sought) -> Select[*tuple[Any, ...]]:
    entry = AuditEntry
    statement: Select[*tuple[Any, ...]] = (
        select(entry.id, entry.happened_at, Account.login, Staff.name, entry.act, entry.object, entry.reason)
        .outerjoin(Account, Account.id == entry.account_id)
        .outerjoin(Staff, Staff.id == Account.staff_id)
    )
    if sought.who is not None:
        statement = statement.where(entry.account_id == _account_of(session, sought.who))
    if sought.about is not None:
        statement = statement.where(entry.object == sought.about)
    if sought.since is not None:
        statement = statement.where(entry.happened_at >= sought.since)
    if sought.until is not None:
        statement = statement.where(entry.happened_at < sought.until)
    return statement


def _account_of(session: Session, who: str) -> int:
    named = (Account.login == who) | (Staff.staff_no == who)
    statement = select(Account.id).outerjoin(Staff, Staff.id == Account.staff_id).where(named)
    found = session.scalars(statement.order_by(Account.id).limit(1)).first()
    if found is None:
        raise Invalid("who", "the login or staff number of somebody with an account")
    return found
