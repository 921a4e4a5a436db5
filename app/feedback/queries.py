"""Reads of reports and of what was set aside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.core.security import Principal
from app.feedback.decisions import WAITING_CODES, KnownReport, Place
from app.models.campaign import Campaign
from app.models.feedback import ContactFeedback, QuarantinedFeedback
from app.models.organisation import Staff
from app.models.work_order import WorkOrderEvent, WorkOrderTombstone

LeftAt = datetime | None  # None: no event says when


@dataclass(frozen=True)
class SetAside:
    """A report that was not taken, with its reason. `waits_for_id`: taken by itself once that report arrives."""

    id: int
    feedback_id: str
    staff_no: str
    staff_name: str
    code: str
    detail: str
    waits_for_id: UUID | None
    received_at: datetime
    content: Any


def orders_left_by(session: Session, staff_id: int, work_order_ids: Collection[int]) -> dict[int, LeftAt]:
    """Of these work orders those that went from this manager to another, and when."""
    statement = (
        select(WorkOrderTombstone.work_order_id, func.max(WorkOrderEvent.happened_at))
        .outerjoin(
            WorkOrderEvent,
            and_(
                WorkOrderEvent.work_order_id == WorkOrderTombstone.work_order_id,
                WorkOrderEvent.from_staff_id == WorkOrderTombstone.staff_id,
                WorkOrderEvent.to_staff_id != WorkOrderTombstone.staff_id,
            ),
        )
        .where(WorkOrderTombstone.staff_id == staff_id, WorkOrderTombstone.work_order_id.in_(work_order_ids))
        .group_by(WorkOrderTombstone.work_order_id)
        .order_by(WorkOrderTombstone.work_order_id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def grids_with_work_left(session: Session, staff_id: int) -> list[int]:
    """The grids in which somebody had work orders that others have now; not only their own, after a transfer."""
    left = WorkOrderTombstone.grid_id
    return list(session.scalars(select(left).where(WorkOrderTombstone.staff_id == staff_id).distinct().order_by(left)))


def known_reports(
    session: Session, staff_id: int, *, ids: Collection[UUID], work_order_ids: Collection[int]
) -> dict[UUID, KnownReport]:
    """Every visible report with one of these ids or on one of these work orders, by id."""
    correction = aliased(ContactFeedback)
    corrected = exists().where(correction.corrects_id == ContactFeedback.id)
    statement = (
        select(
            ContactFeedback.id,
            ContactFeedback.staff_id,
            ContactFeedback.work_order_id,
            ContactFeedback.outcome,
            ContactFeedback.content_hash,
            ContactFeedback.received_at,
            corrected,
            ContactFeedback.device_id,
            ContactFeedback.order_sequence,
            ContactFeedback.answer_code,
        )
        .where(or_(ContactFeedback.id.in_(ids), ContactFeedback.work_order_id.in_(work_order_ids)))
        .order_by(ContactFeedback.received_at, ContactFeedback.id)
    )
    return {row[0]: _known(staff_id, *row) for row in session.execute(statement)}


def _known(staff_id: int, id_: UUID, owner: int, order_id: int, *rest: Any) -> KnownReport:
    outcome, digest, received_at, corrected, device_id, number, code = rest
    place = None if number is None else Place(order_id, device_id, number)
    return KnownReport(id_, owner == staff_id, order_id, outcome, digest, received_at, corrected, place, code)


def unreleased_reports(session: Session, staff_id: int, feedback_ids: Collection[str]) -> list[QuarantinedFeedback]:
    """This manager's reports set aside until now that wait for another or have one of these ids, oldest first."""
    wanted = or_(QuarantinedFeedback.code.in_(WAITING_CODES), QuarantinedFeedback.feedback_id.in_(feedback_ids))
    return list(
        session.scalars(
            select(QuarantinedFeedback)
            .where(QuarantinedFeedback.staff_id == staff_id, QuarantinedFeedback.released_at.is_(None), wanted)
            .order_by(QuarantinedFeedback.id)
            .limit(2_000)
        )
    )


def unreleased_to_replay(
    session: Session,
    *,
    grid_ids: Collection[int] | None,
    ids: Collection[int] | None,
    code: str | None,
    limit: int,
    received_until: datetime | None = None,
) -> list[tuple[QuarantinedFeedback, str]]:
    """(what is set aside, its manager's number), oldest first; None: whatever the grid, id, reason, time."""
    row = QuarantinedFeedback
    statement = select(row, Staff.staff_no).join(Staff, Staff.id == row.staff_id).where(row.released_at.is_(None))
    if grid_ids is not None:
        statement = statement.where(row.grid_id.in_(grid_ids))
    if ids is not None:
        statement = statement.where(row.id.in_(ids))
    if code is not None:
        statement = statement.where(row.code == code)
    if received_until is not None:
        statement = statement.where(row.received_at <= received_until)
    return [(found, number) for found, number in session.execute(statement.order_by(row.id).limit(limit))]


