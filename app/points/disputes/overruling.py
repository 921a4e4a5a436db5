"""What an upheld dispute about a verdict is worth: the new verdict stands, and nothing is paid but what follows from it.

While the month is open its figures take the verdict in, and nothing is posted. Of a closed one the difference is posted as that
of any late verdict, linked to the dispute: with its step and its evidence, so that late corrections start from there.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.security import Principal
from app.models.dispute import PointsDispute
from app.models.feedback import Verdict
from app.points import queries, statement_queries
from app.points.disputes import queries as dispute_queries
from app.points.disputes.outcomes import explain_outcome
from app.points.figures import count_accuracy
from app.points.formula import ACCURACY, ZERO, AccuracyFigures, earn_accuracy
from app.points.late.correcting import LatePosting, correct_accuracy
from app.points.late.service import post_late
from app.points.ledger.service import month_for_late
from app.points.plans.in_force import plans_by_staff, take_points_lock
from app.verification.overruling import overrule_contradiction


@dataclass(frozen=True)
class Overruled:
    """The report that is judged otherwise now, by how much that changes the month, and what is to be posted of it."""

    feedback_id: UUID
    points: Decimal
    late: tuple[LatePosting, ...]


def overrule(
    session: Session,
    *,
    dispute: PointsDispute,
    feedback_id: UUID | None,
    verdict: Verdict,
    reason: str,
    principal: Principal,
    now: datetime,
) -> Overruled:
    """Let a report stand judged so, from now on; nothing is posted yet. To be called with the sight of the whole company.

    `feedback_id`: None where the dispute names a work order with one report. Raises Invalid.
    """
    take_points_lock(session)  # so that the month does not close in between
    report = dispute_queries.get_report(session, dispute, feedback_id)
    closed = statement_queries.find_closed_at(session, dispute.month) is not None
    before = ZERO if closed else _worth(session, dispute.staff_id, dispute.month)
    overrule_contradiction(
        session, report=report, verdict=verdict, dispute_id=dispute.id, reason=reason, principal=principal, now=now
    )
    if not closed:
        return Overruled(report.id, _worth(session, dispute.staff_id, dispute.month) - before, ())
    late = tuple(correct_accuracy(session, dispute.month, report=report))
    return Overruled(report.id, sum((one.posting.points for one in late), ZERO), late)


def post_overruled(session: Session, *, dispute: PointsDispute, overruled: Overruled, now: datetime) -> list[int]:
    """Post what a decided dispute changed of a closed month to the open one; the ids of the entries: none of an open month."""
    if not overruled.late:
        return []
    month = month_for_late(session, now=now)
    return post_late(session, [_linked(session, dispute, one, now) for one in overruled.late], month, now)


def _linked(session: Session, dispute: PointsDispute, late: LatePosting, now: datetime) -> LatePosting:
    """The posting as the dispute's, with the step of the verdict that it gave."""
    said = explain_outcome(session, dispute=dispute, points=late.posting.points, now=now)
    figures = dict(late.posting.explanation["figures"]) | said["figures"]
    link: dict[str, Any] = {"cause": f"dispute:{dispute.id}", "dispute_id": dispute.id}
    return replace(late, posting=replace(late.posting, explanation=said | {"figures": figures}, **link))


def _worth(session: Session, staff_id: int, month: Month) -> Decimal:
    """What the accuracy of an open month comes to as it is judged now."""
    plan = plans_by_staff(session, month=month, staff_ids=[staff_id])[staff_id]
    if not plan.pays_for(ACCURACY):
        return ZERO
    facts = queries.feedback_facts(session, month, staff_ids=[staff_id])
    return earn_accuracy(count_accuracy(facts).get(staff_id, AccuracyFigures()), plan).points
