"""The watch over the rankers in use: what moved since training, and what is done about it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import AppError, Invalid
from app.models.campaign import Product
from app.models.score import RankerCalibration, RankerTarget, RankerVersion, RankerWatch, WatchConsequence
from app.scoring import queries
from app.scoring.findings import COVERAGE, SCORE, as_learned, coverage, read_baseline, with_figures
from app.scoring.gathering import gather_examples
from app.scoring.learning.artifact import RankerCorrupt
from app.scoring.learning.calibration import Calibration
from app.scoring.learning.ranker import TrainedRanker, score
from app.scoring.learning.rolling import fit_rolling_calibration
from app.scoring.promotion import CALIBRATION_LIMIT
from app.scoring.store import calibrated, load_ranker
from app.scoring.training import train_ranker
from app.scoring.watching.consequences import Alarm, Labels, consequence_of, figures_of, find_alarms, judge_labels
from app.scoring.watching.drift import Drift, compare
from app.scoring.watching.queries import find_waiting_candidate, read_population

REST = timedelta(days=7)  # a candidate that was trained within these days is not trained once more for the same drift


@dataclass(frozen=True, eq=False)
class Latest:
    """Contacts whose outcome became known after training: frame, outcomes, days as ordinals, and which are newer than the
    calibration in use."""

    frame: pl.DataFrame
    labels: NDArray[np.int8]
    days: NDArray[np.int64]
    newer: NDArray[np.bool_]


def watch_rankers(
    session: Session, *, product_code: str | None = None, calibration_limit: float = CALIBRATION_LIMIT, now: datetime
) -> dict[str, Mapping[str, Any]]:
    """Look at every ranker in use, or at those of one product, and draw the consequences.

    One that cannot be looked at is counted with the reason, and the others are looked at all the same.
    """
    found: dict[str, Mapping[str, Any]] = {}
    wanted = None if product_code is None else queries.get_product(session, product_code).id
    for product, version in queries.all_champions(session):
        if wanted is not None and product.id != wanted:
            continue
        name = f"{product.product_code} {version.number} {version.target.value}"
        try:
            with session.begin_nested():
                watch = watch_ranker(session, product, version, calibration_limit=calibration_limit, now=now)
                found[name] = {"alarms": len(watch.alarms), "consequence": watch.consequence.value}
        except AppError as error:
            found[name] = {"failed": f"{error.code}: {error.detail}"}
    return found


def watch_ranker(
    session: Session, product: Product, version: RankerVersion, *, calibration_limit: float, now: datetime
) -> RankerWatch:
    """Look at one ranker as of today, keep what was seen, and draw the consequence."""
    day = clock.local_date(now)
    try:
        ranker = load_ranker(version)
    except RankerCorrupt as error:
        said = Alarm(
            "damaged", "blocked", None, None, None, f"The stored ranker is damaged: {error.detail}", "存储的排序器已损坏。"
        )
        return _conclude(session, version, [said], figures_of((), None, None, rows=0), day=day, now=now)
    population = as_learned(read_population(session, product, as_of=day), ranker.encoding)
    drifts, scores = _drift(version, ranker, population)
    latest = _latest(session, product, version, day=day)
    labels = None if latest is None else _judge(session, version, ranker, latest)
    alarms = find_alarms(drifts, scores, labels, calibration_limit=calibration_limit)
    figures = figures_of(drifts, scores, labels, rows=population.height)
    watch = _conclude(session, version, alarms, figures, day=day, now=now, may_recalibrate=bool(labels and labels.are_enough))
    if latest is not None and _asks(alarms, "recalibrated") and not _asks(alarms, "blocked"):
        _recalibrate(session, version, ranker, latest, reason=_first(alarms, "recalibrated"), day=day, now=now)
    return watch


def _drift(version: RankerVersion, ranker: TrainedRanker, population: pl.DataFrame) -> tuple[tuple[Drift, ...], Drift | None]:
    """Of the columns and of the score as it was trained: a later calibration moves every score and is no drift."""
    baseline = read_baseline(version.report)
    if baseline is None or not population.height:
        return (), None
    kept = with_figures(population, ranker.encoding)
    found = compare(baseline.columns, kept)
    drifts = (*found, *compare({COVERAGE: baseline.coverage}, pl.DataFrame([coverage(population)])))
    if any(drift.broken for drift in found):
        return drifts, None
    return drifts, compare({SCORE: baseline.scores}, pl.DataFrame({SCORE: score(ranker, kept)}))[0]


def _latest(session: Session, product: Product, version: RankerVersion, *, day: date) -> Latest | None:
    """None where no outcome became known since training."""
    try:
        examples = gather_examples(
            session, product, target=version.target, as_of=day, label_window_days=version.label_window_days
        )
    except Invalid:  # nothing to learn from, or one outcome only: nothing can be said
        return None
    later = examples.treated & (examples.frame["as_of"] > version.data_to).to_numpy()
    if not later.any():
        return None
    found = examples.only(later)
    newest = queries.find_calibration(session, version.id)
    after = version.data_to if newest is None else newest.contacts_to
    days = np.array([each.toordinal() for each in found.frame["as_of"].to_list()], dtype=np.int64)
    return Latest(found.frame, found.labels, days, days > after.toordinal())


def _judge(session: Session, version: RankerVersion, ranker: TrainedRanker, latest: Latest) -> Labels:
    newest = queries.find_calibration(session, version.id)
    learned = version if newest is None else newest
    frame = as_learned(latest.frame.filter(pl.Series(latest.newer)), ranker.encoding)
    scores = score(calibrated(session, version, ranker), frame) if frame.height else np.empty(0)
    return judge_labels(latest.labels[latest.newer], scores, expected_rate=learned.positive_count / learned.example_count)


def _conclude(
    session: Session,
    version: RankerVersion,
    alarms: list[Alarm],
    figures: dict[str, Any],
    *,
    day: date,
    now: datetime,
    may_recalibrate: bool = False,
) -> RankerWatch:
    waiting = find_waiting_candidate(session, version, since=now - REST)
    decided = consequence_of(alarms, may_retrain=waiting is None, may_recalibrate=may_recalibrate)
    if waiting is not None and _asks(alarms, "retrained"):
        figures = figures | {"waiting_candidate": waiting.number}
    if decided == "blocked" and version.blocked_at is None:
        version.blocked_at, version.block_reason = now, _first(alarms, "blocked")
    if decided == "retrained":
        decided, figures = _retrain(session, version, figures, day=day, now=now)
    watch = RankerWatch(
        ranker_version_id=version.id,
        as_of=day,
        figures=figures,
        alarms=[asdict(alarm) for alarm in alarms],
        consequence=WatchConsequence(decided),
        watched_at=now,
    )
    session.add(watch)
    session.flush()
    return watch


def _retrain(
    session: Session, version: RankerVersion, figures: dict[str, Any], *, day: date, now: datetime
) -> tuple[str, dict[str, Any]]:
    """A candidate from today's data; what keeps it from being trained is kept with the figures."""
    product = queries.get_product_by_id(session, version.product_id)
    try:
        with session.begin_nested():
            trained = train_ranker(
                session,
                product_code=product.product_code,
                target=RankerTarget(version.target),
                as_of=day,
                label_window_days=version.label_window_days,
                seed=int(version.parameters.get("seed", 7)),
                allow=tuple(version.report.get("columns", {}).get("allowed", [])),
                now=now,
            )
    except AppError as error:
        return "none", figures | {"not_retrained": f"{error.code}: {error.detail}"}
    return "retrained", figures | {"candidate": trained.number}


