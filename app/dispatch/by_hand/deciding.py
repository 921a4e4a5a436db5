"""Deciding many returns alike, in earnest or as a trial: each for itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import AppError
from app.dispatch.by_hand.returning import decide_return
from app.models.work_order import ReturnDecision


@dataclass(frozen=True)
class ReturnResult:
    """What came of one return: `code` and `detail` say why nothing did; `state`: of its work order now."""

    return_id: int
    done: bool
    code: str | None
    detail: str | None
    work_order_id: int | None
    state: str | None


def decide_returns(
    session: Session,
    *,
    return_ids: Sequence[int],
    decision: ReturnDecision,
    note: str | None,
    grid_ids: Collection[int] | None,
    actor_account_id: int | None,
    dry_run: bool,
    now: datetime,
) -> list[ReturnResult]:
    """The same decision on each of these returns of these grids; one that is refused stops no other. A trial takes all back."""

    def decide(return_id: int) -> ReturnResult:
        try:
            with session.begin_nested():
                found = decide_return(
                    session,
                    return_id=return_id,
                    decision=decision,
                    note=note,
                    grid_ids=grid_ids,
                    actor_account_id=actor_account_id,
                    now=now,
                )
        except AppError as error:
            return ReturnResult(return_id, False, error.code, error.detail, None, None)
        return ReturnResult(return_id, True, None, None, found.work_order_id, found.state.value)

    with session.begin_nested() as trial:
        results = [decide(return_id) for return_id in sorted(set(return_ids))]
        if dry_run:
            trial.rollback()
    if dry_run:
        session.expire_all()  # what was tried is not so
    return results
