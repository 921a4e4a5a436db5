"""A points plan as a page that a manager can read, in Chinese and English; examples are computed by the real formula (pure)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.points.credit import LAST_SHARE
from app.points.formula import ACCURACY, EXISTING_SCHEME, ONE, SUCCESS, ComponentRule, Pays, Plan, earn
from app.points.words import plain


@dataclass(frozen=True)
class PlanDocument:
    """The same page in two languages, as Markdown."""

    zh: str
    en: str


@dataclass(frozen=True)
class PlanFrame:
    """What stands around a plan's rules. Months are text; `scope` is the code of a branch; None: the whole company."""

    scope: str | None
    first: str
    last: str | None
    approved: bool


_NAMES = {
    SUCCESS: ("目标客户营销成功", "Success"),
    ACCURACY: ("接触信息反馈真实率", "Feedback accuracy"),
    EXISTING_SCHEME: ("现行积分", "Existing scheme"),
}


def write_document(plan: Plan, frame: PlanFrame) -> PlanDocument:
    """What pays, from which floor to which target, what is paid where there is too little to judge, with examples."""
    pages = []
    for zh in (True, False):
        parts = [_head(plan, frame, zh), *(_component(rule, plan, zh) for rule in plan.components), _tail(zh)]
        pages.append("\n\n".join(parts) + "\n")
    return PlanDocument(*pages)


def _head(plan: Plan, frame: PlanFrame, zh: bool) -> str:
    total = plain(sum((rule.weight for rule in plan.components), Decimal(0)), 4)
    until = frame.last and (f"，至 {frame.last}" if zh else f", to {frame.last}")
    if zh:
        state = "" if frame.approved else "\n\n**草案，尚未批准，不作为计发依据。**"
        scope = f"适用于分公司 {frame.scope}" if frame.scope else "适用于全公司"
        return (
            f"# 积分方案 {plan.code} 第 {plan.version} 版{state}\n\n{scope}，自 {frame.first} 起{until or ''}。"
            f"各项都达到目标时，每月合计 {total} 分。"
        )
    state = "" if frame.approved else "\n\n**A draft: nobody is paid by it yet.**"
    scope = f"For branch {frame.scope}" if frame.scope else "For the whole company"
    return (
        f"# Points plan {plan.code}, version {plan.version}{state}\n\n{scope}, from {frame.first} on{until or ''}."
        f" Whoever reaches every target has {total} points in a month."
    )


def _component(rule: ComponentRule, plan: Plan, zh: bool) -> str:
    name, weight = _NAMES[rule.component][0 if zh else 1], plain(rule.weight, 4)
    show = _shown(rule, plan)
    floor, target = show(rule.floor), show(rule.target)
    if zh:
        lines = [f"## {name}：{weight} 分", _meaning(rule, plan, zh)]
        lines.append(
            f"{floor} 及以下得 0 分，{target} 得 {weight} 分，两者之间按比例计算{_cap(rule, zh)}。{_fallback(rule, plan, zh)}"
        )
        lines.append("| 达到 | 得分 |\n|---|---|\n" + "\n".join(_examples(rule, plan, zh)))
    else:
        lines = [f"## {name}: {weight} points", _meaning(rule, plan, zh)]
        lines.append(
            f"{floor} and less is worth nothing, {target} all {weight} points, and what lies between its part of the way"
            f"{_cap(rule, zh)}. {_fallback(rule, plan, zh)}".rstrip()
        )
        lines.append("| reached | points |\n|---|---|\n" + "\n".join(_examples(rule, plan, zh)))
    return "\n\n".join(lines)


def _meaning(rule: ComponentRule, plan: Plan, zh: bool) -> str:
    if rule.component == ACCURACY:
        return (
            "经核查属实的反馈占可判定反馈的比例；无法核实的不计。"
            if zh
            else "Truthful feedback of all that could be judged; what cannot be checked counts neither way."
        )
    if rule.component == EXISTING_SCHEME:
        return "公司现行积分各项之和。" if zh else "The sum of the lines of the operator's existing scheme."
    last, rest = plain(LAST_SHARE, 2), plain(ONE - LAST_SHARE, 2)
    shared_zh = f"多人与同一客户沟通过的，成交前最后一位计 {last}，其余各位均分 {rest}。"
    shared_en = f" Where several spoke with a customer, the last one before the sale has {last} of it, the others share {rest}."
    if plan.pays == Pays.SUCCESS_INDEX:
        prior = plain(plan.index_prior, 4)
        return (
            f"成功指数：（实际成交 + {prior} × 公司比率）÷（这些客户预计成交 + {prior}）。1 表示与预计相当，与网格新旧无关。"
            if zh
            else f"The success index: (your sales + {prior} x the company's ratio) / (what these customers promised + {prior})."
            " 1 is what was promised, in an old district as in a new one."
        ) + (shared_zh if zh else shared_en)
    return (
        f"到期工单中客户已下单的比例；撤回和数据有误的不计。{shared_zh}"
        if zh
        else f"Sales of all matured work orders; those withdrawn or with wrong data are left out.{shared_en}"
    )


def _cap(rule: ComponentRule, zh: bool) -> str:
    if rule.cap == ONE:
        return ""
    most = plain(rule.weight * rule.cap, 4)
    return f"，最多 {most} 分" if zh else f"; no more than {most} points"


def _fallback(rule: ComponentRule, plan: Plan, zh: bool) -> str:
    if rule.component == EXISTING_SCHEME:
        return ""
    paid = plain(earn(None, rule).points, 4)
    if rule.component == SUCCESS:
        return (
            f"到期工单不足 {plan.minimum_matured} 张时得 {paid} 分。"
            if zh
            else f"With fewer than {plan.minimum_matured} matured work orders {paid} points are paid."
        )
    return (
        f"可判定反馈不足 {plan.minimum_judged} 条时得 {paid} 分。"
        if zh
        else f"With fewer than {plan.minimum_judged} feedbacks that could be judged {paid} points are paid."
    )


def _examples(rule: ComponentRule, plan: Plan, zh: bool) -> Iterator[str]:
    show, way = _shown(rule, plan), rule.target - rule.floor
    steps = [Decimal(0), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), ONE]
    if rule.cap > ONE:
        steps.append(rule.cap)
    for value in dict.fromkeys(rule.floor + way * step for step in steps):
        yield f"| {show(value)} | {plain(earn(value, rule).points, 4)} |"
    if rule.component != EXISTING_SCHEME:
        yield f"| {'数量不足' if zh else 'too little to judge'} | {plain(earn(None, rule).points, 4)} |"


def _shown(rule: ComponentRule, plan: Plan) -> Callable[[Decimal], str]:
    """How a value of the component is written: a share in percent, else a number."""
    if rule.component == ACCURACY or (rule.component == SUCCESS and plan.pays == Pays.SUCCESS_RATE):
        return lambda value: f"{plain(value * 100, 2)} %"
    return lambda value: plain(value, 4)


def _tail(zh: bool) -> str:
    if zh:
        return "月度结算后不再更改；之后才得知的情况计入未结算月份，并注明原单。对任何一行都可以提出异议。"
    return (
        "A closed month is never changed: what becomes known later is posted to the open month with a link to its line."
        " Any line may be disputed."
    )
