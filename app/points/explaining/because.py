"""Why one work order or report counts as it does, in words: by which order, by which complete feed, or by whom (pure)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

MOST_DAYS = 3
_CHECKS = {"call": ("通话", "call", "calls"), "order": ("订单", "order", "orders")}


@dataclass(frozen=True)
class Because:
    """`by`: feed, person, or nobody where nothing is proven; `name`: which feed or who."""

    by: str
    name: str | None
    zh: str
    en: str


def why_work_order(
    counted: str, *, order_no: str | None, reason: str | None, first: date, last: date, complete: Collection[date]
) -> Because:
    """Why a work order is a success, failed, or left out. `first`..`last`: local days on which it could be won or lost again."""
    if counted == "success":
        return Because("feed", "orders", f"订单 {order_no or ''} 已入账", f"billing holds the order {order_no or ''}".rstrip())
    if counted == "left_out":
        what = reason or "withdrawn"
        return Because("feed", "work_orders", f"不计入：{what}", f"left out, neither way: {what}")
    missing = [day for day in _days(first, last) if day not in complete]
    if missing:
        named = _named(missing)
        return Because("nobody", None, f"暂无订单；缺 {named} 的订单数据", f"no order so far; the orders feed lacks {named}")
    return Because(
        "feed",
        "orders",
        f"{first} 至 {last} 的完整订单数据中没有订单",
        f"billing, complete from {first} to {last}, holds no order",
    )


def why_report(verdict: str, evidence: Mapping[str, Any] | None, *, decided_by: str | None, decided_on: date | None) -> Because:
    """Why a report is confirmed, contradicted, or counts neither way."""
    if decided_by is not None:
        said = {"confirmed": ("认定属实", "found it true"), "contradicted": ("认定不属实", "found it not true")}
        zh, en = said.get(verdict, ("未能认定", "could not tell"))
        return Because("person", decided_by, f"{decided_by} 于 {decided_on} {zh}", f"{decided_by} {en} on {decided_on}")
    for check, found in (evidence or {}).items():
        if check in _CHECKS and (because := _of_feed(verdict, check, found)) is not None:
            return because
    return Because("nobody", None, "无法核查，两边都不计", "could not be checked and counts neither way")


def _of_feed(verdict: str, check: str, found: Mapping[str, Any]) -> Because | None:
    zh, en, feed = _CHECKS[check]
    if verdict == "contradicted" and found.get("complete_days"):
        named = _named(found["complete_days"])
        return Because("feed", feed, f"{named} 的完整{zh}数据中没有", f"the {feed} feed, complete on {named}, holds no such {en}")
    if verdict == "confirmed" and (seen := found.get("call_id") or found.get("order_no")):
        return Because("feed", feed, f"{zh} {seen}", f"the {en} {seen}")
    if found.get("incomplete_days"):
        named = _named(found["incomplete_days"])
        return Because("nobody", None, f"缺 {named} 的{zh}数据", f"the {feed} feed lacks {named}: counts neither way")
    return None


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _named(days: Collection[Any]) -> str:
    named = ", ".join(map(str, list(days)[:MOST_DAYS]))
    return f"{named} ..." if len(days) > MOST_DAYS else named