def _recalibrate(
    session: Session, version: RankerVersion, ranker: TrainedRanker, latest: Latest, *, reason: str, day: date, now: datetime
) -> None:
    """From all outcomes since training, the newest counting most. The order of the customers stays."""
    bare = replace(ranker, calibration=Calibration(1.0, 0.0))
    chances = np.clip(score(bare, as_learned(latest.frame, ranker.encoding)), 1e-15, 1 - 1e-15)
    margins = np.log(chances / (1 - chances))
    fitted = fit_rolling_calibration(margins, latest.labels, latest.days, day.toordinal(), base=ranker.calibration)
    session.add(
        RankerCalibration(
            ranker_version_id=version.id,
            calibration=asdict(fitted),
            contacts_from=date.fromordinal(int(latest.days.min())),
            contacts_to=date.fromordinal(int(latest.days.max())),
            example_count=int(latest.newer.sum()),
            positive_count=int(latest.labels[latest.newer].sum()),
            reason=reason,
            fitted_at=now,
        )
    )
    session.flush()


def _asks(alarms: list[Alarm], consequence: str) -> bool:
    return any(alarm.consequence == consequence for alarm in alarms)


def _first(alarms: list[Alarm], consequence: str) -> str:
    return next(alarm.says for alarm in alarms if alarm.consequence == consequence)
