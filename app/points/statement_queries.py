"""Reads behind statements, closed and provisional."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select, true
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import seeing_ones_grids
from app.core.errors import Conflict, NotFound
from app.models.customer import Customer, Order
from app.models.feedback import ContactFeedback, QuarantinedFeedback, Verdict, Verification
from app.models.organisation import Staff, Unit
from app.models.points import (
    EntryKind,
    MonthlyStatement,
    PayrollAcknowledgement,
    PayrollFile,
    PointsEntry,
    PointsEvidence,
    PointsMonth,
)
from app.models.work_order import WorkOrder
from app.points.credit_queries import one_of, touched_ids, waits_for
from app.points.queries import is_paid
from app.verification.queries import is_current, standing_verdict

AnyRow = Row[*tuple[Any, ...]]


class MonthNotClosed(Conflict):
    """The month is not closed."""

    code = "month.not_closed"


class UnknownManager(NotFound):
    """There is no such manager here."""

    code = "manager.unknown"


def find_person(session: Session, staff_no: str) -> Staff | None:
    """The person with this number, wherever."""
    return session.scalar(select(Staff).where(Staff.staff_no == staff_no).order_by(Staff.id))


def managers_of_grids(
    session: Session, month: Month, *, grid_ids: Collection[int], after: str, limit: int
) -> Sequence[Row[int, str, str, str]]:
    """(staff_id, staff_no, name, grid code) of the managers of these grids in a month, by number, after a number."""
    statement = select(Staff.id, Staff.staff_no, Staff.name, Unit.code).join(Unit, Unit.id == Staff.unit_id)
    mine = statement.where(is_paid(month), Staff.unit_id.in_(grid_ids), Staff.staff_no > after)
    return session.execute(mine.order_by(Staff.staff_no).limit(limit)).all()


def find_closed_at(session: Session, month: Month) -> datetime | None:
    """When a month was closed."""
    return session.scalar(select(PointsMonth.closed_at).where(PointsMonth.month == month).order_by(PointsMonth.month))


def statements(session: Session, month: Month, staff_ids: Collection[int]) -> dict[int, MonthlyStatement]:
    """The closed month's statements of these people, by staff id."""
    statement = select(MonthlyStatement).where(MonthlyStatement.month == month, MonthlyStatement.staff_id.in_(staff_ids))
    return {found.staff_id: found for found in session.scalars(statement.order_by(MonthlyStatement.staff_id))}


def adjustments_in(session: Session, month: Month, staff_ids: Collection[int]) -> Sequence[PointsEntry]:
    """What was posted in a month for these people besides what it earns: adjustments, reversals, corrections."""
    statement = select(PointsEntry).where(
        PointsEntry.month == month, PointsEntry.staff_id.in_(staff_ids), PointsEntry.kind != EntryKind.EARNED
    )
    return session.scalars(statement.order_by(PointsEntry.id)).all()


def evidence_of(session: Session, month: Month, staff_id: int, kinds: Collection[EntryKind]) -> Sequence[AnyRow]:
    """What a manager's entries of a month were made from.

    Columns: entry_id, component, work_order_id, feedback_id, verification_id, order_no, counted, weight.
    """
    statement = (
        select(
            PointsEvidence.entry_id,
            PointsEntry.component,
            PointsEvidence.work_order_id,
            PointsEvidence.feedback_id,
            PointsEvidence.verification_id,
            Order.order_no,
            PointsEvidence.counted,
            PointsEvidence.weight,
        )
        .join(PointsEntry, PointsEntry.id == PointsEvidence.entry_id)
        .outerjoin(Order, Order.id == PointsEvidence.order_id)
        .where(PointsEntry.month == month, PointsEntry.staff_id == staff_id, PointsEntry.kind.in_(kinds))
    )
    return session.execute(statement.order_by(PointsEvidence.entry_id, PointsEvidence.id)).all()


def customers_of(session: Session, work_order_ids: Collection[int]) -> dict[int, str]:
    """Customer number by work order."""
    statement = select(WorkOrder.id, Customer.customer_no).join(Customer, Customer.id == WorkOrder.customer_id)
    rows = session.execute(statement.where(WorkOrder.id.in_(work_order_ids)).order_by(WorkOrder.id))
    return dict(rows.all())


def verdict_evidence(session: Session, verification_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Evidence of verdicts by verification."""
    statement = select(Verification.id, Verification.evidence).where(Verification.id.in_(verification_ids))
    return dict(session.execute(statement.order_by(Verification.id)).all())


def unjudged_reports(session: Session, month: Month, *, staff_id: int) -> Sequence[AnyRow]:
    """A manager's current reports of a month without a verdict that counts, oldest first.

    Columns: feedback_id, work_order_id, received_at, verdict, evidence. One that was confirmed or contradicted is left out.
    """
    standing = standing_verdict()
    statement = (
        select(
            ContactFeedback.id,
            ContactFeedback.work_order_id,
            ContactFeedback.received_at,
            standing.c.verdict,
            standing.c.evidence,
        )
        .outerjoin(standing, true())
        .where(ContactFeedback.staff_id == staff_id, ContactFeedback.month == month, is_current())
        .where(or_(standing.c.verdict.is_(None), standing.c.verdict == Verdict.UNVERIFIABLE))
    )
    return session.execute(statement.order_by(ContactFeedback.received_at, ContactFeedback.id)).all()


def maturing_orders(session: Session, month: Month, *, staff_id: int, now: datetime, limit: int) -> Sequence[AnyRow]:
    """A manager's work orders that mature later in this month, the first to do so first: (id, dispatched_at, matures_at,
    all_of_them: how many there are)."""
    with seeing_ones_grids(session):
        later = touched_ids(session, [staff_id], after=max(month.starts_at, now), until=month.ends_at)
        statement = (
            select(WorkOrder.id, WorkOrder.dispatched_at, WorkOrder.matures_at, func.count().over().label("all_of_them"))
            .where(one_of(later), waits_for(staff_id))
            .order_by(WorkOrder.matures_at, WorkOrder.id)
            .limit(limit)
        )
        return session.execute(statement).all() if later else []


def rejected_feedback(session: Session, month: Month, *, staff_id: int) -> Sequence[AnyRow]:
    """A manager's feedback of a month that could not be taken and why: (feedback_id, code, detail, received_at)."""
    kept = QuarantinedFeedback
    statement = select(kept.feedback_id, kept.code, kept.detail, kept.received_at).where(
        kept.staff_id == staff_id, kept.released_at.is_(None)
    )
    statement = statement.where(kept.received_at >= month.starts_at, kept.received_at < month.ends_at)
    return session.execute(statement.order_by(kept.received_at, kept.id)).all()


def get_payroll_file(session: Session, month: Month) -> PayrollFile:
    """What payroll pulls of a closed month, without its bytes; raises MonthNotClosed, also for a month that never was."""
    closed = select(PayrollFile).join(PointsMonth, PointsMonth.month == PayrollFile.month)
    found = session.scalar(
        closed.where(PayrollFile.month == month, PointsMonth.closed_at.is_not(None)).order_by(PayrollFile.month)
    )
    if found is None:
        raise MonthNotClosed(f"The month {month} is not closed: only closed months can be pulled.")
    return found


def find_acknowledgement(session: Session, month: Month) -> PayrollAcknowledgement | None:
    """Payroll's word that it holds a month."""
    return session.scalar(
        select(PayrollAcknowledgement).where(PayrollAcknowledgement.month == month).order_by(PayrollAcknowledgement.month)
    )
