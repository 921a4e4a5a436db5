"""How far a requested run is, and stopping it: told and asked between its phases, in short transactions beside the run's own.

A run keeps its request locked until it is done, so what is told of it stands in a row beside (`run_progress`). A stop is a mark
in it. The run looks at it between two phases and then refuses itself: everything it did is rolled back, and the request says
that it was stopped. A request that nobody works on yet is stopped at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import set_scope
from app.core.errors import Conflict
from app.core.security import Principal
from app.dispatch import request_queries as queries
from app.models.planning import RunProgress
from app.models.work_order import DispatchRequest, RequestOutcome

PHASES = ("waiting", "reading", "deciding", "writing", "balancing")
_TELL = text("""
UPDATE run_progress SET phase = :phase, told_at = recorded_now(),
    begun_at = CASE WHEN :phase = 0 THEN recorded_now() ELSE begun_at END
WHERE request_id = :id RETURNING stop_asked_at IS NOT NULL""")
_STOP = "UPDATE run_progress SET stop_asked_at = coalesce(stop_asked_at, :now), stop_asked_by = coalesce(stop_asked_by, :by)"

Told = Callable[[int], None]


class RunStopped(Conflict):
    """Somebody stopped this run: nothing of it was kept."""

    code = "dispatch.stopped"


class RequestOver(Conflict):
    """This dispatch is over already: there is nothing to stop."""

    code = "dispatch.request_over"


@dataclass(frozen=True)
class RunReport:
    """How far a requested dispatch is. state: waiting, running, stopping, done, failed, stopped; `phase` of PHASES while it runs;
    `ahead`: how many come before it; `counts`: what came of each campaign."""

    id: int
    campaign_codes: list[str]
    state: str
    ahead: int
    phase: str | None
    step: int
    steps: int
    requested_at: datetime
    begun_at: datetime | None
    told_at: datetime | None
    finished_at: datetime | None
    stop_asked_at: datetime | None
    counts: dict[str, Any]
    error: str | None


def tell_nobody(_: int) -> None:
    """Who dispatches at once is told nothing in between, and cannot be stopped."""


def teller(session: Session, request_id: int) -> Told:
    """What tells that a run begins a phase, for all to see at once; raises RunStopped where somebody asked for that."""

    def told(phase: int) -> None:
        with Session(session.get_bind().engine) as own, own.begin():
            set_scope(own, scope="all")
            is_stopped = own.scalar(_TELL, {"id": request_id, "phase": phase})
        if is_stopped:
            raise RunStopped

    return told


def stop_request(session: Session, *, request_id: int, by: Principal, now: datetime) -> RunReport:
    """Stop a requested dispatch: at once where it waits, else between two phases of its run.

    Raises UnknownRequest, RequestOver.
    """
    request = queries.get_request(session, request_id)
    if request.outcome is not None:
        raise RequestOver
    session.execute(text(f"{_STOP} WHERE request_id = :id"), {"id": request_id, "now": now, "by": by.account_id})
    waiting = queries.lock_if_waiting(session, request_id)
    if waiting is not None:
        waiting.outcome, waiting.finished_at = RequestOutcome.STOPPED, now
        session.flush()
    return report_run(session, request_id=request_id)


def report_run(session: Session, *, request_id: int) -> RunReport:
    """How far a requested dispatch is. Raises UnknownRequest."""
    return _report(session, queries.get_request(session, request_id))


def report_runs(session: Session, *, campaign_code: str | None, limit: int) -> list[RunReport]:
    """The newest requests, newest first; of one campaign where its code is given."""
    return [_report(session, request) for request in queries.list_requests(session, campaign_code=campaign_code, limit=limit)]


def _report(session: Session, request: DispatchRequest) -> RunReport:
    progress = queries.find_progress(session, request.id) or RunProgress(request_id=request.id, phase=0)
    waits = request.outcome is None and progress.begun_at is None
    return RunReport(
        id=request.id,
        campaign_codes=request.campaign_codes,
        state=_state(request, progress),
        ahead=queries.count_waiting_before(session, request.id) if waits else 0,
        phase=PHASES[progress.phase] if request.outcome is None and progress.begun_at is not None else None,
        step=len(PHASES) if request.outcome is RequestOutcome.DONE else progress.phase,
        steps=len(PHASES),
        requested_at=request.requested_at,
        begun_at=progress.begun_at,
        told_at=progress.told_at,
        finished_at=request.finished_at,
        stop_asked_at=progress.stop_asked_at,
        counts=request.counts or {},
        error=request.error,
    )


def _state(request: DispatchRequest, progress: RunProgress) -> str:
    if request.outcome is not None:
        return request.outcome.value
    if progress.stop_asked_at is not None:
        return "stopping"
    return "waiting" if progress.begun_at is None else "running"
