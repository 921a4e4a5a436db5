"""Overruling a contradiction: what people found when a report was disputed becomes the verdict that stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.security import Principal
from app.models.feedback import ContactFeedback, Verdict, Verification, VerificationKind
from app.verification.queries import find_standing


def overrule_contradiction(
    session: Session,
    *,
    report: ContactFeedback,
    verdict: Verdict,
    dispute_id: UUID,
    reason: str,
    principal: Principal,
    now: datetime,
) -> Verification:
    """Add the verdict of an upheld dispute, linked to it. Who may decide, and how many must, is the caller's to see to.

    Only a contradiction is overruled: nobody disputes what counts neither way unless it is true, so that to confirm it would
    make the accuracy of those who dispute better than they are. Raises Invalid.
    """
    standing = find_standing(session, report.id)
    if standing is None or standing.verdict != Verdict.CONTRADICTED:
        raise Invalid("feedback_id", "a report whose standing verdict is contradicted")
    if verdict == Verdict.CONTRADICTED:
        raise Invalid("verdict", "confirmed or unverifiable: contradicted is what stands")
    overruled = {"verification_id": standing.id, "kind": standing.kind.value, "rule": standing.rule}
    made = Verification(
        feedback_id=report.id,
        number=standing.number + 1,
        staff_id=report.staff_id,
        grid_id=report.grid_id,
        kind=VerificationKind.DISPUTE,
        verdict=verdict,
        rule="dispute",
        evidence={"dispute": {"dispute_id": str(dispute_id), "reason": reason, "overruled": overruled}},
        judging_probability=standing.judging_probability,  # what only a draw brought to light goes on weighing by the draw
        decided_at=now,
        decided_by_account_id=principal.account_id,
        dispute_id=dispute_id,
    )
    session.add(made)
    session.flush()  # another verdict at the same moment fails here, not at the commit
    return made
