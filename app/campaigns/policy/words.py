"""What the rules of a contact policy mean, in Chinese and English (pure)."""

from datetime import date

from app.campaigns.policy.rules import (
    ANY,
    SAME,
    QuietDays,
    QuietHours,
    RestAfterComplaint,
    RestAfterRefusal,
    RestAfterSuccess,
    Rule,
    SlidingWindow,
)
from app.campaigns.policy.terms import WindowTerm

_CHANNELS_ZH = {"call": "电话", "visit": "上门", "sms": "短信"}
_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WEEKDAYS_EN = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def words_of(rule: Rule) -> tuple[str, str]:
    """(Chinese, English) of one rule: one sentence each."""
    zh, en = _said(rule)
    days_zh, days_en = _validity(rule.from_day, rule.to_day)
    return f"{zh}{days_zh}。", f"{en}{days_en}."


def window_sentence(term: WindowTerm, *, day: date, made: int, to_come: int) -> str:
    """Why a window has no room for a contact on `day` or later: its figures beside its limit."""
    by = f" by {term.channel}" if term.channel else ""
    by += f" for {term.family}" if term.family else ""
    coming = f" and {to_come} to come" if to_come else ""
    contacts = "contact" if made == 1 else "contacts"
    return f"{made} {contacts}{by} in the {term.days} days before {day}{coming}: limit {term.most}."


def _said(rule: Rule) -> tuple[str, str]:
    match rule:
        case SlidingWindow():
            return _window(rule)
        case RestAfterRefusal():
            return _refusal(rule)
        case RestAfterSuccess():
            where_zh, where_en = ("同一产品族", "for the same product family") if rule.family == SAME else ("任何产品", "at all")
            return (
                f"客户订购后{rule.days}天内不再就{where_zh}接触",
                f"No contact {where_en} in the {rule.days} days after an order",
            )
        case RestAfterComplaint():
            about_zh = f"（{'、'.join(rule.topics)}）" if rule.topics else ""
            about_en = f" about {', '.join(rule.topics)}" if rule.topics else ""
            return f"客户投诉{about_zh}后{rule.days}天内不接触", f"No contact in the {rule.days} days after a complaint{about_en}"
        case QuietDays():
            return _quiet(rule)
        case QuietHours():
            by_zh, by_en = _by(rule.channel)
            begins, ends = rule.begins.isoformat("minutes"), rule.ends.isoformat("minutes")
            return f"{begins}至{ends}不{by_zh or '接触'}", f"No contact{by_en} from {begins} until {ends}"
    raise AssertionError(rule)


def _window(rule: SlidingWindow) -> tuple[str, str]:
    zh = {ANY: "", SAME: "同一渠道"}.get(rule.channel, _CHANNELS_ZH.get(rule.channel, rule.channel))
    zh += {ANY: "", SAME: "同一产品族"}.get(rule.family, f"“{rule.family}”产品族")
    en = {ANY: "", SAME: " by the same channel"}.get(rule.channel, f" by {rule.channel}")
    en += {ANY: "", SAME: " for the same product family"}.get(rule.family, f" for the product family {rule.family}")
    contacts = "contact" if rule.most == 1 else "contacts"
    return (
        f"任意连续{rule.days}天内{zh}最多接触{rule.most}次（所有活动及原系统合计）",
        f"At most {rule.most} {contacts}{en} in any {rule.days} days, over all campaigns and earlier systems",
    )


def _refusal(rule: RestAfterRefusal) -> tuple[str, str]:
    where_zh, where_en = ("同一产品族", "for the same product family") if rule.family == SAME else ("任何产品", "at all")
    why_zh = f"（异议：{rule.objection}）" if rule.objection else ""
    why_en = f" with the objection {rule.objection}" if rule.objection else ""
    what_zh = "客户拒绝" if rule.outcome == "refused" else f"接触结果为{rule.outcome}"
    what_en = "the customer refused" if rule.outcome == "refused" else f"a contact that ended as {rule.outcome}"
    return (
        f"{what_zh}{why_zh}后{rule.days}天内不再就{where_zh}接触",
        f"No contact {where_en} in the {rule.days} days after {what_en}{why_en}",
    )


def _quiet(rule: QuietDays) -> tuple[str, str]:
    by_zh, by_en = _by(rule.channel)
    weekdays, dates = sorted(set(rule.weekdays)), [day.isoformat() for day in sorted(rule.dates)]
    zh = [_WEEKDAYS_ZH[day - 1] for day in weekdays] + dates + (["节假日"] if rule.holidays else [])
    en = [_WEEKDAYS_EN[day - 1] for day in weekdays] + dates + (["holidays"] if rule.holidays else [])
    return f"{'、'.join(zh)}不{by_zh or '接触'}", f"No contact{by_en} on {', '.join(en)}"


def _by(channel: str) -> tuple[str, str]:
    if channel == ANY:
        return "", ""
    return f"以{_CHANNELS_ZH[channel]}接触", f" by {channel}"


def _validity(from_day: date | None, to_day: date | None) -> tuple[str, str]:
    if from_day is None and to_day is None:
        return "", ""
    if to_day is None:
        return f"，自{from_day}起", f", from {from_day}"
    if from_day is None:
        return f"，至{to_day}止", f", until {to_day}"
    return f"，{from_day}至{to_day}", f", from {from_day} until {to_day}"
