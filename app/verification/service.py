"""Judging feedback by the feeds."""

from collections import Counter
from datetime import date, datetime
from json import dumps, loads
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.feedback.outcomes import OUTCOMES
from app.models.feedback import Channel, VerificationKind
from app.verification import claim_queries, queries
from app.verification.matching import UNVERIFIABLE, Claim, CompleteDays, Judgement, Traces, judge

SALES = frozenset(outcome.code for outcome in OUTCOMES.values() if outcome.sale)
CONVERSATIONS = frozenset(outcome.code for outcome in OUTCOMES.values() if outcome.spoke)
BATCH = 100  # people whose feedback is read at once; bounds the memory
AT_ONCE = 20_000  # reports that are judged one by one at once
_PERSONS = (VerificationKind.BACK_CHECK, VerificationKind.REVIEW, VerificationKind.DISPUTE)

_INSERT_VERDICTS = text(
    """
    INSERT INTO verifications (feedback_id, number, staff_id, grid_id, kind, verdict, rule, evidence, judging_probability,
                               decided_by_account_id, dispute_id, decided_at)
    SELECT v.*, :now FROM json_to_recordset(CAST(:verdicts AS json)) AS v (feedback_id uuid, number int, staff_id int,
        grid_id int, kind text, verdict text, rule text, evidence jsonb, probability float8, account_id int, dispute_id uuid)
    ON CONFLICT (feedback_id, number) DO NOTHING
    """
)


def verify_feedback(session: Session, *, now: datetime, since: datetime | None = None) -> dict[str, int]:
    """Judge the current feedback received since an instant (default: this local month and the one before) by the feeds.

    A verdict is added only where there is none or it changed; the answer of a back-check stands whatever the feeds say later.
    All that a verdict depends on is read at once and judged once for each combination that there is; only the reports of those
    that come out otherwise than they stand are read with their evidence. Returns counts: judged, confirmed, contradicted,
    unverifiable, added.
    """
    since = since or Month.of(now).previous.starts_at
    complete = CompleteDays(queries.complete_days(session, "calls"), queries.complete_days(session, "orders"))
    counts: Counter[str] = Counter(judged=0, confirmed=0, contradicted=0, unverifiable=0, added=0)
    news = []
    for key, claims in claim_queries.take_down_claims(session, since=since, spoken=CONVERSATIONS, sales=SALES):
        judgement, is_news = _judge_key(key, complete)
        counts.update({"judged": claims, judgement.verdict: claims})
        if is_news:
            news.append(key)
    ids = claim_queries.claims_of_keys(session, news) if news else []
    for start in range(0, len(ids), AT_ONCE):
        rows = queries.claims(session, feedback_ids=ids[start : start + AT_ONCE], sale_outcomes=SALES)
        judged = [(row, judge(_claim(row), _traces(row), complete)) for row in rows]
        new = [verdict for row, judgement in judged if (verdict := _new_verdict(row, judgement)) is not None]
        _insert(session, new, now)
        counts.update(added=len(new))
    return dict(counts)


def _judge_key(key: str, complete: CompleteDays) -> tuple[Judgement, bool]:
    """The judgement of all reports with this key (claim_queries.take_down_claims), and whether it is news."""
    by_call, spoke, sale, doubtful, call_from, call_to, sale_from, sale_to, *found = loads(key)
    seconds, sold, by_person, verdict, rule, certain = found
    calls, sales = _days(call_from, call_to), _days(sale_from or call_from, sale_to or call_to)
    claim = Claim(by_call, spoke, sale, doubtful, calls, sales)
    traces = Traces(None if seconds is None else "some call", seconds, "some order" if sold else None)
    judgement = judge(claim, traces, complete)
    return judgement, _is_news(judgement, _Standing(bool(by_person), verdict, rule, bool(certain)))


def _days(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(first), date.fromisoformat(last)


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


class _Standing(NamedTuple):
    """The verdict that stands, None where there is none; `certain`: it would have been judged without a draw."""

    by_person: bool
    verdict: str | None
    rule: str | None
    certain: bool


def _is_news(judgement: Judgement, stands: _Standing) -> bool:
    """Whether a judgement adds a verdict. The word of a person stands, for certain once the feeds can judge what was drawn."""
    if stands.by_person:
        return not stands.certain and judgement.verdict != UNVERIFIABLE
    return (stands.verdict, stands.rule) != (judgement.verdict, judgement.rule)


def _new_verdict(row: Row[*tuple[Any, ...]], judgement: Judgement) -> dict[str, Any] | None:
    """A verdict to add, as _INSERT_VERDICTS takes it, or None where the standing one says as much."""
    stands = _Standing(row.kind in _PERSONS, row.verdict, row.rule, row.probability == 1)
    if not _is_news(judgement, stands):
        return None
    verdict = {"feedback_id": str(row.id), "number": (row.number or 0) + 1, "staff_id": row.staff_id, "grid_id": row.grid_id}
    verdict["probability"] = 1
    if not stands.by_person:
        found = {"kind": "automatic", "verdict": judgement.verdict, "rule": judgement.rule, "evidence": judgement.evidence}
        return verdict | found
    # The feeds can judge it by now, so that it would have been judged without the draw: the same answer, for certain.
    evidence = row.evidence | {"automatic": {"verdict": judgement.verdict, **judgement.evidence}}
    answer = {"kind": row.kind, "verdict": row.verdict, "rule": row.rule, "account_id": row.account_id}
    dispute_id = None if row.dispute_id is None else str(row.dispute_id)
    return verdict | answer | {"evidence": evidence, "dispute_id": dispute_id}


def _insert(session: Session, verdicts: list[dict[str, Any]], now: datetime) -> None:
    if verdicts:
        session.execute(_INSERT_VERDICTS, {"now": now, "verdicts": dumps(verdicts)})
