"""What the nightly watch saw of a ranker over time, as lines to draw."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.scoring import queries
from app.scoring.dictionary import word_of
from app.scoring.watching.drift import ALARM, MOVED
from app.scoring.watching.queries import WatchRow, list_watches
from app.scoring.word_queries import own_words

MOST_LINES = 8


@dataclass(frozen=True)
class WatchPoint:
    """One night: PSI of the score, what the latest outcomes said, the alarms, and what was done."""

    as_of: date
    watched_at: datetime
    psi: float | None
    base_rate: float | None
    base_rate_then: float | None
    calibration_error: float | None
    label_rows: int
    alarms: list[dict[str, Any]]
    consequence: str


@dataclass(frozen=True)
class DriftLine:
    """PSI of one column, night by night; None on a night where it was broken or not there."""

    feature: str
    name_zh: str
    name_en: str
    psi: list[float | None]


@dataclass(frozen=True)
class RankerDrift:
    """Oldest night first; `lines` are the columns that moved most at any time, the furthest first."""

    points: list[WatchPoint]
    lines: list[DriftLine]
    moved_from: float
    alarm_from: float


def show_drift(session: Session, *, product_code: str, number: int) -> RankerDrift:
    """The last 200 nights of a version. Raises UnknownProduct, UnknownRanker."""
    found = queries.get_ranker(session, product_code=product_code, number=number)
    watches = list_watches(session, product_code=found.product_code, number=found.number)[::-1]
    nights = [{each["feature"]: each["psi"] for each in watch.figures.get("drift", [])} for watch in watches]
    furthest: dict[str, float] = {}
    for night in nights:
        for feature, value in night.items():
            furthest[feature] = max(furthest.get(feature, 0.0), value or 0.0)
    words = own_words(session)
    chosen = sorted(furthest, key=lambda feature: (-furthest[feature], feature))[:MOST_LINES]
    called = {feature: word_of(feature, words) for feature in chosen}
    lines = [DriftLine(each, called[each].zh, called[each].en, [night.get(each) for night in nights]) for each in chosen]
    return RankerDrift([_point(watch) for watch in watches], lines, MOVED, ALARM)


def _point(watch: WatchRow) -> WatchPoint:
    labels, scores = watch.figures.get("labels") or {}, watch.figures.get("scores") or {}
    return WatchPoint(
        as_of=watch.as_of,
        watched_at=watch.watched_at,
        psi=scores.get("psi"),
        base_rate=labels.get("rate"),
        base_rate_then=labels.get("expected_rate"),
        calibration_error=labels.get("calibration_error") if labels.get("rows") else None,
        label_rows=labels.get("rows", 0),
        alarms=watch.alarms,
        consequence=watch.consequence.value,
    )
