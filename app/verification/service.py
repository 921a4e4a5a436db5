"""Judging feedback by the feeds."""

from collections import Counter
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.feedback.outcomes import OUTCOMES
from app.models.feedback import Channel, VerificationKind
from app.verification import queries
from app.verification.matching import UNVERIFIABLE, Claim, CompleteDays, Judgement, Traces, judge

SALES = frozenset(outcome.code for outcome in OUTCOMES.values() if outcome.sale)
CONVERSATIONS = frozenset(outcome.code for outcome in OUTCOMES.values() if outcome.spoke)
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
        rows = queries.claims(session, staff_ids=people[start : start + BATCH], since=since, sale_outcomes=SALES)
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
        spoke=by_call and row.outcome in CONVERSATIONS,
        sale=row.outcome in SALES,
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
    if row.kind not in (VerificationKind.BACK_CHECK, VerificationKind.REVIEW):  # the word of a person stands
        if (row.verdict, row.rule) == (judgement.verdict, judgement.rule):
            return None
        found = {"kind": "automatic", "verdict": judgement.verdict, "rule": judgement.rule, "evidence": judgement.evidence}
        return verdict | found
    if row.probability == 1 or judgement.verdict == UNVERIFIABLE:
        return None
    # The feeds can judge it by now, so that it would have been judged without the draw: the same answer, for certain.
    evidence = row.evidence | {"automatic": {"verdict": judgement.verdict, **judgement.evidence}}
    answer = {"kind": row.kind, "verdict": row.verdict, "rule": row.rule, "account_id": row.account_id}
    return verdict | answer | {"evidence": evidence}


def _insert(session: Session, verdicts: list[dict[str, Any]], now: datetime) -> None:
    if verdicts:
        session.execute(_INSERT_VERDICTS, {"now": now, "verdicts": dumps(verdicts)})
