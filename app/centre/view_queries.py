"""Reads of saved views: one's own, and those shared with one's role or unit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.core.security import Principal
from app.models.organisation import Staff, Unit
from app.models.saved_view import SavedView, ViewKind


class UnknownView(NotFound):
    """There is no such view of yours or shared with you."""

    code = "view.unknown"


@dataclass(frozen=True)
class ViewRow:
    """A view; `is_mine`: who reads it may change it."""

    id: int
    kind: ViewKind
    name: str
    definition: dict[str, Any]
    owner_name: str
    is_mine: bool
    shared_role: str | None
    shared_unit_code: str | None
    changed_at: datetime


def list_views(session: Session, *, principal: Principal, kind: ViewKind) -> list[ViewRow]:
    """Views of a kind: one's own first, then by name."""
    statement = _visible(session, principal).where(SavedView.kind == kind)
    mine = SavedView.owner_staff_id == principal.staff_id
    rows = session.execute(statement.order_by(mine.desc(), SavedView.name, SavedView.id))
    return [_row(row, principal) for row in rows]


def get_view(session: Session, *, view_id: int, principal: Principal) -> ViewRow:
    """One view; raises UnknownView alike for one that is not there and one that is not shared with this person."""
    row = session.execute(_visible(session, principal).where(SavedView.id == view_id).order_by(SavedView.id)).one_or_none()
    if row is None:
        raise UnknownView
    return _row(row, principal)


def lock_own_view(session: Session, *, view_id: int, principal: Principal) -> SavedView | None:
    """One's own view, locked until the end of the transaction."""
    statement = select(SavedView).where(SavedView.id == view_id, SavedView.owner_staff_id == principal.staff_id)
    return session.scalar(statement.order_by(SavedView.id).with_for_update())


def count_own_views(session: Session, principal: Principal) -> int:
    """How many views a person has."""
    statement = select(func.count()).select_from(SavedView).where(SavedView.owner_staff_id == principal.staff_id)
    return session.scalars(statement.order_by(None)).one()


def has_own_view(session: Session, *, principal: Principal, kind: ViewKind, name: str, but: int | None) -> bool:
    """Has this person another view of this name?"""
    statement = select(SavedView.id).where(
        SavedView.owner_staff_id == principal.staff_id, SavedView.kind == kind, SavedView.name == name, SavedView.id != (but or 0)
    )
    return session.scalar(statement.order_by(SavedView.id)) is not None


def find_unit_id(session: Session, code: str) -> int | None:
    """The unit with this code."""
    return session.scalar(select(Unit.id).where(Unit.code == code).order_by(Unit.id))


def _units_above(session: Session, unit_id: int | None) -> list[int]:
    """A unit and what it stands under."""
    branch, company = aliased(Unit), aliased(Unit)
    statement = select(Unit.id, branch.id, company.id).outerjoin(branch, branch.id == Unit.parent_id)
    row = session.execute(
        statement.outerjoin(company, company.id == branch.parent_id).where(Unit.id == unit_id).order_by(Unit.id)
    ).one_or_none()
    return [each for each in row or () if each is not None]


def _visible(session: Session, principal: Principal) -> Select[SavedView, str, str]:
    shared = or_(
        SavedView.owner_staff_id == principal.staff_id,
        SavedView.shared_role == principal.role,
        SavedView.shared_unit_id.in_(_units_above(session, principal.unit_id)),
    )
    statement = select(SavedView, Staff.name, Unit.code).join(Staff, Staff.id == SavedView.owner_staff_id)
    return statement.outerjoin(Unit, Unit.id == SavedView.shared_unit_id).where(shared)


def _row(row: Row[SavedView, str, str], principal: Principal) -> ViewRow:
    view, owner_name, unit_code = row
    mine = view.owner_staff_id == principal.staff_id
    return ViewRow(
        view.id, ViewKind(view.kind), view.name, view.definition, owner_name, mine, view.shared_role, unit_code, view.changed_at
    )
