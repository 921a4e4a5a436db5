"""Judging feedback by the feeds, drawing back-checks, and taking their answers."""

from collections import Counter
from datetime import datetime
from json import dumps
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.feedback.outcomes import OUTCOMES
from app.models.feedback import BackCheck, Channel, Verdict, Verification, VerificationKind
from app.verification import queries
from app.verification.matching import UNVERIFIABLE, Claim, CompleteDays, Judgement, Traces, judge
from app.verification.sampling import DEFAULT_SHARE, draw, judging_probability

_SALES = frozenset(outcome.code for outcome in OUTCOMES.values() if outcome.sale)
_CONVERSATIONS = frozenset(outcome.code for outcome in OUTCOMES.values() if outcome.spoke)
BATCH = 100  # people whose feedback is judged at once; bounds the memory

_INSERT_VERDICTS = text(
    """
    INSERT INTO verifications (feedback_id, number, staff_id, grid_id, kind, verdict, rule, evidence, judging_probability,
                               decided_by_account_id, decided_at)
    SELECT v.*, :now FROM json_to_recordset(CAST(:verdicts AS json)) AS v (feedback_id uuid, number int, staff_id int,
        grid_id int, kind text, verdict text, rule text, evidence jsonb, probability float8, account_id int)
    ON CONFLICT (feedback_id, number) DO NOTHING
    """
)
_INSERT_DRAWN = text(
    """
    INSERT INTO back_checks (feedback_id, staff_id, grid_id, month, inclusion_probability, drawn_at)
    SELECT f.id, f.staff_id, f.grid_id, f.month, :share, :now FROM contact_feedback f WHERE f.id = ANY (CAST(:ids AS uuid[]))
    ON CONFLICT (feedback_id) DO NOTHING
    """
)


class BackCheckAnswered(Conflict):
    """This back-check is answered already."""

    code = "back_check.answered"


class OwnFeedback(Forbidden):
    """Nobody checks their own feedback."""

    code = "back_check.own"


def verify_feedback(session: Session, *, now: datetime, since: datetime | None = None) -> dict[str, int]:
    """Judge the current feedback received since an instant (default: this local month and the one before) by the feeds.

    A verdict is added only where there is none or it changed; the answer of a back-check stands whatever the feeds say later.
    Returns counts: judged, confirmed, contradicted, unverifiable, added.
    """
    since = since or Month.of(now).previous.starts_at
    complete = CompleteDays(queries.complete_days(session, "calls"), queries.complete_days(session, "orders"))
    counts: Counter[str] = Counter(judged=0, confirmed=0, contradicted=0, unverifiable=0, added=0)
    people = queries.reporting_staff(session, since)
    for start in range(0, len(people), BATCH):
        rows = queries.claims(session, staff_ids=people[start : start + BATCH], since=since, sale_outcomes=_SALES)
        judged = [(row, judge(_claim(row), _traces(row), complete)) for row in rows]
        counts.update(judgement.verdict for _, judgement in judged)
        new = [verdict for row, judgement in judged if (verdict := _new_verdict(row, judgement)) is not None]
        _insert(session, new, now)
        counts.update(judged=len(rows), added=len(new))
    return dict(counts)


def _claim(row: Row[*tuple[Any, ...]]) -> Claim:
    by_call = row.channel == Channel.CALL
    return Claim(
        by_call=by_call,
        spoke=by_call and row.outcome in _CONVERSATIONS,
        sale=row.outcome in _SALES,
        clock_doubtful=row.clock_doubtful,
        call_days=(row.call_from, row.call_to),
        sale_days=(row.sale_from, row.sale_to),
    )


def _traces(row: Row[*tuple[Any, ...]]) -> Traces:
    return Traces(call_id=row.call_id, call_seconds=row.call_seconds, order_no=row.order_no)


def _new_verdict(row: Row[*tuple[Any, ...]], judgement: Judgement) -> dict[str, Any] | None:
    """A verdict to add, as _INSERT_VERDICTS takes it, or None where the standing one says as much."""
    verdict = {"feedback_id": str(row.id), "number": (row.number or 0) + 1, "staff_id": row.staff_id, "grid_id": row.grid_id}
    verdict["probability"] = 1
    if row.kind != VerificationKind.BACK_CHECK:
        if (row.verdict, row.rule) == (judgement.verdict, judgement.rule):
            return None
        found = {"kind": "automatic", "verdict": judgement.verdict, "rule": judgement.rule, "evidence": judgement.evidence}
        return verdict | found
    if row.probability == 1 or judgement.verdict == UNVERIFIABLE:
        return None
    # The feeds can judge it by now, so that it would have been judged without the draw: the same answer, for certain.
    evidence = row.evidence | {"automatic": {"verdict": judgement.verdict, **judgement.evidence}}
    answer = {"kind": "back_check", "verdict": row.verdict, "rule": row.rule, "account_id": row.account_id}
    return verdict | answer | {"evidence": evidence}


def _insert(session: Session, verdicts: list[dict[str, Any]], now: datetime) -> None:
    if verdicts:
        session.execute(_INSERT_VERDICTS, {"now": now, "verdicts": dumps(verdicts)})


def draw_back_checks(
    session: Session, *, month: Month, secret: str, now: datetime, share: float = DEFAULT_SHARE
) -> dict[str, int]:
    """Draw a month's back-checks among its current feedback, each with the probability `share`.

    Whatever was drawn stays drawn; drawing again adds only feedback that came since. Raises Invalid for a wrong share.
    """
    if not 0 < share <= 1:
        raise Invalid("share", "a number above 0, at most 1")
    candidates = queries.feedback_without_back_check(session, month)
    drawn = draw(secret, str(month), candidates, share)
    session.execute(_INSERT_DRAWN, {"ids": drawn, "share": share, "now": now})
    return {"looked_at": len(candidates), "drawn": len(drawn)}


def answer_back_check(
    session: Session, *, feedback_id: UUID, verdict: Verdict, note: str | None, principal: Principal, now: datetime
) -> BackCheck:
    """Record what the customer said, once; it becomes the standing verdict unless it says nothing (unverifiable).

    Raises UnknownBackCheck outside the principal's grids, OwnFeedback, BackCheckAnswered.
    """
    back_check = queries.lock_back_check(session, feedback_id, principal.grid_ids)
    if principal.staff_id == back_check.staff_id:
        raise OwnFeedback
    if back_check.answered_at is not None:
        raise BackCheckAnswered
    if verdict != Verdict.UNVERIFIABLE:  # a customer who was not reached leaves what is known as it is
        session.add(_back_check_verdict(back_check, queries.find_standing(session, feedback_id), verdict, principal, now))
    back_check.answered_at, back_check.answered_by_account_id = now, principal.account_id
    back_check.verdict, back_check.note = verdict, note
    session.flush()  # a second answer at the same moment fails here, not at the commit
    return back_check


def _back_check_verdict(
    back_check: BackCheck, standing: Verification | None, verdict: Verdict, principal: Principal, now: datetime
) -> Verification:
    judged_automatically = standing is not None and standing.verdict != Verdict.UNVERIFIABLE
    return Verification(
        feedback_id=back_check.feedback_id,
        number=standing.number + 1 if standing else 1,
        staff_id=back_check.staff_id,
        grid_id=back_check.grid_id,
        kind=VerificationKind.BACK_CHECK,
        verdict=verdict,
        rule="back_check",
        evidence={"back_check": {"asked_at": now.isoformat()}},
        judging_probability=judging_probability(back_check.inclusion_probability, judged_automatically=judged_automatically),
        decided_at=now,
        decided_by_account_id=principal.account_id,
    )
