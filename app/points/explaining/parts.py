"""A line of points taken apart into parts that sum to it exactly, to the 1/10,000 point (pure).

A component earns weight x (value - floor) / (target - floor), from nothing to its cap, and its value is a sum over a
denominator: so each sale, each true report, each fed line has its own share, and floor, cap and rounding have theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.core.numbers import round_points
from app.points.formula import ACCURACY, SUCCESS, ZERO, ComponentRule, Pays, Plan


@dataclass(frozen=True)
class Part:
    """Points of one kind; `count`: of how many things, where they are counted."""

    code: str
    points: Decimal
    zh: str
    en: str
    count: int | None = None


@dataclass(frozen=True)
class Worth:
    """A line's parts, and what one unit of the value's numerator is worth (a sale; a true report of weight 1), unrounded."""

    parts: tuple[Part, ...]
    each: Decimal = ZERO


@dataclass(frozen=True)
class _Term:
    code: str
    amount: Decimal
    zh: str
    en: str
    count: int | None = None


def take_apart(component: str, points: Decimal, figures: Mapping[str, Any], plan: Plan) -> Worth:
    """The parts of what a component earned, from the figures that its line shows."""
    rule = plan.rule_of(component)
    if figures["fell_back"]:
        zh, en = "数据太少，按方案给付的份额", "too little to judge: the share that the plan pays then"
        return Worth((Part("fallback", points, zh, en),))
    if rule.target == rule.floor:
        zh, en = "达到目标为全部，否则为零", "all where the target is reached, else nothing"
        return Worth((Part("all_or_nothing", points, zh, en),))
    terms, denominator = _value(component, figures, plan)
    each = rule.weight / (rule.target - rule.floor) / denominator
    return Worth(tuple(_parts(terms, each, points, rule)), each)


def posted(points: Decimal, words: str, zh: str | None) -> Worth:
    """The one part of a line that was posted later: its own words."""
    return Worth((Part("posted", points, zh or words, words),))


def spread(amounts: Iterable[Decimal]) -> list[Decimal]:
    """These points rounded so that their sum is the rounded sum."""
    shares, total, before = [], ZERO, ZERO
    for amount in amounts:
        total += amount
        shares.append(round_points(total) - before)
        before = round_points(total)
    return shares


def _value(component: str, figures: Mapping[str, Any], plan: Plan) -> tuple[Sequence[_Term], Decimal]:
    """The numerator of a component's value by its terms, and the denominator."""
    if component == SUCCESS:
        successes = figures["successes"]
        count = successes if isinstance(successes, int) else None  # where credit is shared there is no whole number of them
        sales = _Term("sales", Decimal(successes), "成功工单", "work orders that were sales", count)
        if plan.pays != Pays.SUCCESS_INDEX:
            return [sales], Decimal(figures["matured"])
        prior = plan.index_prior * Decimal(figures["company_ratio"])
        of_prior = _Term("company_share", prior, "公司平均的份额", "the share of the company's average")
        return [sales, of_prior], Decimal(figures["expected"]) + plan.index_prior
    if component == ACCURACY:
        true, count = Decimal(figures["truthful_weight"]), figures["confirmed"]
        return [_Term("true_reports", true, "属实的反馈", "reports that are true", count)], Decimal(figures["judged_weight"])
    return [_Term("fed", Decimal(line["points"]), line["component"], line["component"]) for line in figures["lines"]], Decimal(1)


def _parts(terms: Sequence[_Term], each: Decimal, points: Decimal, rule: ComponentRule) -> Iterable[Part]:
    shares = spread(term.amount * each for term in terms)
    found = [Part(term.code, share, term.zh, term.en, term.count) for term, share in zip(terms, shares, strict=True)]
    if rule.floor:
        below = -round_points(rule.weight * rule.floor / (rule.target - rule.floor))
        found.append(
            Part("floor", below, f"低于 {rule.floor.normalize():f} 不计", f"up to {rule.floor.normalize():f} nothing is earned")
        )
    raw = sum((part.points for part in found), ZERO)
    if raw < 0:
        found.append(Part("never_below_nothing", -raw, "不低于零", "never less than nothing"))
    elif raw > rule.weight * rule.cap:
        most = round_points(rule.weight * rule.cap)
        found.append(Part("cap", most - raw, "超过上限不计", f"more than {most.normalize():f} is not paid"))
    rest = points - sum((part.points for part in found), ZERO)
    if rest:
        found.append(Part("rounding", rest, "四舍五入", "rounding"))
    return found
