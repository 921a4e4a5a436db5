"""The tag library: tags by rules, and how many customers bear them."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from app.api.chinese.rows import Uncomputable
from app.api.deps import Now, PlannerOrAnalyst, SessionDep
from app.api.types import CodePath, In, Out, ShortText
from app.centre import queries, service
from app.centre.definitions import TagOptions
from app.centre.preview import preview_tag

router = APIRouter(prefix="/dashboard/v1/tags", tags=["dashboard"])
RULE = {"all": [{"lifecycle_stage": "mature"}, {"monthly_value": {"at_least": 150}}]}


class TagIn(In):
    """What the tag is called, and by which rule customers bear it: see docs/decisions/0015-customer-data-centre.md."""

    name_zh: ShortText = Field(examples=["高价值客户"])
    name_en: ShortText = Field(examples=["High value"])
    rule: dict[str, Any] = Field(examples=[RULE])


class RuleIn(In):
    """A rule, before it is a tag."""

    rule: dict[str, Any] = Field(examples=[RULE])


class TagOut(Uncomputable):
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


class TagVersionOut(Out):
    """One version of a tag, from `created_at` until `retired_at`; null: in use."""

    version: int
    name_zh: str
    name_en: str
    rule: dict[str, Any]
    owner: str
    created_at: datetime
    retired_at: datetime | None
    member_count: int | None


class TagVersionsOut(Out):
    """Newest first."""

    items: list[TagVersionOut]


class TagPreviewOut(Uncomputable):
    """Of `customers` so many were looked at and so many bear it; `low` and `high` bound the estimate with 95 %. `problem` says
    why the rule cannot be computed."""

    customers: int
    looked_at: int
    bearing: int
    estimate: int
    low: int
    high: int
    problem: str | None


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


@router.post("/preview")
def preview(body: RuleIn, _: PlannerOrAnalyst, session: SessionDep, now: Now) -> TagPreviewOut:
    """How many customers would bear a tag of this rule, estimated from 20,000 of them."""
    return TagPreviewOut.model_validate(preview_tag(session, rule=body.rule, now=now))


@router.get("/{code}/versions")
def list_versions(code: CodePath, _: PlannerOrAnalyst, session: SessionDep) -> TagVersionsOut:
    """Every version of a tag."""
    return TagVersionsOut.model_validate({"items": queries.versions_of(session, code)})


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
