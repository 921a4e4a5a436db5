"""Drawing back-checks: every manager, once for each part of a month that is over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from json import dumps
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.clock import Month
from app.core.errors import Invalid
from app.models.feedback import BackCheckStratum
from app.verification import drawing_queries as queries
from app.verification import sampling
from app.verification.drawing_queries import Candidate
from app.verification.sampling import CASE_SHARE, DEFAULT_SHARE, RISK_SHARE

Risks = Mapping[UUID, float]  # with which probability a feedback is drawn for its risk; not there: 0

_INSERT_DRAWN = text(
    """
    INSERT INTO back_checks (feedback_id, staff_id, grid_id, month, inclusion_probability, core_probability, risk_probability,
                             caller_grid_id, drawn_at)
    SELECT f.id, f.staff_id, f.grid_id, f.month, d.joint, d.core, d.risk, d.caller, :now
    FROM json_to_recordset(CAST(:drawn AS json)) AS d (id uuid, joint float8, core float8, risk float8, caller int)
    JOIN contact_feedback f ON f.id = d.id
    ON CONFLICT (feedback_id) DO NOTHING
    """
)


def draw_back_checks(
    session: Session, *, month: Month, secret: str, now: datetime, share: float = DEFAULT_SHARE, risks: Risks | None = None
) -> dict[str, int]:
    """Draw from what each manager reported in those parts of a month that are over and not drawn from yet.

    `risks`: see Risks; they must not follow from what was drawn before. By default from findings and cases, decided or not.
    Raises Invalid for a wrong share.
    """
    if not 0 < share <= 1:
        raise Invalid("share", "a number above 0, at most 1")
    counts = {"looked_at": 0, "drawn": 0}
    if risks is None:
        suspected = queries.suspected(session, month)
        risks = {one: RISK_SHARE if found else CASE_SHARE for one, found in suspected}
    others = queries.grids_to_ask(session, today=clock.local_date(now))
    for part, first, end in sampling.parts_over(month.year, month.number, clock.local_date(now)):
        begins, ends = clock.start_of_day(first), clock.start_of_day(end)
        by_manager = queries.undrawn(session, month=month, part=part, begins=begins, ends=ends)
        guaranteed = queries.guaranteed_before(session, month=month, part=part, staff_ids=by_manager)
        drawn: list[dict[str, Any]] = []
        for staff_id, candidates in by_manager.items():
            stratum = _stratum(staff_id, month, part, len(candidates), share, guaranteed.get(staff_id, 0), now)
            if _claim(session, stratum):
                counts["looked_at"] += len(candidates)
                drawn += _drawn(stratum, candidates, secret, risks, others)
        if drawn:
            session.execute(_INSERT_DRAWN, {"drawn": dumps(drawn), "now": now})
        counts["drawn"] += len(drawn)
    return counts


def _stratum(
    staff_id: int, month: Month, part: int, population: int, share: float, guaranteed: int, now: datetime
) -> dict[str, Any]:
    position = sampling.part_of_quarter(month.number, part)
    at_least, poisson = sampling.least(position, guaranteed), sampling.share_of(position, share)
    return {
        "staff_id": staff_id,
        "month": month,
        "part": part,
        "population": population,
        "share": poisson,
        "least": at_least,
        "guaranteed": min(at_least, population),
        "core_probability": sampling.core_probability(population, poisson, at_least),
        "drawn_at": now,
    }


def _claim(session: Session, stratum: Mapping[str, Any]) -> bool:
    """Whether nobody drew from it before: of two draws at once the second waits here, and leaves it."""
    made = insert(BackCheckStratum).values(stratum).on_conflict_do_nothing().returning(BackCheckStratum.part)
    return session.scalar(made) is not None


def _drawn(
    stratum: Mapping[str, Any], candidates: Sequence[Candidate], secret: str, risks: Risks, others: Mapping[int, Sequence[int]]
) -> list[dict[str, Any]]:
    core, at_least = stratum["core_probability"], stratum["least"]
    chosen = sampling.draw_core(secret, [one.feedback_id for one in candidates], stratum["share"], at_least)
    chosen |= sampling.draw_risk(secret, [(one.feedback_id, risks.get(one.feedback_id, 0.0)) for one in candidates])
    return [
        {
            "id": str(one.feedback_id),
            "core": core,
            "risk": risks.get(one.feedback_id, 0.0),
            "joint": sampling.joint_probability(core, risks.get(one.feedback_id, 0.0)),
            "caller": sampling.choose_caller(secret, one.feedback_id, others.get(one.grid_id, ())),
        }
        for one in candidates
        if one.feedback_id in chosen
    ]
