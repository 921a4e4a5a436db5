"""The grid manager's list of customers to call back."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.verification import queries


def drawn_page(
    session: Session, *, grid_ids: Collection[int], answered: bool, secret: str, cursor: str | None, limit: int
) -> Page[Row[*tuple[Any, ...]]]:
    """A page of these grids' back-checks, the longest drawn first. Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    list_name = f"back-checks/{answered}/{sorted(grid_ids)}"
    after = None if cursor is None else _position(read_cursor(secret, list_name, cursor))
    rows = queries.back_checks(session, grid_ids=grid_ids, answered=answered, after=after, limit=size + 1)
    shown = rows[:size]
    more = len(rows) > size
    last = [shown[-1].drawn_at.isoformat(), str(shown[-1].feedback_id)] if more else None
    return Page(shown, write_cursor(secret, list_name, last) if more else None)


def _position(written: list[str]) -> tuple[datetime, UUID]:
    return datetime.fromisoformat(written[0]), UUID(written[1])
