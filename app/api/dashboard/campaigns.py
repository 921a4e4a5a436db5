"""Campaigns: planned and looked at. Their life is in `campaign_life.py`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Now, Planner, SecretDep, SessionDep, SettingsDep, Viewer
from app.api.types import Code, CodePath, Cursor, In, Limit, LongText, Out, ShortText
from app.campaigns import service
from app.campaigns.options import MOST_TAGS, CampaignOptions
from app.core.paging import MAX_PAGE_SIZE
from app.reports import campaigns as reports

router = APIRouter(prefix="/dashboard/v1/campaigns", tags=["dashboard"])

Share = Annotated[Decimal, Field(ge=0, lt=1, max_digits=6, decimal_places=5)]
Tags = Annotated[list[ShortText], Field(max_length=MOST_TAGS)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class CampaignIn(In):
    """A campaign as planned: `list_size` customers to contact, or everybody from `minimum_score` up."""

    code: Code
    name: ShortText
    product_code: ShortText
    starts_on: date
    ends_on: date
    list_size: Count | None = None
    minimum_score: Annotated[float, Field(ge=0, le=1)] | None = None
    control_share: Share = Decimal("0.05")
    exploration_share: Share = Decimal("0.02")
    rest_days: Count = 30
    attribution_days: Count | None = Field(default=None, description="null: the product's")
    maturity_days: Count | None = Field(default=None, description="null: the product's")
    channel: str = Field(default="call", pattern="^(call|visit|sms)$")
    talk_track: LongText = ""
    required_tags: Tags = Field(default_factory=list, description="only customers who bear all of them")
    excluded_tags: Tags = Field(default_factory=list, description="no customer who bears one of them")
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(default=None, description="null: made from the code")


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


@router.post("", status_code=201)
def create_campaign(
    body: CampaignIn, principal: Planner, session: SessionDep, settings: SettingsDep, now: Now
) -> CampaignReportOut:
    """Plan a campaign: a draft."""
    options = CampaignOptions(**body.model_dump())
    campaign = service.create_campaign(session, options=options, holdout_share=settings.holdout_share, by=principal, now=now)
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=campaign.code))


@router.get("")
def list_campaigns(
    _: Viewer, session: SessionDep, secret: SecretDep, cursor: Cursor = None, limit: Limit = MAX_PAGE_SIZE
) -> CampaignPage:
    """The campaigns, newest first."""
    return CampaignPage.model_validate(reports.campaign_page(session, secret=secret, cursor=cursor, limit=limit))


@router.get("/{code}")
def get_campaign(code: CodePath, principal: Viewer, session: SessionDep) -> CampaignReportOut:
    """One campaign with the waterfall of my grids."""
    return CampaignReportOut.model_validate(reports.campaign_report(session, code=code, grid_ids=principal.grid_ids))
