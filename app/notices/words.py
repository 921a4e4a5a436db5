"""Notices and digests in words, in Chinese and in English."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_RULES: dict[str, tuple[str, str]] = {
    "return_undecided": ("退回的工单等待您决定 {} 张，最早自", "returned work orders wait for a decision, the oldest since"),
    "callback_missed": (
        "客户约定的回电已错过 {} 张，最早自",
        "call-backs that customers asked for were missed, the oldest since",
    ),
    "unopened": ("工单派出后手机未同步 {} 张，最早自", "work orders whose phone was not there since they came, the oldest since"),
    "stuck": ("已开始但停滞的工单 {} 张，最早自", "work orders begun and not moved on, the oldest since"),
    "overdue": ("已逾期的工单 {} 张，最早自", "work orders overdue, the oldest since"),
    "dispute_overdue": (
        "积分申诉已过答复期限 {} 件，最早应于",
        "disputes about points are past their last day, the oldest due on",
    ),
    "evidence_rule_off": (
        "核查规则精确率过低，已停用，已决案件 {} 个，自",
        "decided cases: this rule of evidence is too often wrong and is switched off, since",
    ),
    "undo_asked": (
        "免打扰撤销申请等待您决定 {} 件，最早自",
        "requests to take do-not-disturb back wait for you, the oldest since",
    ),
    "correction_proposed": (
        "客户资料更正建议等待您决定 {} 件，最早自",
        "corrections of customers' data wait for you, the oldest since",
    ),
    "break_glass": ("紧急查看辖区外客户 {} 位，最近一次", "customers elsewhere opened in an emergency, the last on"),
    "reveal_quota": ("已用完当日查看号码额度 {} 个，日期", "phone numbers shown, all that one person may see in a day, on"),
}


def words_of(kind: str, data: Mapping[str, Any], name: str) -> tuple[str, str]:
    """(Chinese, English) of one notice; `name` of the manager whom it is about. An unknown kind says its own name."""
    zh, en = _RULES.get(str(data.get("rule")), (f"{kind} {{}}", kind))
    count, since = data.get("orders", 0), str(data.get("since", ""))[:10]
    grid = data.get("grid_code", "")
    return f"{grid} {name}：{zh.format(count)} {since}", f"{grid} {name}: {count} {en} {since}"


def digest_of(day: date, unit_name: str, lines: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """(subject, body) of the day's mail: each notice in Chinese, then each in English."""
    subject = f"Gridwork {day}: {len(lines)} 项待处理 / open: {unit_name}"
    chinese = "\n".join(f"- {zh}" for zh, _ in lines)
    english = "\n".join(f"- {en}" for _, en in lines)
    body = f"{unit_name}，{day}，待处理事项：\n{chinese}\n\n{unit_name}, {day}, open:\n{english}\n\n/dashboard/v1/notices\n"
    return subject, body
