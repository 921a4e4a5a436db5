"""Notices and digests in words, in Chinese and in English."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_RULES: dict[str, tuple[str, str]] = {
    "return_undecided": ("退回的工单等待您决定", "returned work orders wait for a decision"),
    "callback_missed": ("客户约定的回电已错过", "call-backs that customers asked for were missed"),
    "unopened": ("工单派出后手机未同步", "work orders whose phone was not there since they came"),
    "stuck": ("已开始但停滞的工单", "work orders begun and not moved on"),
    "overdue": ("已逾期的工单", "work orders overdue"),
}


def words_of(kind: str, data: Mapping[str, Any], name: str) -> tuple[str, str]:
    """(Chinese, English) of one notice; `name` of the manager whom it is about. An unknown kind says its own name."""
    zh, en = _RULES.get(str(data.get("rule")), (kind, kind))
    count, since = data.get("orders", 0), str(data.get("since", ""))[:10]
    grid = data.get("grid_code", "")
    return f"{grid} {name}：{zh} {count} 张，最早自 {since}", f"{grid} {name}: {count} {en}, the oldest since {since}"


def digest_of(day: date, unit_name: str, lines: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """(subject, body) of the day's mail: each notice in Chinese, then each in English."""
    subject = f"Gridwork {day}: {len(lines)} 项待处理 / open: {unit_name}"
    chinese = "\n".join(f"- {zh}" for zh, _ in lines)
    english = "\n".join(f"- {en}" for _, en in lines)
    body = f"{unit_name}，{day}，待处理事项：\n{chinese}\n\n{unit_name}, {day}, open:\n{english}\n\n/dashboard/v1/notices\n"
    return subject, body
