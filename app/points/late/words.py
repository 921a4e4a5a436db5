"""A correction of a closed month in words and figures, as `app.points.words` does for its lines (pure)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.points.formula import ZERO, AccuracyFigures, SuccessFigures
from app.points.late.steps import Counted, Judged, Kind
from app.points.words import exact, number, plain

_POSTED = " and posted here."
_WHAT = {
    Kind.LATE_WIN: "A sale{order} became known",
    Kind.CANCELLED: "A sale was cancelled or withdrawn",
    Kind.LEFT_OUT: "A work order was withdrawn, or given back for a reason that excuses,",
    Kind.COUNTED_AGAIN: "A work order that had been left out counts again",
    Kind.CREDIT_MOVED: "A late report moved the credit for a work order (your part {share_before} becomes {share_now})",
}


def explain_success_change(
    change: Counted,
    *,
    kind: Kind,
    month: str,
    order_no: str | None,
    before: SuccessFigures,
    step: SuccessFigures,
    points: Decimal,
) -> dict[str, Any]:
    """One correction of a closed month's success by one work order. `step`: what it changes of the figures `before`."""
    what = _WHAT[kind].format(
        order=f" (order {order_no})" if order_no else "",
        share_before=exact(change.share_before),
        share_now=exact(change.share_now),
    )
    successes, matured = before.successes + step.successes, before.matured + step.matured
    of = f" of {number(matured)}" if step.matured else ""
    return {
        "words": (
            f"{what} after {month} was closed: {number(before.successes)} successes of {number(before.matured)} become"
            f" {number(successes)}{of}, {_worth(points)}"
        ),
        "figures": {
            "month": month,
            "successes_before": number(before.successes),
            "successes_after": number(successes),
            "matured": number(matured),
            "step": number(step.successes),
            "matured_step": number(step.matured),
            "left_out_step": number(step.left_out),
            "expected_step": exact(step.expected),
            "order_no": order_no,
            "share_before": exact(change.share_before),
            "share_after": exact(change.share_now),
        },
    }


def explain_verdict_change(
    change: Judged, *, month: str, before: AccuracyFigures, step: AccuracyFigures, points: Decimal
) -> dict[str, Any]:
    """One correction of a closed month's accuracy by one feedback that was judged otherwise."""
    return {
        "words": (
            f"A feedback that counted as {change.verdict_before} was found to be {change.verdict_now} after {month} was closed:"
            f" {before.confirmed} confirmed of {before.judged} judged become {before.confirmed + step.confirmed} of"
            f" {before.judged + step.judged}, {_worth(points)}"
        ),
        "figures": {
            "month": month,
            "verdict_before": change.verdict_before,
            "verdict_after": change.verdict_now,
            "confirmed_step": step.confirmed,
            "contradicted_step": step.contradicted,
            "unverifiable_step": step.unverifiable,
            "truthful_weight_step": exact(step.truthful_weight),
            "judged_weight_step": exact(step.judged_weight),
        },
    }


def explain_base_points_change(*, month: str, before: Decimal, now: Decimal, points: Decimal) -> dict[str, Any]:
    """One correction of a closed month's existing scheme: the operator fed other points."""
    return {
        "words": (
            f"The existing scheme's points of {month} changed after it was closed: {plain(before, 4)} become {plain(now, 4)},"
            f" {_worth(points)}"
        ),
        "figures": {"month": month, "value_before": exact(before), "value_after": exact(now), "step": exact(now - before)},
    }


def explain_settled(explanation: Mapping[str, Any], settled: Mapping[int, Decimal], left: Decimal) -> dict[str, Any]:
    """A correction of which accepted disputes paid before: `settled`, points by entry. `left` is what is posted."""
    paid, lines = plain(sum(settled.values(), ZERO), 4), ", ".join(map(str, settled))
    words = explanation["words"].removesuffix(_POSTED) + "."
    words = f"{words} An accepted dispute paid {paid} for it before (line {lines}): {plain(left, 4)} is posted here."
    return {"words": words, "figures": explanation["figures"] | {"settled": list(settled)}}


def _worth(points: Decimal) -> str:
    return f"which is worth {plain(points, 4)} points{_POSTED}"
