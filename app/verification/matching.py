"""What the feeds say about a claim: confirmed, contradicted or unverifiable, with the evidence named (pure).

A claim is contradicted only by a feed that is known to be complete for every day in question; a confirmation needs one row.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

CALL_TOLERANCE = timedelta(minutes=30)  # between the reported start of a contact and the call in the feed, either way
SALE_GRACE = timedelta(days=3)  # from the contact in which the customer bought until billing has the order
SHORTEST_CONVERSATION_SECONDS = 1

CONFIRMED, CONTRADICTED, UNVERIFIABLE = "confirmed", "contradicted", "unverifiable"
_FOUND, _ABSENT, _UNKNOWN = "found", "absent", "unknown"


@dataclass(frozen=True)
class Claim:
    """What a feedback says, and the local days (first, last) on which its traces would be."""

    by_call: bool
    spoke: bool
    sale: bool
    clock_doubtful: bool
    call_days: tuple[date, date]
    sale_days: tuple[date, date]


@dataclass(frozen=True)
class Traces:
    """What the feeds hold: the longest call of the manager with the customer near the contact, the first order since dispatch."""

    call_id: str | None
    call_seconds: int | None
    order_no: str | None


@dataclass(frozen=True)
class CompleteDays:
    """The local days for which each feed is known to be complete."""

    calls: frozenset[date]
    orders: frozenset[date]


@dataclass(frozen=True)
class Judgement:
    """A verdict, the checks that led to it (`call`, `order`, `call+order` or `none`), and the evidence of each check."""

    verdict: str
    rule: str
    evidence: dict[str, Any]


def judge(claim: Claim, traces: Traces, complete: CompleteDays) -> Judgement:
    """Judge a claim: one contradiction contradicts it, else one confirmation confirms it, else nothing is known."""
    evidence: dict[str, Any] = {}
    if claim.by_call:
        evidence["call"] = _check_call(claim, traces, complete.calls)
    if claim.sale:
        evidence["order"] = _check_sale(claim, traces, complete.orders)
    findings = {check["finding"] for check in evidence.values()}
    verdict = CONTRADICTED if _ABSENT in findings else CONFIRMED if _FOUND in findings else UNVERIFIABLE
    return Judgement(verdict, "+".join(evidence) or "none", evidence)


def _check_call(claim: Claim, traces: Traces, complete: frozenset[date]) -> dict[str, Any]:
    long_enough = not claim.spoke or (traces.call_seconds or 0) >= SHORTEST_CONVERSATION_SECONDS
    if traces.call_id is not None and long_enough:
        return {"finding": _FOUND, "call_id": traces.call_id, "seconds": traces.call_seconds}
    if claim.clock_doubtful:
        return {"finding": _UNKNOWN, "because": "the phone's clock was in doubt, so a call may stand at another time"}
    nearest = {"unanswered_call_id": traces.call_id} if traces.call_id is not None else {}
    return _absence("calls", claim.call_days, complete) | nearest


def _check_sale(claim: Claim, traces: Traces, complete: frozenset[date]) -> dict[str, Any]:
    if traces.order_no is not None:
        return {"finding": _FOUND, "order_no": traces.order_no}
    return _absence("orders", claim.sale_days, complete)


def _absence(feed: str, days: tuple[date, date], complete: frozenset[date]) -> dict[str, Any]:
    first, last = days
    wanted = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    missing = [day.isoformat() for day in wanted if day not in complete]
    if missing:
        return {"finding": _UNKNOWN, "feed": feed, "incomplete_days": missing[:40]}
    return {"finding": _ABSENT, "feed": feed, "complete_days": [day.isoformat() for day in wanted][:40]}
