"""Points, success and accuracy of managers side by side."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.numbers import round_points
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.points import statement_queries
from app.points.formula import ACCURACY, SUCCESS
from app.points.open_month import ManagerMonth
from app.points.past import show_months_at


@dataclass(frozen=True)
class ManagerPoints:
    """A manager's month with its main figures; rates are exact decimals as text, work orders count by the manager's credit for
    them, to four places."""

    staff_no: str
    name: str
    grid_code: str
    as_of: datetime
    closed_at: datetime | None
    total: str
    successes: Decimal
    matured: Decimal
    success_rate: str | None
    success_index: str | None
    judged: int
    accuracy: str | None
    pending_feedback: int
    lines: list[dict[str, Any]]


def managers_page(
    session: Session,
    month: Month,
    *,
    grid_ids: Collection[int],
    now: datetime,
    as_of: datetime | None = None,
    secret: str,
    cursor: str | None,
    limit: int,
) -> Page[ManagerPoints]:
    """The managers of these grids in a month, by number; with `as_of` as it was served then.

    Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    list_name = f"points/{month}/{sorted(grid_ids)}" + (f"/{as_of.isoformat()}" if as_of else "")
    after = "" if cursor is None else str(read_cursor(secret, list_name, cursor))
    found = statement_queries.managers_of_grids(session, month, grid_ids=grid_ids, after=after, limit=size + 1)
    people = found[:size]
    ids = [staff_id for staff_id, *_ in people]
    months = show_months_at(session, staff_ids=ids, month=month, as_of=as_of, now=now)
    shown = [_with_figures(months[staff_id], staff_no, name, grid_code) for staff_id, staff_no, name, grid_code in people]
    return Page(shown, write_cursor(secret, list_name, people[-1].staff_no) if len(found) > size else None)


def _with_figures(shown: ManagerMonth, staff_no: str, name: str, grid_code: str) -> ManagerPoints:
    success, accuracy = _figures(shown, SUCCESS), _figures(shown, ACCURACY)
    return ManagerPoints(
        staff_no=staff_no,
        name=name,
        grid_code=grid_code,
        as_of=shown.as_of,
        closed_at=shown.closed_at,
        total=shown.total,
        successes=round_points(Decimal(success.get("successes", 0))),
        matured=round_points(Decimal(success.get("matured", 0))),
        success_rate=success.get("success_rate"),
        success_index=success.get("success_index"),
        judged=accuracy.get("confirmed", 0) + accuracy.get("contradicted", 0),
        accuracy=accuracy.get("accuracy"),
        pending_feedback=shown.pending_feedback,
        lines=shown.lines,
    )


def _figures(shown: ManagerMonth, component: str) -> dict[str, Any]:
    earned = (line["figures"] for line in shown.lines if line["component"] == component and line["kind"] == "earned")
    return next(earned, {})
