"""What an answer to a dispute would come to, before anybody gives it: it is given, looked at, and taken back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.security import Principal
from app.models.dispute import PointsDispute
from app.models.feedback import Verdict
from app.points import statement_queries
from app.points.disputes.deciding import ACCEPTED, Answer, decide_dispute
from app.points.disputes.outcomes import posting_month
from app.points.disputes.rules import DEFAULT_TERMS, DisputeTerms


@dataclass(frozen=True)
class Outcome:
    """By how many `points` the line would change (None: by none), and to which month they would be posted (None: to none, because
    nothing changes or the month is open and its own figures take a verdict in). `waits_for_second`: only once another person
    accepts the same. `verdict`: how the report `feedback_id` would be judged."""

    points: Decimal | None
    posted_to: Month | None
    waits_for_second: bool
    feedback_id: UUID | None
    verdict: Verdict | None


def preview_acceptance(
    session: Session,
    *,
    dispute_id: UUID,
    points: Decimal | None,
    verdict: Verdict | None,
    feedback_id: UUID | None,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
    terms: DisputeTerms = DEFAULT_TERMS,
) -> Outcome:
    """What accepting so would come to; nothing of it stays. Raises what deciding raises."""
    answer = Answer(ACCEPTED, "-", points, verdict, feedback_id)
    with session.begin_nested() as trial:
        found = decide_dispute(
            session, dispute_id=dispute_id, answer=answer, principal=principal, grid_ids=grid_ids, now=now, terms=terms
        )
        outcome = _outcome(session, found, now)
        trial.rollback()
    return outcome


def _outcome(session: Session, found: PointsDispute, now: datetime) -> Outcome:
    changes = found.proposed_points if found.waits_for_second else found.accepted_points
    month = _posted_to(session, found, now) if changes else None
    return Outcome(changes, month, found.waits_for_second, found.feedback_id, found.verdict)


def _posted_to(session: Session, found: PointsDispute, now: datetime) -> Month | None:
    if found.verdict is not None and statement_queries.find_closed_at(session, found.month) is None:
        return None
    return posting_month(session, found.month, now=now)
