"""Notices within Gridwork: put, kept true, read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.security import Principal
from app.models.notice import Notice, NoticeRead
from app.models.organisation import Role
from app.notices import inbox_queries


def put_notice(
    session: Session,
    *,
    kind: str,
    unit_id: int,
    role: Role,
    subject: str,
    data: Mapping[str, Any],
    now: datetime,
    about_staff_id: int | None = None,
) -> int:
    """Tell whoever has this role in this unit, now or later. An open notice of the same subject is raised again: unread, with
    this data. Returns its id."""
    values = {"kind": kind, "unit_id": unit_id, "role": role, "subject": subject, "about_staff_id": about_staff_id}
    changed = {"data": dict(data), "raised_at": now}
    statement = insert(Notice).values(**values, **changed)
    return session.scalars(
        statement.on_conflict_do_update(
            index_elements=["unit_id", "role", "subject"], index_where=text("resolved_at IS NULL"), set_=changed
        ).returning(Notice.id)
    ).one()


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
