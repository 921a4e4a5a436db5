"""Views that people saved: their own, and what others share with their role or unit."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field

from app.api.dashboard.cube import CubeIn
from app.api.deps import Now, SessionDep, Viewer
from app.api.types import Code, In, Out, ShortText
from app.centre import view_queries, views
from app.centre.views import ViewOptions
from app.models.organisation import Role
from app.models.saved_view import ViewKind

router = APIRouter(prefix="/dashboard/v1/saved-views", tags=["dashboard"])
ViewId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class ViewIn(In):
    """What it is called, what the cube is asked, and who sees it besides me: a role, the people of a unit, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Success by branch and month",
                    "definition": {"measures": ["successes"], "rows": ["branch"], "column": "month", "period": "this_year"},
                    "shared_role": "branch_manager",
                }
            ]
        }
    )
    name: ShortText
    definition: CubeIn
    shared_role: Role | None = None
    shared_unit_code: Code | None = None

    def options(self) -> ViewOptions:
        """As the service takes it."""
        definition = self.definition.model_dump(mode="json")
        return ViewOptions(ViewKind.CUBE, self.name, definition, self.shared_role, self.shared_unit_code)


class ViewOut(Out):
    """A view; `is_mine`: I may change it."""

    id: int
    name: str
    definition: dict[str, object] = Field(description="what the cube is asked: the body of POST /dashboard/v1/cube")
    owner_name: str
    is_mine: bool
    shared_role: str | None
    shared_unit_code: str | None
    changed_at: datetime


class ViewsOut(Out):
    """My own first, then by name."""

    items: list[ViewOut]


@router.get("")
def list_views(principal: Viewer, session: SessionDep) -> ViewsOut:
    """My views and those shared with me."""
    found = view_queries.list_views(session, principal=principal, kind=ViewKind.CUBE)
    return ViewsOut.model_validate({"items": found})


@router.get("/{view_id}")
def show_view(view_id: ViewId, principal: Viewer, session: SessionDep) -> ViewOut:
    """One of them."""
    return ViewOut.model_validate(view_queries.get_view(session, view_id=view_id, principal=principal))


@router.post("", status_code=201)
def save(body: ViewIn, principal: Viewer, session: SessionDep, now: Now) -> ViewOut:
    """Save a view."""
    return ViewOut.model_validate(views.save_view(session, options=body.options(), principal=principal, now=now))


@router.put("/{view_id}")
def change(view_id: ViewId, body: ViewIn, principal: Viewer, session: SessionDep, now: Now) -> ViewOut:
    """Change one of mine."""
    found = views.change_view(session, view_id=view_id, options=body.options(), principal=principal, now=now)
    return ViewOut.model_validate(found)


@router.delete("/{view_id}", status_code=204)
def delete(view_id: ViewId, principal: Viewer, session: SessionDep) -> None:
    """Delete one of mine."""
    views.delete_view(session, view_id=view_id, principal=principal)
