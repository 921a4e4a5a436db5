"""The gates a ranker passes before it is used: each a figure, the limit it is held to, and a sentence (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.errors import Conflict
from app.scoring.learning.intervals import Interval

FEWEST_ROWS = 200
FEWEST_OF_AN_OUTCOME = 30
NO_BETTER_THAN_CHANCE = 0.5
NEGLIGIBLE = 0.005  # of AUC: a candidate shown to be worse by less is as good


class GateFailed(Conflict):
    """A gate refuses this ranker; the champion stays."""

    code = "ranker.gate_failed"


@dataclass(frozen=True)
class Gate:
    """One gate. `figure` and `limit` are None where there is nothing to count; `says` tells the outcome in plain words."""

    name: str
    figure: float | None
    limit: float | None
    passed: bool
    says: str
    says_zh: str


def bytes_gate(damage: str | None) -> Gate:
    """Is what is stored what was trained? `damage` says what is wrong with it."""
    if damage is None:
        return Gate("bytes", None, None, True, "The stored bytes are those that were trained.", "存储内容与训练结果一致。")
    return Gate("bytes", None, None, False, f"The stored bytes are damaged: {damage}", "存储内容已损坏。")


def data_gate(rows: int, positives: int) -> Gate:
    """Did it learn from enough? At least 200 examples, and 30 of either outcome."""
    fewest = min(positives, rows - positives)
    enough = f"{FEWEST_ROWS} and {FEWEST_OF_AN_OUTCOME} are asked for"
    if rows < FEWEST_ROWS:
        return Gate(
            "data", rows, FEWEST_ROWS, False,
            f"It learned from {rows} examples; {enough}.", f"仅有 {rows} 条样本，至少需要 {FEWEST_ROWS} 条。",
        )  # fmt: skip
    return Gate(
        "data", fewest, FEWEST_OF_AN_OUTCOME, fewest >= FEWEST_OF_AN_OUTCOME,
        f"It learned from {rows} examples, {fewest} of the rarer outcome; {enough}.",
        f"样本 {rows} 条，其中较少一类 {fewest} 条，至少需要 {FEWEST_OF_AN_OUTCOME} 条。",
    )  # fmt: skip


def leak_gate(used: Collection[str], refused: Collection[str], *, late_rows: int) -> Gate:
    """Does it use nothing that knows the outcome? `late_rows`: judged rows whose snapshot is not from before the contact."""
    leaking = sorted(set(used) & set(refused))
    if leaking or late_rows:
        what = f"uses {', '.join(leaking)}, which was refused" if leaking else f"saw {late_rows} snapshots of later days"
        return Gate("leak", len(leaking) or late_rows, 0, False, f"It {what}.", "使用了可能泄漏结果的数据。")
    return Gate(
        "leak", 0, 0, True, "No refused column is in use; every snapshot is from before its contact.", "未使用泄漏结果的数据。"
    )


def auc_gate(auc: Interval | None) -> Gate:
    """Is its order better than chance, beyond doubt?"""
    if auc is None:
        return Gate("auc", None, NO_BETTER_THAN_CHANCE, False, "There are no judged rows of both outcomes.", "没有可评估的样本。")
    return Gate(
        "auc", auc.low, NO_BETTER_THAN_CHANCE, auc.low > NO_BETTER_THAN_CHANCE,
        f"AUC {auc.estimate:.3f}, from {auc.low:.3f} to {auc.high:.3f}; a random order has 0.5.",
        f"AUC {auc.estimate:.3f}（95% 区间 {auc.low:.3f} 至 {auc.high:.3f}），随机排序为 0.5。",
    )  # fmt: skip


def calibration_gate(error: float | None, limit: float) -> Gate:
    """Do its probabilities hold?"""
    if error is None:
        return Gate("calibration", None, limit, False, "There are no judged rows.", "没有可评估的样本。")
    return Gate(
        "calibration", error, limit, error <= limit,
        f"Calibration error {error:.4f}; at most {limit:g} is allowed.", f"校准误差 {error:.4f}，上限 {limit:g}。",
    )  # fmt: skip


def damaged_champion_gate(champion: int) -> Gate:
    """A champion that cannot be read is no hurdle: it is what must be replaced."""
    return Gate(
        "champion", None, None, True, f"Champion {champion} is damaged and cannot be compared with.", "冠军版本已损坏，无法比较。"
    )


def champion_gate(difference: Interval | None, *, champion: int | None, rows: int, how: str) -> Gate:
    """Is it not worse than the champion on the same rows? Refused where the interval shows it worse, by more than nothing."""
    if champion is None:
        return Gate("champion", None, None, True, "There is no champion yet.", "目前没有冠军版本。")
    if difference is None:
        return Gate(
            "champion", None, None, False, f"It cannot be compared with champion {champion}: {how}.", "无法与冠军版本比较。"
        )
    worse = difference.high < 0 and difference.estimate < -NEGLIGIBLE
    estimate, low, high = (f"{value:+.4f}" for value in (difference.estimate, difference.low, difference.high))
    return Gate(
        "champion", difference.estimate, 0.0, not worse,
        f"AUC against champion {champion} on {rows} rows ({how}): {estimate}, from {low} to {high}.",
        f"与冠军版本 {champion} 在相同的 {rows} 条样本上比较，AUC 差 {estimate}（95% 区间 {low} 至 {high}）。",
    )  # fmt: skip


def uplift_gate(uplift: Mapping[str, Any] | None) -> Gate:
    """Does an order by uplift find whom a contact moves, beyond doubt, and better than propensity? `uplift` is what was found."""
    figures = next((o for o in (uplift or {}).get("orderings", []) if o["name"] == "uplift"), None)
    if uplift is None or figures is None:
        return Gate("uplift", None, 0.0, False, "It orders by uplift, which nothing was found out about.", "缺少增益评估。")
    qini, gain = figures["qini"], figures["qini_gain"]
    passed = uplift["chosen"] == "uplift" and qini["low"] > 0
    more = f"; against propensity {gain['estimate']:+.3f}" if gain else ""
    return Gate(
        "uplift", qini["low"], 0.0, passed,
        f"Qini {qini['estimate']:.3f}, from {qini['low']:.3f} to {qini['high']:.3f}{more}.",
        f"Qini {qini['estimate']:.3f}（95% 区间 {qini['low']:.3f} 至 {qini['high']:.3f}）。",
    )  # fmt: skip


def check_passed(gates: Sequence[Gate]) -> None:
    """Raise GateFailed naming the first gate that refuses, with all of them in its context."""
    failed = next((gate for gate in gates if not gate.passed), None)
    if failed is not None:
        figure = "" if failed.figure is None else f" ({failed.figure:.4g}, limit {failed.limit or 0:.4g})"
        raise GateFailed(
            f"gate {failed.name}{figure}: {failed.says}",
            gates=[vars(gate) for gate in gates],
            detail_zh=f"有一道关卡没有通过，冠军不变：{failed.says_zh}",
        )
