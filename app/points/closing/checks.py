"""What is looked at before a month is closed: each check with its words and what to do where it is not met (pure).

A blocking one keeps the month open, unless somebody who may says by its name, and why, that the month closes all the same.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

MOST_DAYS = 10  # that are named


@dataclass(frozen=True)
class Check:
    """One thing that must be so; `zh`, `en`: what is not, and `do_zh`, `do_en`: what to do then."""

    code: str
    blocking: bool
    zh: str
    en: str
    do_zh: str
    do_en: str


CHECKS: Mapping[str, Check] = {
    check.code: check
    for check in (
        Check(
            "calls_incomplete", True,
            "有通话反馈的日期缺少完整的通话数据", "days of reported calls without a complete calls feed",
            "导入这些日期的通话数据并声明完整", "import the calls of these days with --complete-from and --complete-through",
        ),
        Check(
            "orders_incomplete", True,
            "本月到期工单所需日期缺少完整的订单数据", "days on which its orders could be won, without a complete orders feed",
            "导入这些日期的订单数据并声明完整", "import the orders of these days with --complete-from and --complete-through",
        ),
        Check(
            "existing_scheme_missing", True,
            "没有本月的现行积分", "no points of the existing scheme were fed for this month",
            "导入 base_points", "import base_points of the month",
        ),
        Check(
            "existing_scheme_partial", False,
            "部分经理没有现行积分", "managers of whom the existing scheme says nothing",
            "核对 base_points 是否完整", "see whether base_points is whole: they are paid nothing of that component",
        ),
        Check(
            "reviews_open", True,
            "待核查的案件未决定", "reviews that nobody decided",
            "决定，或逐件说明理由后结转", "decide on them, or carry each over with a reason",
        ),
        Check(
            "disputes_open", True,
            "本月的申诉未决定", "disputes about this month that nobody decided",
            "决定，或逐件说明理由后结转", "decide on them, or carry each over with a reason",
        ),
        Check(
            "reports_held", True,
            "反馈等待更早的反馈", "reports that wait for an earlier one of their phone",
            "等待，或重放", "wait a day, or gridwork replay-feedback",
        ),
        Check(
            "reports_set_aside", False,
            "反馈被搁置", "reports set aside as they are, which do not count",
            "排除原因后重放", "mend the cause, then gridwork replay-feedback: afterwards they count in the open month",
        ),
        Check(
            "returns_undecided", False,
            "退回的工单未决定，计为未成功", "work orders given back and undecided, which count as no success",
            "由网格经理决定", "let the grid managers decide: later it is an adjustment",
        ),
        Check(
            "back_checks_unanswered", False,
            "回访未完成", "back-checks that nobody answered",
            "完成回访", "call these customers: later it is an adjustment",
        ),
        Check(
            "plan_default", False,
            "本月没有自己的积分方案，按默认方案", "no plan was made for this month: the default one applies",
            "如有方案，先批准", "approve a plan first, if there is to be one",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What was found of a month; days are local. `..._carried` were carried over by a person and are not among the open ones."""

    calls_missing: Collection[date] = ()
    orders_missing: Collection[date] = ()
    managers: int = 0
    managers_without_points: int = 0
    reviews_open: int = 0
    reviews_carried: int = 0
    disputes_open: int = 0
    disputes_carried: int = 0
    reports_held: int = 0
    reports_set_aside: int = 0
    returns_undecided: int = 0
    back_checks_unanswered: int = 0
    has_plan: bool = True


@dataclass(frozen=True)
class Finding:
    """A check with what was found; `met`: nothing is amiss."""

    check: Check
    met: bool
    figures: Mapping[str, Any] = field(default_factory=dict)


def look(facts: Facts) -> list[Finding]:
    """Every check, in the order of the table."""
    nobody_fed = facts.managers > 0 and facts.managers_without_points == facts.managers
    partial = 0 if nobody_fed else facts.managers_without_points
    figures: dict[str, dict[str, Any]] = {
        "calls_incomplete": _days(facts.calls_missing),
        "orders_incomplete": _days(facts.orders_missing),
        "existing_scheme_missing": {"count": facts.managers if nobody_fed else 0},
        "existing_scheme_partial": {"count": partial, "managers": facts.managers},
        "reviews_open": {"count": facts.reviews_open, "carried_over": facts.reviews_carried},
        "disputes_open": {"count": facts.disputes_open, "carried_over": facts.disputes_carried},
        "reports_held": {"count": facts.reports_held},
        "reports_set_aside": {"count": facts.reports_set_aside},
        "returns_undecided": {"count": facts.returns_undecided},
        "back_checks_unanswered": {"count": facts.back_checks_unanswered},
        "plan_default": {"count": int(not facts.has_plan)},
    }
    return [Finding(check, figures[code]["count"] == 0, figures[code]) for code, check in CHECKS.items()]


def unmet(findings: Collection[Finding], despite: Collection[str]) -> list[Finding]:
    """The blocking ones that are not met and that nobody passed over."""
    return [one for one in findings if one.check.blocking and not one.met and one.check.code not in despite]


def _days(days: Collection[date]) -> dict[str, Any]:
    named = [str(day) for day in sorted(days)[:MOST_DAYS]]
    return {"count": len(days), "days": named}
