"""Setting what grids are to reach."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Invalid
from app.core.security import Principal
from app.figures.rates import BETTER, COUNTED
from app.figures.unit_queries import all_units
from app.models.figures import FigureTarget

AIMED_AT = (*BETTER, *COUNTED)


def set_targets(
    session: Session, *, principal: Principal, month: Month, metric: str, values: Mapping[str, Decimal | None], now: datetime
) -> int:
    """Set a target of each of these grids of mine (by code), or take it away (None); how many were named.

    All or nothing. Raises Invalid for a metric that is no target, and for a grid that is not mine.
    """
    if metric not in AIMED_AT:
        raise Invalid("metric", "one of " + ", ".join(AIMED_AT))
    mine = {one.code: one.id for one in all_units(session).values() if one.id in principal.grid_ids}
    if unknown := sorted(set(values) - mine.keys()):
        raise Invalid("values", f"codes of my grids, which {unknown[0]} is not")
    for code, value in values.items():
        _set(session, principal, mine[code], month, metric, value, now)
    return len(values)


def _set(
    session: Session, principal: Principal, grid_id: int, month: Month, metric: str, value: Decimal | None, now: datetime
) -> None:
    key = {"grid_id": grid_id, "month": month, "metric": metric}
    if value is None:
        session.execute(delete(FigureTarget).filter_by(**key))
        return
    set_to = {"value": value, "set_by_account_id": principal.account_id, "set_at": now}
    statement = insert(FigureTarget).values(**key, **set_to)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=set_to))
