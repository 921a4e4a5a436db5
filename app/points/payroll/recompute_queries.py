"""Reads behind recomputing a closed month: its stored inputs, and nothing that may have changed since."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.payroll import PointsInputs
from app.models.points import EntryKind, PointsEntry, PointsEvidence
from app.points.figures import FeedbackFact, WorkOrderFact
from app.points.formula import ZERO

PAGE = 20_000  # rows held at once


def find_inputs(session: Session, month: Month) -> PointsInputs | None:
    """Who was paid and what was fed; None of months that were closed before it was kept."""
    return session.scalar(select(PointsInputs).where(PointsInputs.month == month).order_by(PointsInputs.month))


def plan_ids(session: Session, month: Month) -> dict[int, int]:
    """By which plan each manager was paid, by staff id."""
    statement = select(PointsEntry.staff_id, PointsEntry.plan_id).where(*_earned(month)).distinct()
    return {row.staff_id: row.plan_id for row in session.execute(statement.order_by(PointsEntry.staff_id))}


def entry_ids(session: Session, month: Month) -> dict[tuple[int, str], int]:
    """The month's earned entries by staff id and component."""
    statement = select(PointsEntry.staff_id, PointsEntry.component, PointsEntry.id).where(*_earned(month))
    rows = session.execute(statement.order_by(PointsEntry.id))
    return {(staff_id, component.value): entry_id for staff_id, component, entry_id in rows}


def lacks_scores(session: Session, month: Month) -> bool:
    """Whether evidence of a work order was kept without its score."""
    of_orders = PointsEvidence.feedback_id.is_(None), PointsEvidence.score.is_(None)
    statement = select(PointsEvidence.id).join(PointsEntry, PointsEntry.id == PointsEvidence.entry_id)
    return session.scalar(statement.where(*_earned(month), *of_orders).order_by(PointsEvidence.id).limit(1)) is not None


def work_orders(session: Session, month: Month) -> Iterator[WorkOrderFact]:
    """The month's parts in work orders as they counted."""
    place = PointsEvidence.work_order_id, PointsEvidence.staff_id
    statement = select(*place, PointsEvidence.counted, PointsEvidence.score, PointsEvidence.weight).join(
        PointsEntry, PointsEntry.id == PointsEvidence.entry_id
    )
    statement = statement.where(*_earned(month), PointsEvidence.feedback_id.is_(None)).execution_options(yield_per=PAGE)
    for work_order_id, staff_id, counted, score, share in session.execute(statement):
        yield WorkOrderFact(work_order_id, staff_id, counted, None, None, score or ZERO, share)


def feedback(session: Session, month: Month) -> Iterator[FeedbackFact]:
    """The month's feedback as it was judged."""
    statement = select(
        PointsEvidence.feedback_id,
        PointsEvidence.work_order_id,
        PointsEvidence.staff_id,
        PointsEvidence.verification_id,
        PointsEvidence.counted,
        PointsEvidence.weight,
    ).join(PointsEntry, PointsEntry.id == PointsEvidence.entry_id)
    statement = statement.where(*_earned(month), PointsEvidence.feedback_id.is_not(None)).execution_options(yield_per=PAGE)
    for row in session.execute(statement):
        yield FeedbackFact._make(row)


def _earned(month: Month) -> tuple[ColumnElement[bool], ...]:
    return PointsEntry.month == month, PointsEntry.kind == EntryKind.EARNED
