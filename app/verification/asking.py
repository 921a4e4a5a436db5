"""Taking what customers say in back-checks: from outside the manager's line, once, held against the report."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.db import whole_company
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.disclosure.relays import Dial, Relay
from app.disclosure.service import call_about
from app.models.feedback import BackCheck, Verdict, Verification, VerificationKind
from app.verification import asking_queries as queries
from app.verification.form import Comparison, Value, compare, find_fault, verdict_of
from app.verification.queries import find_standing
from app.verification.sampling import judging_probability

PURPOSE = "back-check"


class BackCheckAnswered(Conflict):
    """This back-check is answered already."""

    code = "back_check.answered"


class OwnFeedback(Forbidden):
    """Nobody checks their own feedback."""

    code = "back_check.own"


class InTheLine(Forbidden):
    """Who leads the manager does not ask the customer: somebody of another grid does."""

    code = "back_check.in_line"


def answer_back_check(
    session: Session,
    *,
    feedback_id: UUID,
    reached: bool,
    answers: Mapping[str, Value],
    note: str | None,
    principal: Principal,
    now: datetime,
) -> BackCheck:
    """Keep what the customer said, once; what differs from the report, or agrees, becomes the standing verdict.

    Raises UnknownBackCheck where the principal's grids do not ask, OwnFeedback, InTheLine, BackCheckAnswered, Invalid.
    """
    back_check = _mine_to_ask(session, feedback_id, principal)
    _check_answers(reached, answers)
    with whole_company(session):  # of another grid; whoever asks is told afterwards
        compared = compare(queries.get_reported(session, feedback_id), answers)
        verdict = Verdict(verdict_of(compared))
        if verdict != Verdict.UNVERIFIABLE:  # a customer who was not reached leaves what is known as it is
            standing = find_standing(session, feedback_id)
            session.add(_verdict(back_check, standing, verdict, compared, principal, now))
    back_check.answered_at, back_check.answered_by_account_id = now, principal.account_id
    back_check.verdict, back_check.note = verdict, note
    back_check.answers, back_check.compared = dict(answers), [asdict(one) for one in compared]
    session.flush()  # a second answer at the same moment fails here, not at the commit
    return back_check


def call_for_back_check(
    session: Session, *, feedback_id: UUID, principal: Principal, relay: Relay, quota: int, now: datetime
) -> Dial:
    """What to dial for a back-check that is mine to ask; kept, and counted as a reveal where it is the customer's number.

    Raises as answer_back_check, and UnknownCustomer, NoPhone, Refuses, QuotaReached, RelayAway.
    """
    back_check = _mine_to_ask(session, feedback_id, principal)
    with whole_company(session):
        customer_no, work_order_id = queries.whom_to_ask(session, back_check.feedback_id)
    return call_about(
        session,
        principal=principal,
        customer_no=customer_no,
        work_order_id=work_order_id,
        purpose=PURPOSE,
        relay=relay,
        quota=quota,
        now=now,
    )


def _mine_to_ask(session: Session, feedback_id: UUID, principal: Principal) -> BackCheck:
    back_check = queries.lock_back_check(session, feedback_id, principal)
    if principal.staff_id == back_check.staff_id:
        raise OwnFeedback
    if principal.scope != "all" and back_check.grid_id in principal.grid_ids:
        raise InTheLine
    if back_check.answered_at is not None:
        raise BackCheckAnswered
    return back_check


def _check_answers(reached: bool, answers: Mapping[str, Value]) -> None:
    if reached != bool(answers):
        raise Invalid("answers", "what the customer said" if reached else "none where the customer was not reached")
    for code, value in answers.items():
        expected = find_fault(code, value)
        if expected is not None:
            raise Invalid(f"answers.{code[:40]}", expected)


def _verdict(
    back_check: BackCheck,
    standing: Verification | None,
    verdict: Verdict,
    compared: list[Comparison],
    principal: Principal,
    now: datetime,
) -> Verification:
    judged_automatically = standing is not None and standing.verdict != Verdict.UNVERIFIABLE
    evidence: dict[str, Any] = {"asked_at": now.isoformat(), "compared": [asdict(one) for one in compared]}
    return Verification(
        feedback_id=back_check.feedback_id,
        number=standing.number + 1 if standing else 1,
        staff_id=back_check.staff_id,
        grid_id=back_check.grid_id,
        kind=VerificationKind.BACK_CHECK,
        verdict=verdict,
        rule="back_check",
        evidence={"back_check": evidence},
        judging_probability=judging_probability(back_check.inclusion_probability, judged_automatically=judged_automatically),
        decided_at=now,
        decided_by_account_id=principal.account_id,
    )
