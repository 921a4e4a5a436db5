"""How long the stored inputs of runs stay: for some days, while months are open that they may have to explain, or for good."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.core.errors import Invalid
from app.dispatch import queries
from app.dispatch.run.replay import InputsNotKept
from app.models.work_order import DispatchRun

KEPT_DAYS = 400  # where an installation sets nothing else
LONGEST_REASON = 1_000
_MARK = "UPDATE dispatch_runs SET kept_because = :because WHERE inputs_path = :path"
# Of the campaigns of one run, which share a folder, the last one decides. The orders count in the month in which their
# campaign matures, at the end of that day.
_FORGET = """
UPDATE dispatch_runs SET inputs_path = NULL WHERE inputs_path IN (
    SELECT r.inputs_path FROM dispatch_runs r JOIN campaigns k ON k.id = r.campaign_id
    CROSS JOIN LATERAL (SELECT k.ends_on + k.attribution_days + k.maturity_days + 1 AS day) matured
    LEFT JOIN points_months m ON m.month = CAST(date_trunc('month', matured.day) AS date) AND m.closed_at IS NOT NULL
    WHERE r.inputs_path IS NOT NULL GROUP BY r.inputs_path
    HAVING max(r.started_at) < :before AND bool_and(r.kept_because IS NULL) AND bool_and(m.month IS NOT NULL))
"""


def keep_run(session: Session, *, run_id: int, because: str | None) -> DispatchRun:
    """Keep the inputs of a run, and of those that share them, for good; without a reason, for the usual time again.

    Raises UnknownRun, InputsNotKept where they are gone, Invalid.
    """
    run = queries.get_run(session, run_id)
    if run.inputs_path is None:
        raise InputsNotKept
    if because is not None and not (because.strip() and len(because) <= LONGEST_REASON and because.isprintable()):
        raise Invalid("because", f"why it is kept, 1 to {LONGEST_REASON} characters of one line")
    count_changed(session, _MARK, {"path": run.inputs_path, "because": because})
    session.refresh(run)
    return run


def forget_inputs(session: Session, *, days: int = KEPT_DAYS, now: datetime) -> dict[str, int]:
    """Forget where the inputs are of runs older than so many days whose months are closed, unless somebody keeps them:
    {forgotten: runs}. The files go with the next sweep of files that nothing names.
    """
    return {"forgotten": count_changed(session, _FORGET, {"before": now - timedelta(days=days)})}
