"""A ranker as text to be stored: canonical JSON with a checksum, read back to the same ranker or refused."""

import hashlib
import json
from dataclasses import asdict
from datetime import date
from typing import Any

from app.core.errors import Invalid
from app.scoring.learning.boosting import Settings
from app.scoring.learning.calibration import Calibration
from app.scoring.learning.encoding import Encoding
from app.scoring.learning.evaluate import Evaluation
from app.scoring.learning.leaks import Refusal
from app.scoring.learning.ranker import TrainedRanker
from app.scoring.uplift.part import UpliftPart

FORMAT = 1


class RankerCorrupt(Invalid):
    """The stored ranker is damaged."""

    code = "ranker_corrupt"


def checksum(ranker: TrainedRanker) -> str:
    """SHA-256 (hex) of the canonical body: equal for equal rankers."""
    return _digest(_body(ranker))


def to_json(ranker: TrainedRanker) -> str:
    """`{"checksum": ..., "format": 1, "ranker": {...}}`, keys sorted, no spaces: the same ranker gives the same bytes."""
    body = _body(ranker)
    return _canonical({"checksum": _digest(body), "format": FORMAT, "ranker": body})


def from_json(text: str) -> TrainedRanker:
    """The ranker `to_json` wrote. Raises RankerCorrupt when it is not JSON, of another format, or altered."""
    try:
        stored = json.loads(text)
    except ValueError as error:
        raise RankerCorrupt("ranker", "JSON text of a stored ranker") from error
    if not isinstance(stored, dict) or stored.get("format") != FORMAT or not isinstance(stored.get("ranker"), dict):
        raise RankerCorrupt("format", f"a stored ranker of format {FORMAT}")
    body = stored["ranker"]
    if stored.get("checksum") != _digest(body):
        raise RankerCorrupt("checksum", f"{_digest(body)}, computed from the content, got {stored.get('checksum')!r}")
    return TrainedRanker(
        boosters=tuple(body["boosters"]),
        encoding=Encoding.from_dict(body["encoding"]),
        calibration=Calibration.from_dict(body["calibration"]),
        settings=Settings(**body["settings"]),
        seed=body["seed"],
        validation=body["validation"],
        metrics=Evaluation(**body["metrics"]),
        plain_metrics=Evaluation(**body["plain_metrics"]),
        rows=body["rows"],
        positives=body["positives"],
        first_day=date.fromisoformat(body["first_day"]),
        last_day=date.fromisoformat(body["last_day"]),
        mix=tuple(Settings(**settings) for settings in body.get("mix", ())),
        refused=tuple(Refusal(**refusal) for refusal in body.get("refused", ())),
        trials=body.get("trials", 0),
        tuned_loss=body.get("tuned_loss"),
        explored_metrics=Evaluation(**body["explored_metrics"]) if body.get("explored_metrics") else None,
        uplift=UpliftPart.from_dict(body["uplift"]) if body.get("uplift") else None,
    )


def _body(ranker: TrainedRanker) -> dict[str, Any]:
    days = {"first_day": ranker.first_day.isoformat(), "last_day": ranker.last_day.isoformat()}
    return {**asdict(ranker), "encoding": ranker.encoding.to_dict(), **days}


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(body).encode()).hexdigest()


def _canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
