"""Saving views and sharing them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.centre import view_queries
from app.centre.view_queries import UnknownView, ViewRow
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.models.organisation import Role
from app.models.saved_view import SavedView, ViewKind

MOST_VIEWS = 100


class ViewNameTaken(Conflict):
    """You have another view of this name."""

    code = "view.name_taken"


class TooManyViews(Conflict):
    """You have as many views as anybody may have: delete one first."""

    code = "view.too_many"


class NotAPerson(Forbidden):
    """A system has no views of its own."""

    code = "view.not_a_person"


@dataclass(frozen=True)
class ViewOptions:
    """What a view is called, what it shows, and who may look at it besides its owner."""

    kind: ViewKind
    name: str
    definition: dict[str, Any]
    shared_role: Role | None = None
    shared_unit_code: str | None = None


def save_view(session: Session, *, options: ViewOptions, principal: Principal, now: datetime) -> ViewRow:
    """A new view of this person's. Raises ViewNameTaken, TooManyViews, NotAPerson, and Invalid where there is no such unit."""
    if principal.staff_id is None:
        raise NotAPerson
    if view_queries.count_own_views(session, principal) >= MOST_VIEWS:
        raise TooManyViews
    view = SavedView(owner_staff_id=principal.staff_id, created_at=now)
    _write(session, view, options, principal, now)
    return view_queries.get_view(session, view_id=view.id, principal=principal)


def change_view(session: Session, *, view_id: int, options: ViewOptions, principal: Principal, now: datetime) -> ViewRow:
    """Change one's own view. Raises UnknownView (also for what others shared), ViewNameTaken, Invalid."""
    view = view_queries.lock_own_view(session, view_id=view_id, principal=principal)
    if view is None:
        raise UnknownView
    _write(session, view, options, principal, now)
    return view_queries.get_view(session, view_id=view.id, principal=principal)


def delete_view(session: Session, *, view_id: int, principal: Principal) -> None:
    """Delete one's own view, for those too with whom it was shared. Raises UnknownView."""
    view = view_queries.lock_own_view(session, view_id=view_id, principal=principal)
    if view is None:
        raise UnknownView
    session.delete(view)
    session.flush()


def _write(session: Session, view: SavedView, options: ViewOptions, principal: Principal, now: datetime) -> None:
    name = options.name.strip()
    if not name:
        raise Invalid("name", "a name of at least one letter")
    if view_queries.has_own_view(session, principal=principal, kind=options.kind, name=name, but=view.id):
        raise ViewNameTaken
    view.kind, view.name, view.definition = options.kind, name, options.definition
    view.shared_role = options.shared_role
    view.shared_unit_id = _unit_id(session, options.shared_unit_code)
    view.changed_at = now
    session.add(view)
    session.flush()


def _unit_id(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = view_queries.find_unit_id(session, code)
    if found is None:
        raise Invalid("shared_unit_code", f"the code of a unit, got {code}")
    return found
