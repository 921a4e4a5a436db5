"""Back-checks: the list of customers to ask, the form, and how often answers differ from what managers reported."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.db import whole_company
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.core.security import Principal
from app.verification import asking_queries
from app.verification.form import QUESTIONS, Question, consequence_of

BLIND = ("staff_no", "manager_name", "channel", "outcome", "contacted_at", "feedback_note")  # until it is answered

_RATES = text(
    """
    SELECT s.staff_no, s.name AS manager_name, u.code AS grid_code, c.type, count(*) AS compared,
        count(*) FILTER (WHERE NOT c.agrees) AS differing
    FROM back_checks b CROSS JOIN LATERAL jsonb_to_recordset(b.compared) AS c (type int, agrees boolean)
    JOIN staff s ON s.id = b.staff_id JOIN units u ON u.id = b.grid_id
    WHERE b.month = :month AND b.answered_at IS NOT NULL AND b.grid_id = ANY (:grid_ids)
    GROUP BY s.staff_no, s.name, u.code, c.type ORDER BY s.staff_no, u.code, c.type
    """
)


def drawn_page(
    session: Session, *, principal: Principal, answered: bool, secret: str, cursor: str | None, limit: int
) -> Page[dict[str, Any]]:
    """A page of what I may ask, or of what was answered about my managers, the longest drawn first; blind until answered.

    Raises WrongCursor, Invalid for a wrong limit.
    """
    size = clamp_page_size(limit)
    list_name = f"back-checks/{answered}/{principal.scope}/{sorted(principal.grid_ids)}"
    after = None if cursor is None else _position(read_cursor(secret, list_name, cursor))
    with whole_company(session):
        rows = asking_queries.back_checks(session, principal=principal, answered=answered, after=after, limit=size + 1)
    shown = rows[:size]
    last = [shown[-1].drawn_at.isoformat(), str(shown[-1].feedback_id)] if len(rows) > size else None
    blind = {} if answered else dict.fromkeys(BLIND)
    items = [dict(row._mapping) | blind for row in shown]
    return Page(items, write_cursor(secret, list_name, last) if last else None)


def form_questions(session: Session) -> list[Question]:
    """The form as it is asked; which products there are is known here."""
    families = tuple(asking_queries.product_families(session))
    return [replace(one, choices=families) if one.code == "product" else one for one in QUESTIONS.values()]


def error_rates(session: Session, *, grid_ids: Collection[int], month: Month) -> list[dict[str, Any]]:
    """By manager of these grids and type of question: how many answers of a month differ from the report, what that asks for."""
    rows = session.execute(_RATES, {"month": month.first_day, "grid_ids": list(grid_ids)})
    return [dict(row._mapping) | {"consequence": consequence_of(row.type, row.compared, row.differing)} for row in rows]


def _position(written: list[str]) -> tuple[datetime, UUID]:
    return datetime.fromisoformat(written[0]), UUID(written[1])
