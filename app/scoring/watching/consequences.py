"""What follows from what the watch over a ranker saw (pure): nothing, a new calibration, a new candidate, or a block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.learning.evaluate import calibration_error, reliability
from app.scoring.watching.drift import Drift

FEWEST_LABELS, FEWEST_POSITIVES = 200, 20  # with fewer matured labels nothing is said about them
LEVEL = 0.01  # of a false alarm of one test
RATE_MOVED = 0.2  # the base rate moved by a fifth of itself
COLLAPSED = 0.95  # so many customers of one score are in no order
BROKEN = {"gone": "is no longer there", "changed": "holds another kind of value", "empty": "is missing for everybody"}
BROKEN_ZH = {"gone": "已不存在", "changed": "数据类型已改变", "empty": "全部缺失"}


@dataclass(frozen=True)
class Labels:
    """What the latest contacts with a known outcome say. `expected_rate` is that of the labels last calibrated on; `p_rate` and
    `p_calibration` are the chances of seeing this, or more, if nothing had changed."""

    rows: int
    positives: int
    expected_rate: float
    p_rate: float
    calibration_error: float
    p_calibration: float

    @property
    def rate(self) -> float:
        """Share of positives."""
        return self.positives / self.rows

    @property
    def are_enough(self) -> bool:
        """Can anything be said?"""
        return self.rows >= FEWEST_LABELS and min(self.positives, self.rows - self.positives) >= FEWEST_POSITIVES


@dataclass(frozen=True)
class Alarm:
    """Something seen that has a consequence, with its figure, the limit that it passed, and a sentence."""

    kind: str
    consequence: str
    feature: str | None
    figure: float | None
    limit: float | None
    says: str
    says_zh: str


def judge_labels(labels: NDArray[np.int8], scores: NDArray[np.float64], *, expected_rate: float) -> Labels:
    """Outcomes (n,) against the probabilities given at the time (n,).

    Base rate: two-sided normal test of one share. Calibration: Hosmer and Lemeshow 1980, over ten bins of equal count; the
    scores were not fitted to these rows, so the statistic has as many degrees of freedom as bins.
    """
    from scipy.stats import chi2, norm  # a second to import, which only those pay who watch

    n = labels.size
    if not n:
        return Labels(0, 0, expected_rate, 1.0, 0.0, 1.0)
    error = np.sqrt(max(expected_rate * (1 - expected_rate), 1e-9) / n)
    p_rate = 2 * float(norm.sf(abs(labels.mean() - expected_rate) / error))
    bins = reliability(labels, scores)
    spread = sum(b.rows * (b.rate - b.score) ** 2 / max(b.score * (1 - b.score), 1e-9) for b in bins)
    return Labels(
        n, int(labels.sum()), expected_rate, p_rate, calibration_error(labels, scores), float(chi2.sf(spread, len(bins)))
    )


def find_alarms(drifts: Sequence[Drift], scores: Drift | None, labels: Labels | None, *, calibration_limit: float) -> list[Alarm]:
    """What of it has a consequence. `scores` is the drift of the score itself; None where nothing could be scored."""
    alarms = [_broken(drift) for drift in drifts if drift.broken]
    if scores is not None and scores.now >= COLLAPSED > scores.then:
        alarms.append(_collapsed(scores))
    alarms += [_drifted(drift) for drift in drifts if drift.alarms]
    if scores is not None and scores.alarms:
        alarms.append(_drifted(scores))
    if labels is not None and labels.are_enough:
        alarms += _about_labels(labels, calibration_limit)
    return alarms


def consequence_of(alarms: Sequence[Alarm], *, may_retrain: bool, may_recalibrate: bool) -> str:
    """The gravest consequence: blocked, retrained, recalibrated or none.

    `may_retrain` is False where a candidate that saw the same waits already; `may_recalibrate` where there are no labels newer
    than those of the calibration in use.
    """
    asked = {alarm.consequence for alarm in alarms}
    if "blocked" in asked:
        return "blocked"
    if "retrained" in asked and may_retrain:
        return "retrained"
    return "recalibrated" if "recalibrated" in asked and may_recalibrate else "none"


def figures_of(drifts: Sequence[Drift], scores: Drift | None, labels: Labels | None, *, rows: int) -> dict[str, Any]:
    """What was seen, as JSON; `rows` customers were looked at."""
    return {
        "rows": rows,
        "drift": [_as_dict(drift) for drift in drifts],
        "scores": None if scores is None else _as_dict(scores),
        "labels": None
        if labels is None
        else {
            "rows": labels.rows,
            "positives": labels.positives,
            "rate": labels.rate if labels.rows else None,
            "expected_rate": labels.expected_rate,
            "p_rate": labels.p_rate,
            "calibration_error": labels.calibration_error,
            "p_calibration": labels.p_calibration,
        },
    }


def _as_dict(drift: Drift) -> dict[str, Any]:
    limit = None if drift.limit is None else round(drift.limit, 6)
    return {
        "feature": drift.feature,
        "psi": None if drift.psi is None else round(drift.psi, 6),
        "limit": limit,
        "broken": drift.broken,
        "bin": drift.bin,
        "then": round(drift.then, 6),
        "now": round(drift.now, 6),
        "state": "broken" if drift.broken else "alarm" if drift.alarms else "moved" if drift.has_moved else "calm",
    }


def _broken(drift: Drift) -> Alarm:
    how = drift.broken or "gone"
    return Alarm(
        "input_broken", "blocked", drift.feature, None, None,
        f"The column {drift.feature} {BROKEN[how]}.", f"字段 {drift.feature} {BROKEN_ZH[how]}。",
    )  # fmt: skip


def _collapsed(scores: Drift) -> Alarm:
    return Alarm(
        "scores_collapsed", "blocked", None, scores.now, COLLAPSED,
        f"{scores.now:.0%} of the customers have one score; at training {scores.then:.0%} had.",
        f"{scores.now:.0%} 的客户得分相同，训练时为 {scores.then:.0%}。",
    )  # fmt: skip


def _drifted(drift: Drift) -> Alarm:
    assert drift.psi is not None
    kind, what, what_zh = (
        ("score_drift", "the scores", "得分")
        if drift.feature == "score"
        else ("input_drift", drift.feature, f"字段 {drift.feature}")
    )
    return Alarm(
        kind, "retrained", None if kind == "score_drift" else drift.feature, drift.psi, drift.limit,
        f"PSI of {what} is {drift.psi:.2f}: the share of {drift.bin} went from {drift.then:.1%} to {drift.now:.1%}.",
        f"{what_zh} 的 PSI 为 {drift.psi:.2f}：{drift.bin} 的占比从 {drift.then:.1%} 变为 {drift.now:.1%}。",
    )  # fmt: skip


def _about_labels(labels: Labels, calibration_limit: float) -> list[Alarm]:
    alarms = []
    moved = abs(labels.rate - labels.expected_rate) > RATE_MOVED * labels.expected_rate
    if moved and labels.p_rate < LEVEL:
        alarms.append(
            Alarm(
                "base_rate", "recalibrated", None, labels.rate, labels.expected_rate,
                f"Of the latest contacts {labels.rate:.1%} had success, {labels.expected_rate:.1%} was learned.",
                f"最近接触的成功率为 {labels.rate:.1%}，训练时为 {labels.expected_rate:.1%}。",
            )
        )  # fmt: skip
    if labels.calibration_error > calibration_limit and labels.p_calibration < LEVEL:
        alarms.append(
            Alarm(
                "calibration", "recalibrated", None, labels.calibration_error, calibration_limit,
                f"On the latest contacts the calibration error is {labels.calibration_error:.3f}.",
                f"最近接触上的校准误差为 {labels.calibration_error:.3f}。",
            )
        )  # fmt: skip
    return alarms
