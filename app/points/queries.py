"""Reads behind points: what matured, what was judged, what was fed, and the entries of months."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Numeric, Row, and_, case, cast, func, literal, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import FromClause

from app.core.clock import Month
from app.core.db import whole_company
from app.models.feedback import ContactFeedback, Verdict
from app.models.organisation import Role, Staff
from app.models.points import BasePoints, PointsEntry, PointsMonth
from app.points.credit_queries import credits_of, matured_between, one_of, touched_ids
from app.points.figures import BasePointsFact, FeedbackFact, WorkOrderFact
from app.verification.queries import is_current, standing_verdict


def find_month(session: Session, month: Month) -> PointsMonth | None:
    """A month that has begun to collect entries."""
    return session.scalar(select(PointsMonth).where(PointsMonth.month == month).order_by(PointsMonth.month))


def lock_month(session: Session, month: Month) -> PointsMonth:
    """A month's row, locked: inserts into the month wait for us, and we for those that came first."""
    statement = select(PointsMonth).where(PointsMonth.month == month).order_by(PointsMonth.month).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def find_latest_closed(session: Session) -> Month | None:
    """The latest closed month."""
    return session.scalar(
        select(PointsMonth.month).where(PointsMonth.closed_at.is_not(None)).order_by(PointsMonth.month.desc()).limit(1)
    )


def find_open_before(session: Session, month: Month) -> Month | None:
    """The first month before this one that has entries and is not closed."""
    entries = select(PointsEntry.id).where(PointsEntry.month == PointsMonth.month).exists()
    return session.scalar(
        select(PointsMonth.month)
        .where(PointsMonth.month < month, PointsMonth.closed_at.is_(None), entries)
        .order_by(PointsMonth.month)
        .limit(1)
    )


def work_order_facts(
    session: Session, month: Month, *, now: datetime, staff_ids: Collection[int] | None = None
) -> list[WorkOrderFact]:
    """Parts in work orders that matured in a month by now; `staff_ids` None means everybody's."""
    after, until = month.starts_at, min(month.ends_at, now)
    with whole_company(session):  # a colleague of another grid may have a part
        if staff_ids is None:
            matured = matured_between(after, until)
        else:
            matured = one_of(touched_ids(session, staff_ids, after=after, until=until))
        parts = credits_of(matured).subquery("parts")
        columns = (parts.c.work_order_id, parts.c.staff_id, parts.c.counted, parts.c.order_id, parts.c.order_no)
        statement = select(*columns, parts.c.score, parts.c.share).order_by(parts.c.work_order_id, parts.c.staff_id)
        if staff_ids is not None:
            statement = statement.where(parts.c.staff_id.in_(staff_ids))
        return [WorkOrderFact._make(row) for row in session.execute(statement)]


def judged_weight(standing: FromClause) -> ColumnElement[Decimal]:
    """1 / probability of being judged, of a verdict that counts; else 0."""
    judged = standing.c.verdict.in_([Verdict.CONFIRMED, Verdict.CONTRADICTED])
    return case((judged, func.round(cast(1 / standing.c.judging_probability, Numeric), 8)), else_=literal(0, Numeric))


def feedback_facts(session: Session, month: Month, *, staff_ids: Collection[int] | None = None) -> list[FeedbackFact]:
    """Current feedback received in a month with its standing verdict."""
    standing = standing_verdict()
    statement = (
        select(
            ContactFeedback.id.label("feedback_id"),
            ContactFeedback.work_order_id,
            ContactFeedback.staff_id,
            standing.c.id.label("verification_id"),
            standing.c.verdict,
            judged_weight(standing).label("weight"),
        )
        .outerjoin(standing, true())
        .where(ContactFeedback.month == month, is_current())
        .order_by(ContactFeedback.received_at, ContactFeedback.id)
    )
    if staff_ids is not None:
        statement = statement.where(ContactFeedback.staff_id.in_(staff_ids))
    return [FeedbackFact._make(row) for row in session.execute(statement)]


def base_points(session: Session, month: Month, *, staff_ids: Collection[int] | None = None) -> list[BasePointsFact]:
    """The existing scheme's lines of a month."""
    statement = select(BasePoints.staff_id, BasePoints.component, BasePoints.points).where(BasePoints.period == month)
    if staff_ids is not None:
        statement = statement.where(BasePoints.staff_id.in_(staff_ids))
    ordered = statement.order_by(BasePoints.staff_id, BasePoints.component)
    return [BasePointsFact._make(row) for row in session.execute(ordered)]


def is_paid(month: Month) -> ColumnElement[bool]:
    """Condition on Staff: a terminal manager who was active in a month or whom the existing scheme gave points."""
    fed = select(BasePoints.staff_id).where(BasePoints.staff_id == Staff.id, BasePoints.period == month).exists()
    last_day = month.next.first_day
    active = and_(Staff.active_from < last_day, or_(Staff.active_to.is_(None), Staff.active_to >= month.first_day))
    return and_(Staff.role == Role.TERMINAL_MANAGER, or_(active, fed))


def managers(session: Session, month: Month, also: Collection[int]) -> Sequence[Row[int, str, int]]:
    """Who has points in a month: (staff_id, staff_no, unit_id) of the paid and of those who worked in it (`also`)."""
    statement = select(Staff.id, Staff.staff_no, Staff.unit_id).where(or_(is_paid(month), Staff.id.in_(also)))
    return session.execute(statement.order_by(Staff.staff_no)).all()


def entries_of(session: Session, month: Month) -> Sequence[Row[PointsEntry, str]]:
    """All entries of a month with the staff number."""
    statement = select(PointsEntry, Staff.staff_no).join(Staff, Staff.id == PointsEntry.staff_id)
    return session.execute(statement.where(PointsEntry.month == month).order_by(Staff.staff_no, PointsEntry.id)).all()
