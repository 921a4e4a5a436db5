"""What an accepted dispute posts: one entry of the open month, linked to the dispute and to the line that it corrects."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.models.dispute import PointsDispute
from app.models.points import EntryKind
from app.points import queries
from app.points.disputes import queries as dispute_queries
from app.points.ledger.posting import Posting
from app.points.ledger.service import month_for_late, post_entries
from app.points.plans.in_force import open_month, plans_of, take_points_lock
from app.points.words import explain_accepted


def post_outcome(session: Session, *, dispute: PointsDispute, points: Decimal, now: datetime) -> int:
    """Post these points; the entry's id. Of a month that is still open they go to that month, else to the open one."""
    take_points_lock(session)  # so that the month does not close in between
    corrected = dispute_queries.find_corrected(session, dispute)
    month = posting_month(session, dispute.month, now=now)
    open_month(session, month=month, now=now)
    plan_id = corrected.plan_id if corrected else plans_of(session, month=dispute.month, now=now).of(dispute.grid_id)[0]
    explanation = explain_outcome(session, dispute=dispute, points=points, now=now)
    place = dispute.staff_id, dispute.grid_id, dispute.component.value
    link = corrected.id if corrected else None, f"dispute:{dispute.id}", dispute.id
    posting = Posting(*place, EntryKind.ADJUSTMENT.value, points, plan_id, explanation, *link)
    return post_entries(session, [posting], month=month, now=now)[0]


def explain_outcome(session: Session, *, dispute: PointsDispute, points: Decimal, now: datetime) -> dict[str, Any]:
    """The line that an accepted dispute posts, in words and figures."""
    return explain_accepted(
        month=str(dispute.month),
        raised_on=str(clock.local_date(dispute.raised_at)),
        decided_on=str(clock.local_date(now)),
        decided_by=dispute_queries.get_decider_name(session, dispute),
        reason=dispute.decision_reason or "",
        points=points,
        dispute_id=str(dispute.id),
    )


def posting_month(session: Session, month: Month, *, now: datetime) -> Month:
    """Where it is posted what changes this month: there while it is open, else to the first open one that is not over yet."""
    latest = queries.find_latest_closed(session)
    if latest is None or month > latest:
        return month
    return month_for_late(session, now=now)
