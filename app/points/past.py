"""A month as it was served at a past instant: what was there by then, and nothing that came or changed since."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Invalid
from app.points import past_queries, statement_queries
from app.points.disputes.rules import DEFAULT_TERMS, DisputeTerms
from app.points.open_month import ManagerMonth, MonthFacts, Rejected, preview_of, until_when, with_pending
from app.points.plans.in_force import plans_by_staff
from app.points.service import MOST_PENDING, show_months, show_my_month


def show_months_at(
    session: Session, *, staff_ids: Collection[int], month: Month, as_of: datetime | None, now: datetime
) -> dict[int, ManagerMonth]:
    """The month of these managers as it was served at `as_of` (None: now), by staff id. Raises Invalid for an instant to come.

    A month that was closed by then is its stored statement; an open one is computed from what was there then.
    """
    if as_of is None:
        return show_months(session, staff_ids=staff_ids, month=month, now=now)
    if as_of > now:
        raise Invalid("as_of", "an instant that is past")
    closed_at = statement_queries.find_closed_at(session, month)
    if closed_at is not None and closed_at <= as_of:
        return show_months(session, staff_ids=staff_ids, month=month, now=now)
    facts = MonthFacts(
        plans_by_staff(session, month=month, staff_ids=staff_ids),  # signed before the month began, and unchanged since
        past_queries.work_order_facts(session, month, as_of, staff_ids),
        past_queries.feedback_facts(session, month, as_of, staff_ids),
        past_queries.base_points(session, month, as_of, staff_ids),
        past_queries.posted(session, month, as_of, staff_ids),
    )
    return preview_of(facts, staff_ids=staff_ids, month=month, at=as_of)


def show_my_month_at(
    session: Session,
    *,
    staff_id: int,
    month: Month | None,
    as_of: datetime | None,
    now: datetime,
    terms: DisputeTerms = DEFAULT_TERMS,
) -> ManagerMonth:
    """One manager's month (default: that of the instant) with what is pending and was rejected: now, or as it was served at
    `as_of`. Raises Invalid for an instant to come."""
    if as_of is None:
        return show_my_month(session, staff_id=staff_id, month=month, now=now, terms=terms)
    month = month or Month.of(as_of)
    shown = show_months_at(session, staff_ids=[staff_id], month=month, as_of=as_of, now=now)[staff_id]
    rejected = tuple(Rejected(*row) for row in past_queries.rejected_feedback(session, month, as_of, staff_id=staff_id))
    if shown.closed_at is not None:
        return replace(shown, rejected=rejected, dispute_until=until_when(shown.closed_at, terms))
    waiting = past_queries.maturing_orders(session, month, as_of, staff_id=staff_id, limit=MOST_PENDING)
    reports = past_queries.unjudged_reports(session, month, as_of, staff_id=staff_id)
    return with_pending(shown, rejected, reports, waiting)
