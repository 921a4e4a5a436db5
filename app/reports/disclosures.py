"""Who was shown what of customers beyond the daily work, and why: for those who answer for the people or the customers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.disclosure import Disclosure, DisclosureKind
from app.models.organisation import Staff, Unit


@dataclass(frozen=True)
class Asked:
    """What is looked for; None: anything."""

    staff_no: str | None = None
    customer_no: str | None = None
    kind: DisclosureKind | None = None


@dataclass(frozen=True)
class DisclosureRow:
    """Something that was shown. `unit_code`: where the person worked then; `ends_at`: of an opening."""

    id: int
    kind: DisclosureKind
    happened_at: datetime
    staff_no: str
    manager_name: str
    unit_code: str
    customer_no: str
    work_order_id: int | None
    purpose: str
    ends_at: datetime | None


def disclosure_page(
    session: Session, *, grid_ids: Collection[int], asked: Asked, secret: str, cursor: str | None, limit: int
) -> Page[DisclosureRow]:
    """A page of what people of these grids were shown, and of what was shown of their customers; newest first.

    Raises WrongCursor, Invalid for a wrong limit.
    """
    size = clamp_page_size(limit)
    name = f"disclosures/{sorted(grid_ids)}/{asked}"
    statement = _rows().where(or_(Disclosure.unit_id.in_(grid_ids), Disclosure.customer_grid_id.in_(grid_ids)))
    if asked.staff_no is not None:
        statement = statement.where(Staff.staff_no == asked.staff_no)
    if asked.customer_no is not None:
        statement = statement.where(Disclosure.customer_no == asked.customer_no)
    if asked.kind is not None:
        statement = statement.where(Disclosure.kind == asked.kind)
    if cursor is not None:
        statement = statement.where(Disclosure.id < int(read_cursor(secret, name, cursor)))
    rows = [DisclosureRow(*row) for row in session.execute(statement.order_by(Disclosure.id.desc()).limit(size + 1))]
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].id) if len(rows) > size else None)


def _rows() -> Select[*tuple[Any, ...]]:
    one = Disclosure
    columns: list[Any] = [one.id, one.kind, one.happened_at, Staff.staff_no, Staff.name, Unit.code, one.customer_no]
    columns += [one.work_order_id, one.purpose, one.ends_at]
    return select(*columns).join(Staff, Staff.id == one.staff_id).join(Unit, Unit.id == one.unit_id)