def unreleased_by_reason(session: Session) -> list[tuple[str, int, datetime]]:
    """(reason, how many are set aside, since when the oldest), the most frequent first."""
    number, oldest = func.count(), func.min(QuarantinedFeedback.received_at)
    statement = (
        select(QuarantinedFeedback.code, number, oldest)
        .where(QuarantinedFeedback.released_at.is_(None))
        .group_by(QuarantinedFeedback.code)
        .order_by(number.desc(), QuarantinedFeedback.code)
    )
    return [(code, count, since) for code, count, since in session.execute(statement)]


def places_refused(session: Session, staff_id: int, work_order_ids: Collection[int]) -> set[Place]:
    """Which reports of this manager's phones on these work orders came and were refused, as far as they say which they are."""
    item = QuarantinedFeedback.content["item"]
    order, number, device = item["work_order_id"].astext, item["order_sequence"].astext, QuarantinedFeedback.content["device_id"]
    statement = (
        select(order, device.astext, number)
        .where(
            QuarantinedFeedback.staff_id == staff_id,
            QuarantinedFeedback.code.not_in(WAITING_CODES),
            order.in_([str(id_) for id_ in work_order_ids]),
            number.regexp_match("^[0-9]{1,10}$"),
        )
        .order_by(QuarantinedFeedback.id)
    )
    return {Place(int(order_id), device_id, int(number)) for order_id, device_id, number in session.execute(statement)}


def set_aside_since(session: Session, staff_id: int, digests: Collection[bytes]) -> dict[tuple[str, bytes], datetime]:
    """When each of these was first set aside, by (feedback_id, digest)."""
    statement = (
        select(QuarantinedFeedback.feedback_id, QuarantinedFeedback.content_hash, QuarantinedFeedback.received_at)
        .where(QuarantinedFeedback.staff_id == staff_id, QuarantinedFeedback.content_hash.in_(digests))
        .order_by(QuarantinedFeedback.id)
    )
    return {(feedback_id, digest): received_at for feedback_id, digest, received_at in session.execute(statement)}


def set_aside_of_me(session: Session, *, principal: Principal, secret: str, cursor: str | None, limit: int) -> Page[SetAside]:
    """What this manager sent and was not taken, newest first."""
    mine = QuarantinedFeedback.staff_id == principal.staff_id
    return _set_aside(session, mine, f"set-aside/mine/{principal.account_id}", secret, cursor, limit)


def set_aside_in_grids(session: Session, *, principal: Principal, secret: str, cursor: str | None, limit: int) -> Page[SetAside]:
    """What the managers of one's grids sent and was not taken, newest first."""
    theirs = QuarantinedFeedback.grid_id.in_(principal.grid_ids)
    return _set_aside(session, theirs, f"set-aside/grids/{principal.account_id}", secret, cursor, limit)


def _set_aside(session: Session, whose: Any, list_name: str, secret: str, cursor: str | None, limit: int) -> Page[SetAside]:
    size = clamp_page_size(limit)
    statement = (
        select(QuarantinedFeedback, Staff.staff_no, Staff.name)
        .join(Staff, Staff.id == QuarantinedFeedback.staff_id)
        .where(whose, QuarantinedFeedback.released_at.is_(None))
        .order_by(QuarantinedFeedback.id.desc())
        .limit(size + 1)
    )
    if cursor is not None:
        statement = statement.where(QuarantinedFeedback.id < read_cursor(secret, list_name, cursor))
    rows: Sequence[Any] = session.execute(statement).all()
    items = [_shown(row, staff_no, name) for row, staff_no, name in rows[:size]]
    return Page(items, write_cursor(secret, list_name, items[-1].id) if len(rows) > size else None)


def _shown(row: QuarantinedFeedback, staff_no: str, name: str) -> SetAside:
    return SetAside(
        id=row.id,
        feedback_id=row.feedback_id,
        staff_no=staff_no,
        staff_name=name,
        code=row.code,
        detail=row.detail,
        waits_for_id=row.waits_for_id,
        received_at=row.received_at,
        content=row.content["item"],
    )


def campaign_channels(session: Session, campaign_ids: Collection[int]) -> dict[int, str]:
    """By id: the channel by which each of these campaigns is to contact."""
    statement = select(Campaign.id, Campaign.channel).where(Campaign.id.in_(campaign_ids))
    return dict(session.execute(statement.order_by(Campaign.id)).all())
