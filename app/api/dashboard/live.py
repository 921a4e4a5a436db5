"""My grids as they are now: managers, funnel, pace, what is stuck, one manager's work, the map."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.dashboard.live_schemas import MapOut, OrdersOut, StuckList, TodayOut
from app.api.deps import GridManager, Now, SessionDep, SettingsDep
from app.api.types import Code, CodePath
from app.reports.live.map import map_of
from app.reports.live.stuck import orders_of, stuck_work
from app.reports.live.today import today_of

router = APIRouter(prefix="/dashboard/v1/live", tags=["dashboard"])

GridCode = Annotated[
    Code | None, Query(description="this one of my grids; all of them where left out, or the first of very many")
]


@router.get("")
def show_today(principal: GridManager, session: SessionDep, now: Now, grid_code: GridCode = None) -> TodayOut:
    """Today, per manager and in sum."""
    return TodayOut.model_validate(today_of(session, principal=principal, grid_code=grid_code, now=now))


@router.get("/stuck")
def show_stuck(principal: GridManager, session: SessionDep) -> StuckList:
    """Work of my grids that nobody moves, by the rules of escalation."""
    return StuckList.model_validate({"items": stuck_work(session, grid_ids=principal.grid_ids)})


@router.get("/managers/{staff_no}/work-orders")
def show_orders(staff_no: CodePath, principal: GridManager, session: SessionDep, now: Now) -> OrdersOut:
    """What one of my managers has, and who could have it instead."""
    return OrdersOut.model_validate(orders_of(session, staff_no=staff_no, grid_ids=principal.grid_ids, now=now))


@router.get("/map")
def show_map(principal: GridManager, session: SessionDep, settings: SettingsDep, now: Now, grid_code: GridCode = None) -> MapOut:
    """One of my grids on the map."""
    found = map_of(session, principal=principal, grid_code=grid_code, tiles=settings.map_tiles, now=now)
    return MapOut.model_validate(found)
