"""Deciding on disputes: once, never on one's own, by two where pay changes much; an accepted one posts what it is worth."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.errors import Conflict, Forbidden, Invalid
from app.core.numbers import POINT_STEP, round_points
from app.core.security import Principal
from app.models.dispute import DisputeDecision, PointsDispute
from app.points.disputes import queries as dispute_queries
from app.points.disputes.outcomes import post_outcome
from app.points.disputes.rules import DEFAULT_TERMS, MOST_POINTS, DisputeTerms, needs_second

ACCEPTED = DisputeDecision.ACCEPTED


class DisputeDecided(Conflict):
    """Somebody decided on this dispute before."""

    code = "dispute.decided"


class OwnDispute(Forbidden):
    """Nobody decides on their own dispute."""

    code = "dispute.own"


class SecondPersonNeeded(Forbidden):
    """You accepted this dispute already: its points need another person who agrees."""

    code = "dispute.second_person"


@dataclass(frozen=True)
class Answer:
    """What somebody decides and why. `points`: by how much an accepted dispute changes the line, posted to the open month;
    None: by nothing, because what was wrong is mended where it is kept."""

    decision: DisputeDecision
    reason: str
    points: Decimal | None = None


def decide_dispute(
    session: Session,
    *,
    dispute_id: UUID,
    answer: Answer,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
    terms: DisputeTerms = DEFAULT_TERMS,
) -> PointsDispute:
    """Accept or reject a dispute of these grids. Points above the terms' threshold, with all that were accepted for the same
    person and month before, are only proposed until another person accepts the same points; who accepts others proposes anew.

    Raises Invalid, UnknownDispute, OwnDispute, DisputeDecided, SecondPersonNeeded.
    """
    _check(answer)
    if answer.points is not None:
        answer = replace(answer, points=round_points(answer.points))
    found = dispute_queries.lock_dispute(session, dispute_id, grid_ids=grid_ids)
    if found.staff_id == principal.staff_id:
        raise OwnDispute
    if found.decision is not None:
        raise DisputeDecided
    if (
        answer.decision is ACCEPTED
        and answer.points is not None
        and needs_second(abs(answer.points) + dispute_queries.accepted_before(session, found), terms)
    ):
        if found.proposed_points != answer.points:
            return _propose(session, found, answer, principal, now)
        if found.proposed_by_staff_id == principal.staff_id:
            raise SecondPersonNeeded
    elif answer.decision is ACCEPTED:
        _forget_proposal(found)  # other points, few enough for one person
    return _decide(session, found, answer, principal, now)


def _check(answer: Answer) -> None:
    if not answer.reason.strip():
        raise Invalid("reason", "why")
    if answer.points is None:
        return
    if answer.decision is not ACCEPTED:
        raise Invalid("points", "none where a dispute is rejected")
    if abs(answer.points) > MOST_POINTS or answer.points != answer.points.quantize(POINT_STEP):
        raise Invalid("points", f"points from -{MOST_POINTS} to {MOST_POINTS}, with at most four places")
    if answer.points == 0:
        raise Invalid("points", "points other than 0, or none")


def _propose(session: Session, found: PointsDispute, answer: Answer, principal: Principal, now: datetime) -> PointsDispute:
    found.proposed_points, found.proposed_reason = answer.points, answer.reason
    found.proposed_at, found.proposed_by_staff_id = now, principal.staff_id
    session.flush()
    return found


def _forget_proposal(found: PointsDispute) -> None:
    found.proposed_points = found.proposed_reason = found.proposed_at = found.proposed_by_staff_id = None


def _decide(session: Session, found: PointsDispute, answer: Answer, principal: Principal, now: datetime) -> PointsDispute:
    found.decision, found.decision_reason = answer.decision, answer.reason
    found.decided_at, found.decided_by_staff_id = now, principal.staff_id
    found.accepted_points = answer.points
    session.flush()
    if answer.points is not None:
        post_outcome(session, dispute=found, points=answer.points, now=now)
    return found
