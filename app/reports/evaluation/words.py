"""What the codes of an evaluation are called, in Chinese and English, for its file."""

from collections.abc import Mapping
from typing import Any

from app.dispatch.by_hand.returns import RETURN_REASONS
from app.feedback.objections import OBJECTIONS
from app.feedback.outcomes import OUTCOMES

Said = tuple[str, str]
STAGES: dict[str, Said] = {
    "targets": ("名单", "on the list"),
    "dispatched": ("已派单", "dispatched"),
    "released": ("已下发", "released"),
    "contacted": ("已接触", "contacted"),
    "reached": ("已联系上", "reached"),
    "interested": ("有意向", "interested"),
    "won": ("成交", "won"),
}
STEPS: dict[str, Said] = {
    "dispatch_to_release": ("派单到下发", "dispatch to release"),
    "release_to_contact": ("下发到首次接触", "release to first contact"),
    "contact_to_order": ("首次接触到成交", "first contact to order"),
    "dispatch_to_order": ("派单到成交", "dispatch to order"),
}
TOUCHES: dict[str, Said] = {
    "this_campaign": ("本活动", "this campaign"),
    "other_campaign": ("其他活动（同类产品）", "another campaign, same family"),
    "earlier_system": ("旧系统", "an earlier system"),
    "other_offer": ("其他产品（不计入）", "about another product (does not count)"),
    "call": ("其他通话", "a call"),
}
VERDICTS: dict[str, Said] = {
    "more": ("有增量", "more"),
    "fewer": ("减少", "fewer"),
    "open": ("不能断定", "open"),
    "silent": ("数据太少", "too few to say"),
    "kept": ("如预测", "as promised"),
    "above": ("明显更好", "above"),
    "below": ("明显更差", "below"),
    "as": ("与平均无异", "as all"),
}
KINDS: dict[str, Said] = {
    "alarm": ("先查清", "Explain first"),
    "change": ("要改", "Change"),
    "keep": ("保持", "Keep"),
    "unknown": ("无法判断", "Cannot be said"),
}
FIGURES: dict[str, Said] = {
    "success.successes": ("成功单数", "successes"),
    "success.rate": ("成功率", "success rate"),
    "effect.difference": ("增量（比例）", "effect (share)"),
    "effect.low": ("增量下限", "effect, low"),
    "effect.high": ("增量上限", "effect, high"),
    "effect.sales": ("增量单数", "added sales"),
    "money.margin": ("毛利", "margin"),
}
_PLAIN: dict[str, Said] = {
    "control": ("对照组", "control"),
    "undecided": ("未处理", "undecided"),
    "invalid": ("资料无效", "invalid data"),
    "do_not_disturb": ("免打扰", "do not disturb"),
    "complaint_open": ("投诉未结", "open complaint"),
    "already_owns": ("已拥有", "owns it already"),
    "resting_after_refusal": ("拒绝后休息", "rests after a refusal"),
    "resting_after_success": ("办理后休息", "rests after a success"),
    "contacted_too_recently": ("近期已接触", "contacted too recently"),
    "locked_by_other_campaign": ("被其他活动锁定", "in another campaign"),
    "contact_limit": ("接触次数已满", "contact limit"),
    "quiet_day": ("免扰日", "quiet day"),
    "negative_uplift": ("接触有负作用", "contact would put off"),
    "permanent_holdout": ("长期保留", "permanent holdout"),
    "no_active_manager": ("无在岗经理", "no active manager"),
    "over_capacity": ("人手不足", "over capacity"),
    "better_use": ("另有更好用途", "better use"),
    "over_budget": ("超预算", "over budget"),
    "below_cost": ("不抵成本", "below cost"),
    "outside_pilot": ("试点之外", "outside the pilot"),
    "no_order": ("未成交", "no order"),
    "no_report": ("无反馈", "no report"),
    "rest": ("其余", "the rest"),
    "planned": ("待下发", "planned"),
    "open": ("未开始", "open"),
    "in_progress": ("进行中", "in progress"),
    "done": ("已完成", "done"),
    "returned": ("已退回", "given back"),
    "expired": ("已过期", "expired"),
    "withdrawn": ("已撤回", "withdrawn"),
    "unfinished": ("未做完", "unfinished"),
    "window_over": ("窗口结束", "window over"),
    "campaign_closed": ("活动结束", "campaign closed"),
    "pending": ("待审", "pending"),
    "data_fault": ("资料有误", "fault of the data"),
    "excused": ("可谅解", "excused"),
    "counted": ("计入", "counted"),
}


def words_of(figures: Mapping[str, Any]) -> dict[str, Said]:
    """Every code of reasons, objections and contacts of an evaluation with what it is called."""
    reasons = {reason for stage in figures["funnel"]["stages"] for reason in stage["out"]}
    found = {reason: reason_words(reason) for reason in sorted(reasons)}
    return found | {one["code"]: objection_words(one["code"]) for one in figures["objections"]} | TOUCHES


def reason_words(code: str) -> Said:
    """A reason of the funnel such as `returned:data_fault:wrong_number`; what is not known is said as it is."""
    if code.startswith("objection:"):
        return _one(code.removeprefix("objection:"))
    parts = [_one(part) for part in code.split(":")]
    return "：".join(zh for zh, _ in parts), ": ".join(en for _, en in parts)


def objection_words(code: str) -> Said:
    """An objection."""
    known = OBJECTIONS.get(code)
    return (known.zh, known.en) if known else (code, code)


def _one(code: str) -> Said:
    for known in (OUTCOMES.get(code), OBJECTIONS.get(code), RETURN_REASONS.get(code)):
        if known is not None:
            return known.zh, known.en
    return _PLAIN.get(code, (code.replace("_", " "), code.replace("_", " ")))
