"""Why something of a month does not count yet, in words (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

MOST_DAYS = 3  # that are named
_FEEDS = {
    "call": ("calls_missing", "等待通话数据", "the calls are not in yet"),
    "order": ("orders_missing", "等待订单数据", "the orders are not in yet"),
}


@dataclass(frozen=True)
class Pending:
    """A report that is not judged, or a work order that matures later. `since`: received or dispatched then; `until`: when it
    counts, where that is known."""

    kind: str
    feedback_id: UUID | None
    work_order_id: int
    since: datetime
    until: datetime | None
    code: str
    zh: str
    en: str


def pending_report(
    feedback_id: UUID, work_order_id: int, received_at: datetime, verdict: str | None, evidence: Mapping[str, Any] | None
) -> Pending | None:
    """Why a report is not judged; None of one that is, also as what nobody can check."""
    reason = ("not_checked", "尚未核查", "not checked yet") if verdict is None else _missing(evidence or {})
    return reason and Pending("feedback", feedback_id, work_order_id, received_at, None, *reason)


def pending_order(work_order_id: int, dispatched_at: datetime, matures_at: datetime, day: date) -> Pending:
    """A work order that counts later; `day`: the local one on which it does."""
    words = "maturing", f"{day} 起计入", f"counts from {day} on"
    return Pending("work_order", None, work_order_id, dispatched_at, matures_at, *words)


def _missing(evidence: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Of which feed days are missing, so that absence proves nothing yet."""
    for check, (code, zh, en) in _FEEDS.items():
        days = evidence.get(check, {}).get("incomplete_days") or []
        if days:
            named = ", ".join(days[:MOST_DAYS]) + (" ..." if len(days) > MOST_DAYS else "")
            return code, f"{zh}：{named}", f"{en}: {named}"
    return None
