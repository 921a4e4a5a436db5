"""Campaigns: planned and looked at. Their life is in `campaign_life.py`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.deps import Now, Planner, SecretDep, SessionDep, SettingsDep, Viewer
from app.api.types import CODE, Code, CodePath, Cursor, In, Limit, LongText, Out, ShortText
from app.campaigns import planning
from app.campaigns.options import MOST_TAGS, OBJECTIVES, UNFINISHED, CampaignOptions
from app.campaigns.pilot import BOUNDS, BY
from app.models.campaign import CampaignStatus
from app.reports import campaigns as reports

router = APIRouter(prefix="/dashboard/v1/campaigns", tags=["dashboard"])

Share = Annotated[Decimal, Field(ge=0, lt=1, max_digits=6, decimal_places=5)]
Tags = Annotated[list[ShortText], Field(max_length=MOST_TAGS)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Score = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]
VersionQuery = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
USUAL_PAGE = 50  # each has its whole plan
PILOT = f"share, by ({', '.join(BY)}), minimum_contacts, and one or more of {', '.join(BOUNDS)}"


class CampaignPlanIn(In):
    """A campaign's plan: `list_size` customers to contact, everybody from `minimum_score` up, or the former among the latter."""

    name: ShortText
    product_code: ShortText
    starts_on: date
    ends_on: date
    list_size: Count | None = None
    minimum_score: Score | None = None
    maximum_score: Score | None = None
    control_share: Share = Decimal("0.05")
    exploration_share: Share = Decimal("0.02")
    rest_days: Count = 30
    attribution_days: Count | None = Field(default=None, description="null: the product's")
    maturity_days: Count | None = Field(default=None, description="null: the product's")
    channel: str = Field(default="call", pattern="^(call|visit|sms)$")
    talk_track: LongText = ""
    strategy: LongText = ""
    required_tags: Tags = Field(default_factory=list, description="only customers who bear all of them")
    any_tags: Tags = Field(default_factory=list, description="only customers who bear one of them")
    excluded_tags: Tags = Field(default_factory=list, description="no customer who bears one of them")
    list_rule: dict[str, Any] | None = Field(
        default=None, description="as a tag's rule: figures, holdings, lifecycle, segment, value"
    )
    unit_code: ShortText | None = Field(default=None, description="a branch; null: the company")
    programme: ShortText | None = Field(default=None, description="campaigns of one programme are one plan over several products")
    objective: str | None = Field(
        default=None, pattern=f"^({'|'.join(OBJECTIVES)})$", description="null: what the product is for"
    )
    objective_reason: LongText = ""
    budget: Amount | None = Field(default=None, description="money for the contacts")
    minimum_volume: Count | None = Field(default=None, description="contacts promised")
    strategic_weight: Amount = Decimal(1)
    minimum_load: Count | None = Field(default=None, description="contacts of one manager")
    maximum_load: Count | None = Field(default=None, description="contacts of one manager")
    fairness: Share | None = Field(default=None, description="how far a manager's load may be from the grid's")
    km_cost: Amount | None = Field(default=None, description="money that a kilometre to a visit costs; null: the usual")
    fit: str = Field(default="refuse", pattern="^(refuse|shrink)$", description="what becomes of a plan that does not fit")
    unfinished_rule: str | None = Field(
        default=None, pattern=f"^({'|'.join(UNFINISHED)})$", description="of work whose day passed; null: the company's"
    )
    most_rolls: Annotated[int, Field(ge=0, le=100)] | None = Field(default=None, description="days that work may pass unfinished")
    pilot: dict[str, Any] | None = Field(default=None, description=PILOT)
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(default=None, description="null: made from the code")


class CampaignIn(CampaignPlanIn):
    """A campaign as planned."""

    code: Code


class CampaignChangeIn(CampaignPlanIn):
    """The whole plan as it shall be from now on, and why."""

    comment: LongText = ""


