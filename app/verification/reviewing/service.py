"""Deciding cases: one person with a reason, and where pay falls a second, different one, before there is a verdict."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.models.evidence import CaseDecision, ReviewCase
from app.models.feedback import Verdict, Verification, VerificationKind
from app.models.review import ReviewAct, ReviewEvent
from app.verification.queries import find_standing
from app.verification.reviewing import queries
from app.verification.reviewing.switching import count_decisions

LEAST_REASON = 5  # characters


class CaseDecided(Conflict):
    """Somebody decided on this case before."""

    code = "review.decided"


class NothingToSecond(Conflict):
    """Only an upheld case that waits for its second person is seconded, or sent back."""

    code = "review.nothing_to_second"


class OwnCase(Forbidden):
    """Nobody decides on themselves."""

    code = "review.own"


class SamePerson(Forbidden):
    """Whoever upheld it cannot be the second person too."""

    code = "review.same_person"


def decide_case(
    session: Session,
    *,
    case_id: int,
    decision: CaseDecision,
    reason: str,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
) -> ReviewCase:
    """Uphold or dismiss a case of these grids, once. A dismissed one is done with; an upheld one waits for a second person.

    Raises UnknownCase, OwnCase, CaseDecided, Invalid.
    """
    case = _case_of_others(session, case_id, principal, grid_ids)
    if case.decision is not None:
        raise CaseDecided
    case.decision, case.decision_reason = decision, _checked(reason)
    case.decided_at, case.decided_by_account_id = now, principal.account_id
    _keep(session, case, ReviewAct(decision.value), reason, principal, now)
    if decision == CaseDecision.DISMISSED:
        count_decisions(session, reasons=case.reasons, now=now)
    return case


def second_case(
    session: Session,
    *,
    case_id: int,
    agrees: bool,
    reason: str,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
) -> ReviewCase:
    """Agree to an upheld case, as another person than who upheld it: only now its report is contradicted. Or send it back: it
    is open again.

    Raises UnknownCase, OwnCase, NothingToSecond, SamePerson, Invalid.
    """
    case = _case_of_others(session, case_id, principal, grid_ids)
    if case.decision != CaseDecision.UPHELD or case.seconded_at is not None:
        raise NothingToSecond
    proposer = queries.find_staff_of(session, case.decided_by_account_id)
    if case.decided_by_account_id == principal.account_id or (proposer is not None and proposer == principal.staff_id):
        raise SamePerson
    _checked(reason)
    if not agrees:
        case.decision = case.decision_reason = case.decided_at = case.decided_by_account_id = None
        _keep(session, case, ReviewAct.SENT_BACK, reason, principal, now)
        return case
    case.seconded_at, case.seconded_by_account_id = now, principal.account_id
    _keep(session, case, ReviewAct.SECONDED, reason, principal, now)
    _contradict(session, case, principal, now)
    count_decisions(session, reasons=case.reasons, now=now)
    return case


def _case_of_others(session: Session, case_id: int, principal: Principal, grid_ids: Collection[int]) -> ReviewCase:
    case = queries.lock_case(session, case_id, grid_ids=grid_ids)
    if case.staff_id == principal.staff_id:
        raise OwnCase
    return case


def _checked(reason: str) -> str:
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason", f"why, in at least {LEAST_REASON} characters")
    return reason


def _keep(session: Session, case: ReviewCase, act: ReviewAct, reason: str, principal: Principal, now: datetime) -> None:
    values: dict[str, Any] = {"case_id": case.id, "grid_id": case.grid_id, "act": act, "reason": reason}
    session.add(ReviewEvent(**values, account_id=principal.account_id, happened_at=now))
    session.flush()  # a second decision at the same moment fails here, not at the commit


def _contradict(session: Session, case: ReviewCase, principal: Principal, now: datetime) -> None:
    """The verdict of two persons; a case about a manager's month names no report, and so contradicts none by itself."""
    if case.feedback_id is None:
        return
    standing = find_standing(session, case.feedback_id)
    rules = sorted({reason["rule"] for reason in case.reasons})
    evidence = {"case_id": case.id, "rules": rules, "reason": case.decision_reason}
    session.add(
        Verification(
            feedback_id=case.feedback_id,
            number=standing.number + 1 if standing else 1,
            staff_id=case.staff_id,
            grid_id=case.grid_id,
            kind=VerificationKind.REVIEW,
            verdict=Verdict.CONTRADICTED,
            rule="review",
            evidence={"review": evidence | {"decided_by": case.decided_by_account_id, "seconded_by": principal.account_id}},
            # what only a draw brought to light goes on weighing by the draw
            judging_probability=standing.judging_probability if standing else 1.0,
            decided_at=now,
            decided_by_account_id=principal.account_id,
        )
    )
    session.flush()
