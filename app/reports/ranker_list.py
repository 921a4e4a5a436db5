"""Every ranker with what its gates said at training and what the watch saw last."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.score import RankerVersion
from app.scoring.queries import RankerRow, all_rankers, count_rankers
from app.scoring.watching.queries import last_alarms

LATEST = 12  # of each product and target


@dataclass(frozen=True)
class RankerLine(RankerRow):
    """`refused_by`: the first gate that refused it at training, empty where all let it pass, None where none was asked.

    `alarms`: how many the watch saw last, None where it never looked.
    """

    refused_by: str | None
    alarms: int | None


@dataclass(frozen=True)
class Overview:
    """The champions and the latest rankers of each product and target; so many older ones are left off."""

    items: list[RankerLine]
    left_off: int


def overview(session: Session) -> Overview:
    """By product, the newest first: as much as is looked at, however many versions the years have brought."""
    lines = list_lines(session, latest=LATEST)
    return Overview(lines, count_rankers(session) - len(lines))


def list_lines(session: Session, *, latest: int | None = None) -> list[RankerLine]:
    """By product, the newest first; every version, or so many of each product and target beside the champions."""
    rows = all_rankers(session, latest=latest)
    ids = [row.id for row in rows]
    asked = session.execute(select(RankerVersion.id, RankerVersion.report["gates"]).where(RankerVersion.id.in_(ids)))
    gates: dict[int, Any] = {version_id: found for version_id, found in asked}  # noqa: C416 - rows are no pairs to mypy
    alarms = last_alarms(session, ids)
    lines = [RankerLine(**vars(row), refused_by=_refused_by(gates.get(row.id)), alarms=alarms.get(row.id)) for row in rows]
    return sorted(lines, key=lambda line: (line.product_code, -line.number))


def _refused_by(gates: list[dict[str, object]] | None) -> str | None:
    if not gates:
        return None
    return next((str(gate["name"]) for gate in gates if not gate["passed"]), "")
