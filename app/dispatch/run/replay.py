"""A past run repeated from its stored inputs: as it was, or by other rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.storage import storage_of
from app.dispatch import queries
from app.dispatch.run.deciding import decide_run
from app.dispatch.run.keeping import KeptInputs, load_inputs
from app.dispatch.run.rerunning import CampaignComparison, Changes, changed, check_changes, compare
from app.models.work_order import DispatchRun


class InputsNotKept(Conflict):
    """The inputs of this run are not kept: it is of before they were, or older than they are kept."""

    code = "dispatch.inputs_not_kept"


@dataclass(frozen=True)
class RunSummary:
    """A run of one campaign. objective, bound: see RunDecision; gap: (bound - objective) / bound, None where bound is 0.

    `freed_places`: for how many places that were free again it was; None where it was no refill. `prices`: see pricing.py.
    """

    run_id: int
    campaign_code: str
    started_at: datetime
    finished_at: datetime
    target_count: int
    waterfall: Mapping[str, Any]
    objective: float | None
    bound: float | None
    gap: float | None
    can_be_replayed: bool
    code_version: str | None
    freed_places: int | None
    prices: Mapping[str, Any] | None


@dataclass(frozen=True)
class Replay:
    """What came of a run's inputs now. `identical`: by its own rules the decisions are those of the run, to the last one."""

    run_id: int
    changes: Changes
    identical: bool
    objective_before: float
    objective_after: float
    bound_after: float
    campaigns: list[CampaignComparison]


def replay_run(session: Session, *, run_id: int, changes: Changes | None = None) -> Replay:
    """Decide a run again from what it read. Nothing is written.

    Raises UnknownRun, Invalid for a rule, InputsNotKept, StoredFileMissing, InputsChanged.
    """
    changes = changes or Changes()
    check_changes(changes)
    run = queries.get_run(session, run_id)
    inputs = load_inputs(storage_of(session), _kept(run))
    again = decide_run(inputs)
    other = decide_run(changed(inputs, changes), without=changes.without) if changes.are_some else again
    return Replay(
        run_id=run_id,
        changes=changes,
        identical=again.digest(inputs.managers.staff) == run.result_sha256,
        objective_before=again.worth,
        objective_after=other.worth,
        bound_after=other.bound,
        campaigns=compare(inputs, again, other),
    )


def summarise_run(session: Session, *, run_id: int) -> RunSummary:
    """A run with its figures. Raises UnknownRun."""
    return _summary(queries.get_run(session, run_id), queries.code_of_run(session, run_id))


def list_summaries(session: Session, *, campaign_code: str | None, limit: int) -> list[RunSummary]:
    """The newest runs, newest first; of one campaign where its code is given."""
    return [_summary(run, code) for run, code in queries.list_runs(session, campaign_code=campaign_code, limit=limit)]


def _summary(run: DispatchRun, code: str) -> RunSummary:
    objective, bound = (None if value is None else float(value) for value in (run.objective, run.bound))
    return RunSummary(
        run_id=run.id,
        campaign_code=code,
        started_at=run.started_at,
        finished_at=run.finished_at,
        target_count=run.target_count,
        waterfall=run.waterfall,
        objective=objective,
        bound=bound,
        gap=(bound - objective) / bound if bound and objective is not None else None,
        can_be_replayed=run.inputs_path is not None,
        freed_places=run.freed_places,
        prices=run.prices,
        code_version=run.code_version,
    )


def _kept(run: DispatchRun) -> KeptInputs:
    if run.inputs_path is None or run.inputs_sha256 is None:
        raise InputsNotKept
    return KeptInputs(run.inputs_path, run.inputs_sha256)
