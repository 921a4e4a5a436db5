"""The figures behind the page of a ranker version, as JSON (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from app.scoring.gates import Gate
from app.scoring.judged import column, labels_of
from app.scoring.learning.encoding import Encoding, to_figures
from app.scoring.learning.evaluate import lift_curve, reliability
from app.scoring.learning.intervals import auc_interval, lift_interval
from app.scoring.learning.ranker import TrainedRanker, Training, load_boosters
from app.scoring.snapshots import trained_names
from app.scoring.watching.drift import Bins, part

SCORE, COVERAGE = "score", "customers with figures"  # names under which the drift of these goes
SCORE_PLACE = "_score"  # no figure has this name


@dataclass(frozen=True)
class Baseline:
    """Bins of the columns, of the score, and of who had figures at all."""

    columns: dict[str, Bins]
    scores: Bins
    coverage: Bins


def findings_of(ranker: TrainedRanker, judged: pl.DataFrame) -> dict[str, Any]:
    """Lift, reliability, importance and intervals. `judged`: see `judged.py`."""
    labels, weights = labels_of(judged), column(judged, "_weight")
    scores, plain = column(judged, "_score"), column(judged, "_plain")
    both = 0 < int(labels.sum()) < labels.size
    return {
        "judged_rows": judged.height,
        "judged_positives": int(labels.sum()),
        "validation": ranker.validation,
        "auc": asdict(auc_interval(labels, scores, weights=weights)) if both else None,
        "plain_auc": asdict(auc_interval(labels, plain, weights=weights)) if both else None,
        "lift_tenth": asdict(lift_interval(labels, scores, seed=ranker.seed, weights=weights)) if both else None,
        "lift": [asdict(point) for point in lift_curve(labels, scores, weights=weights)],
        "plain_lift": [asdict(point) for point in lift_curve(labels, plain, weights=weights)],
        "reliability": [asdict(found) for found in reliability(labels, scores, weights=weights)],
        "plain_reliability": [asdict(found) for found in reliability(labels, plain, weights=weights)],
        "importance": importance(ranker),
    }


def columns_of(training: Training, allowed: Collection[str]) -> dict[str, Any]:
    """What became of the columns: refused and why, allowed by name, left out because they did harm."""
    ranker = training.ranker
    dropped = [each.column for each in training.importance if not each.kept]
    return {
        "refused": [{"name": each.column, "reason": each.reason, "figure": each.figure} for each in ranker.refused],
        "allowed": sorted(set(allowed) & set(ranker.encoding.names)),
        "dropped": [{"name": name, "reason": "made held-out predictions worse"} for name in sorted(dropped)],
    }


def importance(ranker: TrainedRanker) -> list[dict[str, Any]]:
    """Columns with their share of all gain (LightGBM's own: loss saved by their splits), greatest first."""
    boosters = load_boosters(ranker.boosters)
    gain = np.sum([booster.feature_importance("gain") for booster in boosters], axis=0)
    shares = gain / max(float(gain.sum()), 1e-12)
    found = [{"feature": name, "share": round(float(s), 6)} for name, s in zip(ranker.encoding.names, shares, strict=True)]
    return sorted(found, key=lambda each: (-float(str(each["share"])), str(each["feature"])))


def baseline_of(ranker: TrainedRanker, frame: pl.DataFrame, scores: Sequence[float]) -> dict[str, Any]:
    """How the columns and the `scores` were spread among these customers at training, for the watch to compare with."""
    read = as_learned(frame, ranker.encoding)
    kept = with_figures(read.with_columns(pl.Series(SCORE_PLACE, scores, pl.Float64)), ranker.encoding)
    return {
        "rows": frame.height,
        "columns": {name: part(kept[name]).to_dict() for name in ranker.encoding.names},
        "scores": part(kept[SCORE_PLACE].alias(SCORE)).to_dict(),
        "coverage": part(coverage(frame)).to_dict(),
    }


def coverage(frame: pl.DataFrame) -> pl.Series:
    """Has each customer any figures of an earlier day: yes or no."""
    there = frame["snapshot_date"].is_not_null() if "snapshot_date" in frame.columns else pl.Series([True] * frame.height)
    return pl.Series(COVERAGE, ["yes" if found else "no" for found in there], pl.String)


def with_figures(frame: pl.DataFrame, encoding: Encoding) -> pl.DataFrame:
    """Those who have figures, if the ranker reads any: that the others have none is one finding and not one per column."""
    return frame.filter(pl.Series(coverage(frame) == "yes")) if trained_names(encoding) else frame


def as_learned(frame: pl.DataFrame, encoding: Encoding) -> pl.DataFrame:
    """The frame with numbers that came as text made numbers, as the ranker reads them."""
    texts = [c.name for c in encoding.columns if c.kind == "digits" and c.name in frame.columns]
    return frame.with_columns(to_figures(frame[name]) for name in texts if not frame[name].dtype.is_numeric())


def read_baseline(report: Mapping[str, Any]) -> Baseline | None:
    """What `baseline_of` kept; None for a version that has none."""
    stored = report.get("baseline")
    if not stored:
        return None
    columns = {name: Bins.from_dict(bins) for name, bins in stored["columns"].items()}
    return Baseline(columns, Bins.from_dict(stored["scores"]), Bins.from_dict(stored["coverage"]))


def gates_as_json(gates: Sequence[Gate]) -> list[dict[str, Any]]:
    """Gates as they are kept."""
    return [dict(vars(gate)) for gate in gates]
