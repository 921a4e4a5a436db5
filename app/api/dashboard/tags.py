"""The tag library: tags by rules, and how many customers bear them."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from app.api.deps import Now, PlannerOrAnalyst, SessionDep
from app.api.types import CodePath, In, Out, ShortText
from app.centre import queries, service
from app.centre.definitions import TagOptions

router = APIRouter(prefix="/dashboard/v1/tags", tags=["dashboard"])


class TagIn(In):
    """What the tag is called, and by which rule customers bear it: see docs/decisions/0015-customer-data-centre.md."""

    name_zh: ShortText
    name_en: ShortText
    rule: dict[str, Any]


class TagOut(Out):
    """A tag as it is defined now. `member_count` is of `computed_at`; `problem` says why it could not be computed since."""

    code: str
    version: int
    name_zh: str
    name_en: str
    rule: dict[str, Any]
    owner: str
    created_at: datetime
    computed_at: datetime | None
    member_count: int | None
    problem: str | None


class TagsOut(Out):
    """By code."""

    items: list[TagOut]


class MembersOut(Out):
    """How many customers bear a tag, by the code of their branch."""

    code: str
    by_branch: dict[str, int]


class RetiredOut(Out):
    """The version that is out of use, and from how many customers the tag was taken."""

    version: int
    members_removed: int


@router.get("")
def list_tags(_: PlannerOrAnalyst, session: SessionDep) -> TagsOut:
    """Every tag in use."""
    return TagsOut.model_validate({"items": queries.tags_in_use(session)})


@router.get("/{code}")
def get_tag(code: CodePath, _: PlannerOrAnalyst, session: SessionDep) -> TagOut:
    """One tag."""
    return TagOut.model_validate(queries.get_tag(session, code))


@router.get("/{code}/members")
def count_members(code: CodePath, _: PlannerOrAnalyst, session: SessionDep) -> MembersOut:
    """How many customers bear a tag."""
    tag = queries.get_tag(session, code)
    return MembersOut(code=tag.code, by_branch=queries.members_by_branch(session, code))


@router.put("/{code}")
def define_tag(code: CodePath, body: TagIn, principal: PlannerOrAnalyst, session: SessionDep, now: Now) -> TagOut:
    """Define a tag, or a new version of it; its members are those of the version before until the next night."""
    options = TagOptions(code=code, owner=principal.login, **body.model_dump())
    return TagOut.model_validate(service.define_tag(session, options=options, now=now))


@router.post("/{code}/retire")
def retire_tag(code: CodePath, _: PlannerOrAnalyst, session: SessionDep, now: Now) -> RetiredOut:
    """Take a tag out of use; nobody bears it any more."""
    return RetiredOut(**service.retire_tag(session, code=code, now=now))
