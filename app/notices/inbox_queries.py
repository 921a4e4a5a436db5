"""Reads of notices: mine are those to my role in my unit, but for what is for a colleague alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.paging import clamp_page_size, read_cursor, write_cursor
from app.core.security import Principal
from app.models.notice import Notice, NoticeRead
from app.models.organisation import Role, Staff
from app.notices.words import words_of

# As `my_unread`: for who is asked often, who names themselves by unit, role and staff.
COUNT_UNREAD = """
SELECT count(*) FROM notices n LEFT JOIN notice_reads r ON r.notice_id = n.id AND r.staff_id = :staff
WHERE n.unit_id = :unit AND n.role = :role AND n.resolved_at IS NULL AND (n.for_staff_id IS NULL OR n.for_staff_id = :staff)
    AND coalesce(r.read_at < n.raised_at, true)"""


class UnknownNotice(NotFound):
    """There is no such notice, or it is not yours."""

    code = "notice.unknown"


@dataclass(frozen=True)
class NoticeRow:
    """A notice with its words; `staff_no` and `staff_name` of whom it is about. Read: since it was last raised."""

    id: int
    kind: str
    raised_at: datetime
    resolved_at: datetime | None
    data: dict[str, Any]
    staff_no: str | None
    staff_name: str | None
    read: bool

    @property
    def text_zh(self) -> str:
        """In Chinese."""
        return words_of(self.kind, self.data, self.staff_name or "")[0]

    @property
    def text_en(self) -> str:
        """In English."""
        return words_of(self.kind, self.data, self.staff_name or "")[1]


@dataclass(frozen=True)
class Inbox:
    """A page of notices, and how many of all that are open are unread."""

    items: list[NoticeRow]
    unread: int
    next_cursor: str | None


def my_notices(session: Session, principal: Principal, *, resolved: bool, cursor: str | None, limit: int, secret: str) -> Inbox:
    """A page of mine, newest first; without the resolved ones unless wanted. Raises WrongCursor, Invalid."""
    size = clamp_page_size(limit)
    list_name = f"notices/{principal.account_id}/{resolved}"
    statement = _rows(principal).order_by(Notice.id.desc()).limit(size + 1)
    if not resolved:
        statement = statement.where(Notice.resolved_at.is_(None))
    if cursor is not None:
        statement = statement.where(Notice.id < int(read_cursor(secret, list_name, cursor)))
    rows = [NoticeRow(*row) for row in session.execute(statement)]
    following = write_cursor(secret, list_name, rows[size - 1].id) if len(rows) > size else None
    return Inbox(rows[:size], session.scalars(text(COUNT_UNREAD), addressee(principal)).one(), following)


def addressee(principal: Principal) -> dict[str, Any]:
    """The parameters of COUNT_UNREAD."""
    return {"staff": principal.staff_id, "unit": principal.unit_id, "role": principal.role}


def get_my_notice(session: Session, principal: Principal, notice_id: int) -> NoticeRow:
    """One of mine. Raises UnknownNotice, alike for another's."""
    row = session.execute(_rows(principal).where(Notice.id == notice_id)).one_or_none()
    if row is None:
        raise UnknownNotice
    return NoticeRow(*row)


def my_unread(session: Session, principal: Principal) -> list[int]:
    """Ids of my open notices that I have not read since they were last raised, newest first."""
    statement = (
        select(Notice.id)
        .outerjoin(NoticeRead, and_(NoticeRead.notice_id == Notice.id, NoticeRead.staff_id == principal.staff_id))
        .where(_mine(principal), Notice.resolved_at.is_(None), ~_is_read())
        .order_by(Notice.id.desc())
    )
    return list(session.scalars(statement))


def lock_notices(session: Session, notice_ids: Collection[int]) -> list[Notice]:
    """These notices, locked, by id."""
    return list(session.scalars(select(Notice).where(Notice.id.in_(notice_ids)).order_by(Notice.id).with_for_update()))


def open_notices_of(session: Session, role: Role, unit_id: int, staff_id: int) -> list[NoticeRow]:
    """What is open for this person with this role in this unit, oldest first; as if nobody had read it."""
    statement = (
        select(*_columns(false()))
        .outerjoin(Staff, Staff.id == Notice.about_staff_id)
        .where(Notice.role == role, Notice.unit_id == unit_id, _reaches(staff_id), Notice.resolved_at.is_(None))
        .order_by(Notice.id)
    )
    return [NoticeRow(*row) for row in session.execute(statement)]


def _mine(principal: Principal) -> ColumnElement[bool]:
    if principal.staff_id is None or principal.unit_id is None:
        return false()
    return and_(Notice.unit_id == principal.unit_id, Notice.role == Role(principal.role), _reaches(principal.staff_id))


def _reaches(staff_id: int) -> ColumnElement[bool]:
    """Whether it is for everybody of the role in the unit, or for this person."""
    return or_(Notice.for_staff_id.is_(None), Notice.for_staff_id == staff_id)


def _is_read() -> ColumnElement[bool]:
    return func.coalesce(NoticeRead.read_at >= Notice.raised_at, False)


def _columns(read: ColumnElement[bool]) -> list[Any]:
    return [Notice.id, Notice.kind, Notice.raised_at, Notice.resolved_at, Notice.data, Staff.staff_no, Staff.name, read]


def _rows(principal: Principal) -> Select[*tuple[Any, ...]]:
    return (
        select(*_columns(_is_read()))
        .outerjoin(Staff, Staff.id == Notice.about_staff_id)
        .outerjoin(NoticeRead, and_(NoticeRead.notice_id == Notice.id, NoticeRead.staff_id == principal.staff_id))
        .where(_mine(principal))
    )