class CampaignOut(Out):
    """A campaign."""

    code: str
    name: str
    product_code: str
    product_family: str
    status: str
    starts_on: date
    ends_on: date
    list_size: int | None
    minimum_score: float | None
    control_share: Decimal
    holdout_share: Decimal
    exploration_share: Decimal
    rest_days: int
    attribution_days: int
    maturity_days: int
    channel: str
    talk_track: str
    required_tags: list[str]
    excluded_tags: list[str]
    any_tags: list[str]
    list_rule: dict[str, Any] | None
    maximum_score: float | None
    unit_code: str | None
    programme: str | None
    objective: str | None
    objective_reason: str
    strategy: str
    budget: Decimal | None
    minimum_volume: int | None
    strategic_weight: Decimal
    minimum_load: int | None
    maximum_load: int | None
    fairness: Decimal | None
    km_cost: Decimal | None
    fit: str
    unfinished_rule: str | None
    most_rolls: int | None
    pilot: dict[str, Any] | None
    pilot_outcome: str | None
    version: int
    approved_version: int | None
    created_at: datetime
    frozen_at: datetime | None
    opened_at: datetime | None
    closed_at: datetime | None


class CampaignPage(Out):
    """A page of campaigns, newest first."""

    items: list[CampaignOut]
    next_cursor: str | None


class CampaignReportOut(Out):
    """A campaign and where the customers of its list (in my grids) ended; `undecided` wait for the dispatch."""

    campaign: CampaignOut
    targets: int
    waterfall: dict[str, int]


class CampaignVersionOut(Out):
    """A version of a plan; `login` null: written by the operator."""

    number: int
    login: str | None
    created_at: datetime
    comment: str | None
    content: dict[str, Any]


class CampaignVersionsOut(Out):
    """The versions of a plan, oldest first."""

    items: list[CampaignVersionOut]


class ChangeOut(Out):
    """A field that differs."""

    field: str
    before: Any
    after: Any


class CampaignDiffOut(Out):
    """What differs between two versions."""

    before: int
    after: int
    changes: list[ChangeOut]


@router.post("", status_code=201)
def create_campaign(
    body: CampaignIn, principal: Planner, session: SessionDep, settings: SettingsDep, now: Now
) -> CampaignReportOut:
    """Plan a campaign: a draft."""
    options = CampaignOptions(**body.model_dump())
    campaign = planning.create_campaign(session, options=options, holdout_share=settings.holdout_share, by=principal, now=now)
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=campaign.code))


@router.get("")
def list_campaigns(
    _: Viewer,
    session: SessionDep,
    secret: SecretDep,
    status: Annotated[list[CampaignStatus] | None, Query(max_length=20, description="only in one of these")] = None,
    product: Annotated[str | None, Query(pattern=CODE, description="only of this product")] = None,
    text: Annotated[ShortText | None, Query(description="a part of code, name, programme or product code")] = None,
    cursor: Cursor = None,
    limit: Limit = USUAL_PAGE,
) -> CampaignPage:
    """The campaigns, newest first."""
    sought = reports.Sought(tuple(sorted(set(status or ()))), product, text)
    return CampaignPage.model_validate(reports.campaign_page(session, sought=sought, secret=secret, cursor=cursor, limit=limit))


@router.get("/{code}")
def get_campaign(code: CodePath, principal: Viewer, session: SessionDep) -> CampaignReportOut:
    """One campaign with the waterfall of my grids."""
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=code, grid_ids=principal.grid_ids))


@router.put("/{code}")
def change_campaign(
    code: CodePath, body: CampaignChangeIn, principal: Planner, session: SessionDep, now: Now
) -> CampaignReportOut:
    """Change the plan of a draft: its next version."""
    options = CampaignOptions(code=code, **body.model_dump(exclude={"comment"}))
    planning.change_campaign(session, options=options, by=principal, comment=body.comment, now=now)
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=code))


@router.get("/{code}/versions")
def list_versions(code: CodePath, _: Viewer, session: SessionDep) -> CampaignVersionsOut:
    """Every version of the plan, by whom and why."""
    return CampaignVersionsOut.model_validate({"items": reports.campaign_versions(session, code=code)})


@router.get("/{code}/diff")
def diff_versions(
    code: CodePath, _: Viewer, session: SessionDep, before: VersionQuery = None, after: VersionQuery = None
) -> CampaignDiffOut:
    """What an approver has not seen yet: the newest version against the one approved last, else the first; or any two."""
    return CampaignDiffOut.model_validate(reports.campaign_diff(session, code=code, before=before, after=after))
