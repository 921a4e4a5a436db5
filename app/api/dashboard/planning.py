"""The planner's console: lists counted while they are written, conflicts, capacity, and what has come of a campaign."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.dashboard.campaigns import Count, Score, Share, Tags
from app.api.deps import Now, PlannerOrApprover, SessionDep, SettingsDep, Viewer
from app.api.types import CODE, Code, CodePath, In, Out, ShortText
from app.reports.planning import capacity, choices, conflicts, list_counts, results

router = APIRouter(prefix="/dashboard/v1", tags=["dashboard"])

BranchQuery = Annotated[str | None, Query(min_length=1, max_length=200, description="the code of a branch; all where left out")]
CampaignQuery = Annotated[str | None, Query(pattern=CODE, description="of which the contacts are shown beside")]


class ListIn(In):
    """What of a plan decides whom its list takes; as in a plan."""

    product_code: ShortText
    code: Code = Field(default="NEW", description="who is a control follows from it")
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    channel: str = Field(default="call", pattern="^(call|visit|sms)$")
    unit_code: ShortText | None = None
    required_tags: Tags = Field(default_factory=list)
    any_tags: Tags = Field(default_factory=list)
    excluded_tags: Tags = Field(default_factory=list)
    list_rule: dict[str, Any] | None = None
    list_size: Count | None = None
    minimum_score: Score | None = None
    maximum_score: Score | None = None
    control_share: Share = Decimal("0.05")
    exploration_share: Share = Decimal("0.02")
    rest_days: Count = 30


class EstimateOut(Out):
    """So many customers, with the 95 % interval; the three are the same where all were counted."""

    about: int
    low: int
    high: int


class ListStepOut(Out):
    """A condition or reason; customers left after it and taken away by it."""

    step: str
    left: EstimateOut
    lost: EstimateOut


class ListCountOut(Out):
    """A list as counted on customers drawn at random, as of the last night. `exact`: all of the unit were counted.

    `listed`: whom the list takes by score, down to `ends_at_score`; `successes`: the sum of their scores. Null without a ranking.
    """

    as_of: date
    drawn_at: datetime
    customers: int
    sampled: int
    exact: bool
    steps: list[ListStepOut]
    eligible: EstimateOut | None
    listed: EstimateOut | None
    ends_at_score: float | None
    successes: float | None


class ProductChoiceOut(Out):
    """A product."""

    code: str
    name: str
    family: str
    kind: str


class UnitChoiceOut(Out):
    """A branch (`branch` null) or a grid of one."""

    id: int
    code: str
    name: str
    branch: str | None


class FeatureChoiceOut(Out):
    """A feature with its words, the share of customers who have it, and what its values are like."""

    feature: str
    name_zh: str
    name_en: str
    unit_zh: str | None
    unit_en: str | None
    kind: str
    known: float
    low: float | None
    middle: float | None
    high: float | None
    words: list[str]


class TagChoiceOut(Out):
    """A tag in use."""

    code: str
    name_zh: str
    name_en: str
    member_count: int | None


class ChoicesOut(Out):
    """What a planner may choose. `drawn_at` null: no customers were drawn yet, so there are no features to show."""

    products: list[ProductChoiceOut]
    units: list[UnitChoiceOut]
    features: list[FeatureChoiceOut]
    segments: list[str]
    tags: list[TagChoiceOut]
    drawn_at: datetime | None


class MeetingOut(Out):
    """A campaign of the matrix; `contacts` by its newest preview, null where it was never previewed.

    A preview looks at the campaigns that are approved by then: `approved_at`, null where it is not.
    """

    code: str
    name: str
    status: str
    product_code: str
    starts_on: date
    ends_on: date
    contacts: int | None
    previewed_at: datetime | None
    approved_at: datetime | None


class OverlapOut(Out):
    """Customers whom `campaign` and `other` both want, and their share of the contacts of `campaign`."""

    campaign: str
    other: str
    customers: int
    share: float | None


class ConflictsOut(Out):
    """The campaigns that are not over, newest first, and which of them meet."""

    campaigns: list[MeetingOut]
    overlaps: list[OverlapOut]


class LoadOut(Out):
    """Contacts of a grid in a week: capacity, of it used by live work and booked, what is free, and what a campaign wants."""

    grid: str
    week: date
    capacity: int
    used: int
    booked: int
    free: int
    wanted: int


class CapacityOut(Out):
    """The map of capacity. `wanted_from`: booking or preview; null where no campaign is shown."""

    measured_at: datetime
    first_day: date
    grids: list[str]
    weeks: list[date]
    cells: list[LoadOut]
    wanted_from: str | None


class ReportedOut(Out):
    """An outcome in Chinese and English, whether it claims a sale, and on how many orders it was the last one reported."""

    code: str
    zh: str
    en: str
    sale: bool
    orders: int


class ResultsOut(Out):
    """Work orders of my grids by state, and those reported on by their last outcome; as of when every change is in them."""

    states: dict[str, int]
    outcomes: list[ReportedOut]
    approved_at: datetime | None
    as_of: datetime


@router.post("/list-counts")
def count_list(body: ListIn, _: PlannerOrApprover, session: SessionDep, settings: SettingsDep, now: Now) -> ListCountOut:
    """How many customers a list would have, and who falls out for which reason: about, with an interval, in an instant."""
    wanted, share = body.model_dump(), settings.holdout_share
    return ListCountOut.model_validate(list_counts.count_list(session, wanted=wanted, holdout_share=share, now=now))


@router.get("/planning/choices")
def list_choices(_: PlannerOrApprover, session: SessionDep) -> ChoicesOut:
    """Products, branches, grids, tags, segments, and what features look like."""
    return ChoicesOut.model_validate(choices.list_choices(session))


@router.get("/planning/conflicts")
def show_conflicts(_: PlannerOrApprover, session: SessionDep, now: Now) -> ConflictsOut:
    """How many customers the campaigns that are not over share, by the newest preview of each."""
    return ConflictsOut.model_validate(conflicts.conflict_matrix(session, now=now))


@router.get("/planning/capacity")
def show_capacity(
    _: PlannerOrApprover, session: SessionDep, branch: BranchQuery = None, campaign: CampaignQuery = None
) -> CapacityOut:
    """What grids can take in the next weeks, and what of it is taken."""
    return CapacityOut.model_validate(capacity.capacity_picture(session, branch=branch, campaign_code=campaign))


@router.get("/campaigns/{code}/results")
def show_results(code: CodePath, principal: Viewer, session: SessionDep, now: Now) -> ResultsOut:
    """What has come of a campaign so far in my grids."""
    return ResultsOut.model_validate(results.campaign_results(session, code=code, grid_ids=principal.grid_ids, now=now))
