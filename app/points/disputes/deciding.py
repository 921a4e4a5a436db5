"""Deciding on disputes: once, never on one's own, by two where pay changes much; an accepted one posts what it is worth.

What an accepted one is worth is said in points, or follows from the verdict that it gives a report.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.db import whole_company
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.numbers import POINT_STEP, round_points
from app.core.security import Principal
from app.models.dispute import DisputeDecision, PointsDispute
from app.models.feedback import Verdict
from app.models.points import Component
from app.points import statement_queries
from app.points.disputes import queries as dispute_queries
from app.points.disputes.outcomes import post_outcome
from app.points.disputes.overruling import overrule, post_overruled
from app.points.disputes.rules import DEFAULT_TERMS, MOST_POINTS, DisputeTerms, Way, needs_second, ways_to_accept

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
    None: by nothing, because what was wrong is mended where it is kept. `verdict`: how the report `feedback_id` is judged
    instead of contradicted, in a dispute about accuracy; its points follow from that."""

    decision: DisputeDecision
    reason: str
    points: Decimal | None = None
    verdict: Verdict | None = None
    feedback_id: UUID | None = None


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

    A verdict stands from then on, and its points are those that the month with it comes to: nobody is paid again for it.
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
    if answer.verdict is not None:
        return _decide_by_verdict(session, found, answer, principal, now, terms)
    _check_points(session, found, answer)
    if not _is_agreed(session, found, answer, principal, terms):
        return _propose(session, found, answer, principal, now)
    _decide(session, found, answer, principal, now)
    if answer.points is not None:
        post_outcome(session, dispute=found, points=answer.points, now=now)
    return found


def _decide_by_verdict(
    session: Session, found: PointsDispute, answer: Answer, principal: Principal, now: datetime, terms: DisputeTerms
) -> PointsDispute:
    """Let the report stand judged so, and post what follows; where that takes two persons, first only see what would follow."""
    assert answer.verdict is not None  # the caller asked
    _check_verdict(session, found)
    said: dict[str, Any] = {"verdict": answer.verdict, "feedback_id": answer.feedback_id, "reason": answer.reason}
    with whole_company(session):  # a report and its line may be of another grid, in which the person worked then
        with session.begin_nested() as trial:
            overruled = overrule(session, dispute=found, **said, principal=principal, now=now)
            answer = replace(answer, feedback_id=overruled.feedback_id, points=overruled.points)
            agreed = _is_agreed(session, found, answer, principal, terms)
            if not agreed:
                trial.rollback()
        if agreed:
            _decide(session, found, answer, principal, now)
            post_overruled(session, dispute=found, overruled=overruled, now=now)
    return found if agreed else _propose(session, found, answer, principal, now)


def _is_agreed(session: Session, found: PointsDispute, answer: Answer, principal: Principal, terms: DisputeTerms) -> bool:
    """Whether nobody else is needed: it is rejected, moves little, or another person proposed the same. Raises
    SecondPersonNeeded for who proposed it."""
    if answer.decision is not ACCEPTED:
        return True
    if answer.points is None or not needs_second(abs(answer.points) + dispute_queries.accepted_before(session, found), terms):
        _forget_proposal(found)  # other points, few enough for one person
        return True
    if (found.proposed_points, found.verdict, found.feedback_id) != (answer.points, answer.verdict, answer.feedback_id):
        return False
    if found.proposed_by_staff_id == principal.staff_id:
        raise SecondPersonNeeded
    return True


def _check(answer: Answer) -> None:
    if not answer.reason.strip():
        raise Invalid("reason", "why")
    if answer.verdict is not None and answer.decision is not ACCEPTED:
        raise Invalid("verdict", "none where a dispute is rejected")
    if answer.verdict is not None and answer.points is not None:
        raise Invalid("points", "none beside a verdict: they follow from it")
    if answer.verdict is None and answer.feedback_id is not None:
        raise Invalid("verdict", "how the report is judged")
    if answer.points is None:
        return
    if answer.decision is not ACCEPTED:
        raise Invalid("points", "none where a dispute is rejected")
    if abs(answer.points) > MOST_POINTS or answer.points != answer.points.quantize(POINT_STEP):
        raise Invalid("points", f"points from -{MOST_POINTS} to {MOST_POINTS}, with at most four places")
    if answer.points == 0:
        raise Invalid("points", "points other than 0, or none")


def ways_of(session: Session, found: PointsDispute) -> tuple[Way, ...]:
    """How this dispute may be accepted as its month stands."""
    closed = statement_queries.find_closed_at(session, found.month) is not None
    return ways_to_accept(found.component.value, of_work_order=found.work_order_id is not None, closed=closed)


def _check_verdict(session: Session, found: PointsDispute) -> None:
    if Way.VERDICT not in ways_of(session, found):
        raise Invalid("verdict", "none: only a line of accuracy comes of verdicts")


def _check_points(session: Session, found: PointsDispute, answer: Answer) -> None:
    if answer.points is None or Way.POINTS in ways_of(session, found):
        return
    if found.component is Component.ACCURACY:
        raise Invalid("points", "none for one work order: say how its report is judged (verdict), and the points follow")
    raise Invalid("points", "none for one work order while its month is open: once mended where it is kept it counts so")


def _propose(session: Session, found: PointsDispute, answer: Answer, principal: Principal, now: datetime) -> PointsDispute:
    found.proposed_points, found.proposed_reason = answer.points, answer.reason
    found.proposed_at, found.proposed_by_staff_id = now, principal.staff_id
    found.verdict, found.feedback_id = answer.verdict, answer.feedback_id
    session.flush()
    return found


def _forget_proposal(found: PointsDispute) -> None:
    found.proposed_points = found.proposed_reason = found.proposed_at = found.proposed_by_staff_id = None


def _decide(session: Session, found: PointsDispute, answer: Answer, principal: Principal, now: datetime) -> None:
    found.decision, found.decision_reason = answer.decision, answer.reason
    found.decided_at, found.decided_by_staff_id = now, principal.staff_id
    found.accepted_points, found.verdict, found.feedback_id = answer.points, answer.verdict, answer.feedback_id
    session.flush()
