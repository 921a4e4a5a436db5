"""A line of points in words and figures, so that whoever is paid by it can follow it (pure).

Each function gives {"words": one paragraph, "figures": every number it came from; exact numbers are text}.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.core.numbers import POINT_STEP
from app.points.certainty import interval_of
from app.points.credit import LAST_SHARE
from app.points.formula import (
    ACCURACY,
    EXISTING_SCHEME,
    SUCCESS,
    AccuracyFigures,
    ComponentRule,
    Earned,
    Pays,
    Plan,
    SuccessFigures,
    accuracy,
    success_index,
    success_index_interval,
    success_rate,
    success_rate_interval,
)

Explanation = dict[str, Any]


def explain_success(figures: SuccessFigures, earned: Earned, plan: Plan, ratio: Decimal) -> Explanation:
    """The success component; rate and index are both shown, whichever is paid."""
    rate, index = success_rate(figures), success_index(figures, ratio=ratio, prior=plan.index_prior)
    rates = success_rate_interval(figures)
    indexes = success_index_interval(figures, ratio=ratio, prior=plan.index_prior)
    facts = _success_facts(figures)
    if index is not None:
        facts += f" These customers promised {plain(figures.expected, 2)} sales: success index {plain(index, 2)}."
    if rates and indexes:
        facts += (
            f" So many work orders allow (95 %) a rate from {_percent(rates.low)} to {_percent(rates.high)}"
            f" and an index from {plain(indexes.low, 2)} to {plain(indexes.high, 2)}."
        )
    paid = "success index" if plan.pays == Pays.SUCCESS_INDEX else "success rate"
    lack = f"the plan needs {_counted(max(plan.minimum_matured, 1), 'matured work order')}"
    return {
        "words": f"{facts} {_earning(earned, plan.rule_of(SUCCESS), paid, lack, percent=plan.pays == Pays.SUCCESS_RATE)}",
        "figures": {
            "successes": number(figures.successes),
            "matured": number(figures.matured),
            "left_out": number(figures.left_out),
            "shared": figures.shared,
            "expected": exact(figures.expected),
            "company_ratio": str(ratio),
            "success_rate": _text(rate),
            "success_rate_interval": rates and [str(end) for end in rates],
            "success_index": _text(index),
            "success_index_interval": indexes and [str(end) for end in indexes],
            **_result(earned),
        },
    }


def _success_facts(figures: SuccessFigures) -> str:
    more = number(figures.left_out)
    left_out = f" ({more} more left out: withdrawn, or wrong data)" if more else ""
    facts = f"{number(figures.successes)} of {number(figures.matured)} matured work orders were sales{left_out}."
    if figures.shared:
        facts += (
            f" Of {_counted(figures.shared, 'work order')} colleagues have a part: who spoke with the customer last has"
            f" {_percent(LAST_SHARE)}, those who did before share the rest."
        )
    return facts


def explain_accuracy(figures: AccuracyFigures, earned: Earned, plan: Plan) -> Explanation:
    """The accuracy component, with the interval in which the true rate is."""
    interval = interval_of(figures)
    facts = (
        f"{figures.judged} of your feedbacks could be judged: {figures.confirmed} confirmed, {figures.contradicted} contradicted;"
        f" {figures.unverifiable} could not be checked and count neither way."
    )
    if interval is not None:
        facts += f" With 95 % certainty your true accuracy is between {_percent(interval.low)} and {_percent(interval.high)}."
    lack = f"the plan needs {_counted(max(plan.minimum_judged, 1), 'judged feedback')}"
    return {
        "words": f"{facts} {_earning(earned, plan.rule_of(ACCURACY), 'accuracy', lack, percent=True)}",
        "figures": {
            "confirmed": figures.confirmed,
            "contradicted": figures.contradicted,
            "unverifiable": figures.unverifiable,
            "truthful_weight": str(figures.truthful_weight),
            "judged_weight": str(figures.judged_weight),
            "accuracy": _text(accuracy(figures)),
            "accuracy_low": _text(interval.low if interval else None),
            "accuracy_high": _text(interval.high if interval else None),
            "effective_judged": _text(interval.effective if interval else None),
            **_result(earned),
        },
    }


def explain_existing(lines: Sequence[tuple[str, Decimal]], earned: Earned, plan: Plan) -> Explanation:
    """The operator's existing scheme; lines are (name, points on a scale of 0 to 100)."""
    facts = " + ".join(f"{name} {plain(points, 4)}" for name, points in lines) or "No points came from the existing scheme."
    return {
        "words": f"{facts}. {_earning(earned, plan.rule_of(EXISTING_SCHEME), 'sum', '', percent=False)}".replace("..", "."),
        "figures": {"lines": [{"component": name, "points": str(points)} for name, points in lines], **_result(earned)},
    }


def explain_accepted(
    *, month: str, raised_on: str, decided_on: str, decided_by: str, reason: str, points: Decimal, dispute_id: str
) -> Explanation:
    """What an accepted dispute about a line of `month` posts. Days are local, YYYY-MM-DD."""
    signed = ("+" if points > 0 else "") + plain(points, 4)
    return {
        "words": (
            f"Your dispute of {raised_on} about {month} was accepted by {decided_by} on {decided_on}: {reason}"
            f" It is worth {signed} points, posted here."
        ),
        "zh": f"您 {raised_on} 对 {month} 的申诉由{decided_by}于 {decided_on} 认定成立：{reason} 计 {signed} 分。",
        "figures": {"month": month, "dispute_id": dispute_id, "raised_on": raised_on, "decided_on": decided_on, "reason": reason},
    }


def _earning(earned: Earned, rule: ComponentRule, name: str, lack: str, *, percent: bool) -> str:
    points, weight = plain(earned.points, 4), plain(rule.weight, 4)
    if earned.value is None:
        return f"That is too little to judge ({lack}), so {_percent(rule.fallback)} of {weight} points are paid: {points}."
    show = _percent if percent else (lambda value: plain(value, 4))
    capped = f" (more than {_percent(rule.cap)} does not count)" if earned.normalised == rule.cap else ""
    return (
        f"The {name} is {show(earned.value)}. Between {show(rule.floor)} (nothing) and {show(rule.target)} (all {weight} points)"
        f" that is {_percent(earned.normalised)} of the way{capped}: {points} points."
    )


def _result(earned: Earned) -> dict[str, Any]:
    return {"value": _text(earned.value), "normalised": str(earned.normalised), "fell_back": earned.fell_back}


def number(value: Decimal) -> int | str:
    """A sum of credit for JSON and words: a number where it is whole, else an exact decimal as text."""
    return int(value) if value == int(value) else exact(value)


def exact(value: Decimal) -> str:
    """As text with all of its places and no zeros behind them, so that it does not tell how it was added up."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def plain(value: Decimal, places: int) -> str:
    """Rounded for words, without zeros behind."""
    rounded = value.quantize(POINT_STEP if places == 4 else Decimal(1).scaleb(-places))
    return f"{rounded:f}".rstrip("0").rstrip(".") if rounded else "0"


def _percent(value: Decimal) -> str:
    return f"{plain(value * 100, 2)} %"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
