"""Notices within Gridwork: put, kept true, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.security import Principal
from app.models.notice import Notice, NoticeRead
from app.models.organisation import Role
from app.notices import inbox_queries


@dataclass(frozen=True)
class Told:
    """A notice to be put: to whoever has this role in this unit, now or later, or of them to one person alone."""

    kind: str
    unit_id: int
    role: Role
    subject: str
    data: Mapping[str, Any]
    about_staff_id: int | None = None
    for_staff_id: int | None = None


def put_notices(session: Session, told: Sequence[Told], *, now: datetime) -> list[int]:
    """Put them; an open notice of the same unit, role and subject is raised again: unread, with this data. Ids, as `told`."""
    if not told:
        return []
    statement = insert(Notice)
    changed = {"data": statement.excluded.data, "raised_at": statement.excluded.raised_at}
    rows = session.execute(
        statement.on_conflict_do_update(
            index_elements=["unit_id", "role", "subject"], index_where=text("resolved_at IS NULL"), set_=changed
        ).returning(Notice.unit_id, Notice.role, Notice.subject, Notice.id),
        [{**vars(one), "data": dict(one.data), "raised_at": now} for one in told],
    )
    ids = {(unit_id, role, subject): notice_id for unit_id, role, subject, notice_id in rows}
    return [ids[one.unit_id, one.role, one.subject] for one in told]


def settle_notices(session: Session, *, counts: Mapping[int, int], now: datetime) -> list[Notice]:
    """Set how many things each notice is about; with none left it is resolved. Returns those that now are."""
    resolved = []
    for notice in inbox_queries.lock_notices(session, counts):
        if counts[notice.id] != notice.data.get("orders"):
            notice.data = {**notice.data, "orders": counts[notice.id]}
        if not counts[notice.id]:
            notice.resolved_at = now
            resolved.append(notice)
    session.flush()
    return resolved


def resolve_notices(session: Session, *, kinds: Sequence[str], raised_before: datetime, now: datetime) -> int:
    """Resolve what is only news and was raised before then; how many."""
    old = update(Notice).where(Notice.kind.in_(kinds), Notice.resolved_at.is_(None), Notice.raised_at < raised_before)
    return len(session.scalars(old.values(resolved_at=now).returning(Notice.id)).all())


def mark_read(session: Session, *, principal: Principal, notice_id: int, now: datetime) -> inbox_queries.NoticeRow:
    """I have read it. Raises UnknownNotice."""
    row = inbox_queries.get_my_notice(session, principal, notice_id)
    _read(session, principal.staff_id, [notice_id], now)
    return inbox_queries.get_my_notice(session, principal, row.id)


def mark_all_read(session: Session, *, principal: Principal, now: datetime) -> int:
    """I have read all of mine; how many were unread."""
    unread = inbox_queries.my_unread(session, principal)
    _read(session, principal.staff_id, unread, now)
    return len(unread)


def _read(session: Session, staff_id: int | None, notice_ids: list[int], now: datetime) -> None:
    if staff_id is None or not notice_ids:
        return
    statement = insert(NoticeRead).values([{"notice_id": n, "staff_id": staff_id, "read_at": now} for n in notice_ids])
    session.execute(
        statement.on_conflict_do_update(index_elements=["notice_id", "staff_id"], set_={"read_at": statement.excluded.read_at})
    )
