"""Every ranker with what its gates said at training and what the watch saw last."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.score import RankerVersion
from app.scoring.queries import RankerRow, all_rankers
from app.scoring.watching.queries import last_alarms


@dataclass(frozen=True)
class RankerLine(RankerRow):
    """`refused_by`: the first gate that refused it at training, empty where all let it pass, None where none was asked.

    `alarms`: how many the watch saw last, None where it never looked.
    """

    refused_by: str | None
    alarms: int | None


def list_lines(session: Session) -> list[RankerLine]:
    """By product, the newest first."""
    asked = session.execute(select(RankerVersion.id, RankerVersion.report["gates"]).order_by(RankerVersion.id))
    gates: dict[int, Any] = {version_id: found for version_id, found in asked}  # noqa: C416 - rows are no pairs to mypy
    alarms = last_alarms(session)
    lines = [
        RankerLine(**vars(row), refused_by=_refused_by(gates.get(row.id)), alarms=alarms.get(row.id))
        for row in all_rankers(session)
    ]
    return sorted(lines, key=lambda line: (line.product_code, -line.number))


def _refused_by(gates: list[dict[str, object]] | None) -> str | None:
    if not gates:
        return None
    return next((str(gate["name"]) for gate in gates if not gate["passed"]), "")
