"""Work orders of my grids, many at once: in earnest or as a trial, with one result each."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, status
from pydantic import Field

from app.api.chinese.rows import Refusable
from app.api.deps import GridManager, Now, SessionDep
from app.api.types import LARGEST_ID, Code, In, Out, ShortText
from app.dispatch.by_hand.actions import act_on_work_orders
from app.dispatch.by_hand.terms import MOST_ROWS, Action, Filter, Verb
from app.models.work_order import WorkOrderState

router = APIRouter(prefix="/dashboard/v1/work-orders", tags=["dashboard"])


class ActionIn(In):
    """What is done with each. reassign, split and lend need `to_staff_nos`; lend `until`; extend `due_on`."""

    verb: Verb
    reason: ShortText
    to_staff_nos: list[ShortText] = Field(default=[], max_length=50)
    until: date | None = None
    due_on: date | None = None
    scheduled_on: date | None = None

    def meant(self) -> Action:
        """As the service takes it."""
        return Action(**self.model_dump())


class FilterIn(In):
    """Which work orders of my grids; days include both ends."""

    states: tuple[WorkOrderState, ...] = (WorkOrderState.PLANNED, WorkOrderState.OPEN)
    campaign_code: Code | None = None
    staff_no: ShortText | None = None
    scheduled_from: date | None = None
    scheduled_to: date | None = None
    due_to: date | None = None
    pooled: bool | None = None

    def meant(self) -> Filter:
        """As the service takes it."""
        return Filter(**self.model_dump())


class BulkIn(In):
    """Either ids or a filter. `dry_run`: the same answer, and nothing is changed."""

    action: ActionIn
    ids: list[Annotated[int, Field(ge=1, le=LARGEST_ID)]] | None = Field(None, min_length=1, max_length=MOST_ROWS)
    filter: FilterIn | None = None
    dry_run: bool = False

    def chosen(self) -> Filter | None:
        """The filter as the service takes it."""
        return None if self.filter is None else self.filter.meant()


class BulkRow(Refusable):
    """What came of one work order: done, or why not; and how it is now (in a trial: how it would be)."""

    work_order_id: int
    done: bool
    code: str | None
    detail: str | None
    state: WorkOrderState | None
    staff_no: str | None
    scheduled_on: date | None
    due_on: date | None


class BulkOut(Out):
    """One result for each work order, by id."""

    dry_run: bool
    items: list[BulkRow]


@router.post("/bulk", status_code=status.HTTP_207_MULTI_STATUS)
def act_in_bulk(body: BulkIn, principal: GridManager, session: SessionDep, now: Now) -> BulkOut:
    """Reassign, split, lend, bring home, pool, pull back, extend or start work orders; a refused one stops no other."""
    results = act_on_work_orders(
        session,
        action=body.action.meant(),
        ids=body.ids,
        chosen=body.chosen(),
        grid_ids=principal.grid_ids,
        actor_account_id=principal.account_id,
        dry_run=body.dry_run,
        now=now,
    )
    return BulkOut(dry_run=body.dry_run, items=[BulkRow.model_validate(result) for result in results])
