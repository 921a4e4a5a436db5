"""A line of points in words and figures, so that whoever is paid by it can follow it (pure).

Each function gives {"words": one paragraph, "figures": every number it came from; exact numbers are text}.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.core.numbers import POINT_STEP
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
    success_rate,
)

Explanation = dict[str, Any]


def explain_success(figures: SuccessFigures, earned: Earned, plan: Plan, ratio: Decimal) -> Explanation:
    """The success component; rate and index are both shown, whichever is paid."""
    rate, index = success_rate(figures), success_index(figures, ratio=ratio, prior=plan.index_prior)
    left_out = f" ({figures.left_out} more left out: withdrawn, or wrong data)" if figures.left_out else ""
    facts = f"{figures.successes} of {figures.matured} matured work orders were sales{left_out}."
    if index is not None:
        facts += f" These customers promised {_plain(figures.expected, 2)} sales: success index {_plain(index, 2)}."
    paid = "success index" if plan.pays == Pays.SUCCESS_INDEX else "success rate"
    lack = f"the plan needs {_counted(max(plan.minimum_matured, 1), 'matured work order')}"
    return {
        "words": f"{facts} {_earning(earned, plan.rule_of(SUCCESS), paid, lack, percent=plan.pays == Pays.SUCCESS_RATE)}",
        "figures": {
            "successes": figures.successes,
            "matured": figures.matured,
            "left_out": figures.left_out,
            "expected": str(figures.expected),
            "company_ratio": str(ratio),
            "success_rate": _text(rate),
            "success_index": _text(index),
            **_result(earned),
        },
    }


def explain_accuracy(figures: AccuracyFigures, earned: Earned, plan: Plan) -> Explanation:
    """The accuracy component."""
    facts = (
        f"{figures.judged} of your feedbacks could be judged: {figures.confirmed} confirmed, {figures.contradicted} contradicted;"
        f" {figures.unverifiable} could not be checked and count neither way."
    )
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
            **_result(earned),
        },
    }


def explain_existing(lines: Sequence[tuple[str, Decimal]], earned: Earned, plan: Plan) -> Explanation:
    """The operator's existing scheme; lines are (name, points on a scale of 0 to 100)."""
    facts = " + ".join(f"{name} {_plain(points, 4)}" for name, points in lines) or "No points came from the existing scheme."
    return {
        "words": f"{facts}. {_earning(earned, plan.rule_of(EXISTING_SCHEME), 'sum', '', percent=False)}".replace("..", "."),
        "figures": {"lines": [{"component": name, "points": str(points)} for name, points in lines], **_result(earned)},
    }


def explain_adjustment(
    *, kind: str, month: str, order_no: str | None, before: SuccessFigures, step: SuccessFigures, points: Decimal
) -> Explanation:
    """One correction of a closed month's success by one work order. `kind`: of `app.points.late`; `step`: what changed."""
    order = f" (order {order_no})" if order_no else ""
    what = {
        "late_win": f"A sale{order} became known",
        "cancelled": "A sale was cancelled or withdrawn",
        "left_out": "A work order was withdrawn, or given back for a reason that excuses,",
        "counted_again": "A work order that had been left out counts again",
    }[kind]
    successes, matured = before.successes + step.successes, before.matured + step.matured
    of = f" of {matured}" if step.matured else ""
    return {
        "words": (
            f"{what} after {month} was closed: {before.successes} successes of {before.matured} become {successes}{of},"
            f" which is worth {_plain(points, 4)} points and posted here."
        ),
        "figures": {
            "month": month,
            "successes_before": before.successes,
            "successes_after": successes,
            "matured": matured,
            "step": step.successes,
            "matured_step": step.matured,
            "left_out_step": step.left_out,
            "expected_step": str(step.expected),
            "order_no": order_no,
        },
    }


def _earning(earned: Earned, rule: ComponentRule, name: str, lack: str, *, percent: bool) -> str:
    points, weight = _plain(earned.points, 4), _plain(rule.weight, 4)
    if earned.value is None:
        return f"That is too little to judge ({lack}), so {_percent(rule.fallback)} of {weight} points are paid: {points}."
    show = _percent if percent else (lambda value: _plain(value, 4))
    capped = f" (more than {_percent(rule.cap)} does not count)" if earned.normalised == rule.cap else ""
    return (
        f"The {name} is {show(earned.value)}. Between {show(rule.floor)} (nothing) and {show(rule.target)} (all {weight} points)"
        f" that is {_percent(earned.normalised)} of the way{capped}: {points} points."
    )


def _result(earned: Earned) -> dict[str, Any]:
    return {"value": _text(earned.value), "normalised": str(earned.normalised), "fell_back": earned.fell_back}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _plain(value: Decimal, places: int) -> str:
    rounded = value.quantize(POINT_STEP if places == 4 else Decimal(1).scaleb(-places))
    return f"{rounded:f}".rstrip("0").rstrip(".") if rounded else "0"


def _percent(value: Decimal) -> str:
    return f"{_plain(value * 100, 2)} %"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
