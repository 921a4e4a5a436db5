"""Statements as people see them: closed ones as they were stored, open months as of now; and payroll's acknowledgement."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict
from app.models.points import Component, EntryKind, PayrollAcknowledgement
from app.points import queries, statement_queries
from app.points.disputes.rules import DEFAULT_TERMS, DisputeTerms
from app.points.figures import FeedbackFact, WorkOrderFact
from app.points.open_month import ManagerMonth, MonthFacts, Rejected, preview_of, until_when, with_pending
from app.points.payroll.file_format import points_text
from app.points.plans.in_force import plans_by_staff

MOST_PENDING = 500  # work orders that are listed; all of them are counted


class WrongFile(Conflict):
    """What payroll holds is not this month's file: pull it again."""

    code = "payroll.file_differs"


@dataclass(frozen=True)
class WorkLine:
    """One work order or feedback behind a line. `entry_id` is None while the month is open."""

    component: str
    entry_id: int | None
    work_order_id: int
    customer_no: str | None
    counted: str
    weight: str
    order_no: str | None
    feedback_id: UUID | None
    evidence: dict[str, Any] | None


def preview_month(session: Session, *, staff_ids: Collection[int], month: Month, now: datetime) -> dict[int, ManagerMonth]:
    """What these managers' month would come to if it ended now, by staff id; writes nothing.

    The success index is shown with m = 1: the company's own figure is known at the close.
    """
    facts = facts_of(session, staff_ids=staff_ids, month=month, now=now)
    return preview_of(facts, staff_ids=staff_ids, month=month, at=now)


def facts_of(
    session: Session, *, staff_ids: Collection[int], month: Month, now: datetime, of: Component | None = None
) -> MonthFacts:
    """All that the month of these managers is computed from now; with `of` only what that component's line comes from."""
    return MonthFacts(
        plans_by_staff(session, month=month, staff_ids=staff_ids),
        queries.work_order_facts(session, month, now=now, staff_ids=staff_ids) if of in (None, Component.SUCCESS) else [],
        queries.feedback_facts(session, month, staff_ids=staff_ids) if of in (None, Component.ACCURACY) else [],
        queries.base_points(session, month, staff_ids=staff_ids) if of in (None, Component.EXISTING_SCHEME) else [],
        statement_queries.adjustments_in(session, month, staff_ids),
    )


def show_months(session: Session, *, staff_ids: Collection[int], month: Month, now: datetime) -> dict[int, ManagerMonth]:
    """The month of these managers by staff id: the stored statements where it is closed, else a preview."""
    closed_at = statement_queries.find_closed_at(session, month)
    if closed_at is None:
        return preview_month(session, staff_ids=staff_ids, month=month, now=now)
    return stored_months(session, staff_ids=staff_ids, month=month, closed_at=closed_at)


def stored_months(session: Session, *, staff_ids: Collection[int], month: Month, closed_at: datetime) -> dict[int, ManagerMonth]:
    """A closed month of these managers by staff id, as it was stated."""
    stored = statement_queries.statements(session, month, staff_ids)
    nothing = ManagerMonth(str(month), closed_at, closed_at, points_text(Decimal(0)), [])
    return dict.fromkeys(staff_ids, nothing) | {
        staff_id: ManagerMonth(str(month), closed_at, closed_at, points_text(statement.total), statement.lines)
        for staff_id, statement in stored.items()
    }


def show_my_month(
    session: Session, *, staff_id: int, month: Month | None, now: datetime, terms: DisputeTerms = DEFAULT_TERMS
) -> ManagerMonth:
    """One manager's month (default: this one) with what is still to come, what was rejected, and the last day to dispute it."""
    month = month or Month.of(now)
    shown = show_months(session, staff_ids=[staff_id], month=month, now=now)[staff_id]
    rejected = tuple(Rejected(*row) for row in statement_queries.rejected_feedback(session, month, staff_id=staff_id))
    if shown.closed_at is not None:  # a closed month waits for nothing
        return replace(shown, rejected=rejected, dispute_until=until_when(shown.closed_at, terms))
    waiting = statement_queries.maturing_orders(session, month, staff_id=staff_id, now=now, limit=MOST_PENDING)
    reports = statement_queries.unjudged_reports(session, month, staff_id=staff_id)
    return with_pending(shown, rejected, reports, waiting)


def explain_statement(session: Session, *, staff_id: int, month: Month, now: datetime) -> list[WorkLine]:
    """A manager's month down to single work orders and feedback with their evidence: of a closed month what was paid."""
    closed = statement_queries.find_closed_at(session, month) is not None
    kinds = [kind for kind in EntryKind if closed or kind is not EntryKind.EARNED]
    rows = [(row.component.value, *row[:1], *row[2:]) for row in statement_queries.evidence_of(session, month, staff_id, kinds)]
    if not closed:
        rows = [
            *map(_of_work_order, queries.work_order_facts(session, month, now=now, staff_ids=[staff_id])),
            *map(_of_feedback, queries.feedback_facts(session, month, staff_ids=[staff_id])),
            *rows,
        ]
    return list(_work_lines(session, rows))


def _of_work_order(fact: WorkOrderFact) -> tuple[Any, ...]:
    return Component.SUCCESS.value, None, fact.work_order_id, None, None, fact.order_no, fact.counted, fact.share


def _of_feedback(fact: FeedbackFact) -> tuple[Any, ...]:
    place = Component.ACCURACY.value, None, fact.work_order_id, fact.feedback_id, fact.verification_id
    return *place, None, fact.verdict or "pending", fact.weight


def _work_lines(session: Session, rows: Collection[tuple[Any, ...]]) -> Iterator[WorkLine]:
    customers = statement_queries.customers_of(session, {row[2] for row in rows})
    evidence = statement_queries.verdict_evidence(session, {row[4] for row in rows if row[4] is not None})
    for component, entry_id, work_order_id, feedback_id, verification_id, order_no, counted, weight in rows:
        yield WorkLine(
            component=component,
            entry_id=entry_id,
            work_order_id=work_order_id,
            customer_no=customers.get(work_order_id),
            counted=counted,
            weight=f"{weight:f}",
            order_no=order_no,
            feedback_id=feedback_id,
            evidence=evidence.get(verification_id),
        )


def acknowledge_file(
    session: Session, *, month: Month, sha256: str, row_count: int, account_id: int, now: datetime
) -> PayrollAcknowledgement:
    """Keep payroll's word that it holds exactly this month's file; saying it again is fine.

    Raises MonthNotClosed, WrongFile.
    """
    file = statement_queries.get_payroll_file(session, month)
    if (file.sha256, file.row_count) != (sha256, row_count):
        raise WrongFile(sha256=file.sha256, row_count=file.row_count)
    values = {"month": month, "account_id": account_id, "sha256": sha256, "acknowledged_at": now}
    session.execute(insert(PayrollAcknowledgement).values(values).on_conflict_do_nothing())
    kept = statement_queries.find_acknowledgement(session, month)
    assert kept is not None  # written just now or before
    return kept
