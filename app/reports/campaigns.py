"""Campaigns as planners and managers see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import Session

from app.campaigns import plan_queries
from app.campaigns.plan_content import Change, changes_between
from app.campaigns.queries import UnknownCampaign, count_targets, get_campaign
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.dispatch.preview.programmes import codes_of
from app.models.campaign import Campaign, CampaignStatus, Product
from app.models.campaign_life import CampaignEvent
from app.models.organisation import Account, Unit


@dataclass(frozen=True)
class Sought:
    """Which campaigns are looked for; nothing said: all. `product`: a code; `text`: a part of any code or name of theirs."""

    status: tuple[CampaignStatus, ...] = ()
    product: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class CampaignRow:
    """A campaign. Shares are 0..1."""

    id: int
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


@dataclass(frozen=True)
class CampaignReport:
    """A campaign and where the customers of its list ended; `undecided` wait for the dispatch."""

    campaign: CampaignRow
    targets: int
    waterfall: dict[str, int]


@dataclass(frozen=True)
class CampaignVersionRow:
    """A version of a plan; `login` None: written by the operator."""

    number: int
    login: str | None
    created_at: datetime
    comment: str | None
    content: dict[str, Any]


@dataclass(frozen=True)
class CampaignDiff:
    """What differs between the version `before` and the version `after`."""

    before: int
    after: int
    changes: list[Change]


def campaign_page(
    session: Session, *, sought: Sought = Sought(), secret: str, cursor: str | None, limit: int
) -> Page[CampaignRow]:
    """A page of campaigns, read from the newest back until it is full. Raises WrongCursor, Invalid for a wrong limit."""
    size, name = clamp_page_size(limit), f"campaigns/{sought}"
    statement = _narrowed(_rows(), sought).order_by(Campaign.id.desc()).limit(size + 1)
    if cursor is not None:
        statement = statement.where(Campaign.id < read_cursor(secret, name, cursor))
    rows = [CampaignRow(*row) for row in session.execute(statement)]
    more = len(rows) > size
    return Page(rows[:size], write_cursor(secret, name, rows[size - 1].id) if more else None)


def _narrowed(statement: Select[*tuple[Any, ...]], sought: Sought) -> Select[*tuple[Any, ...]]:
    if sought.status:
        statement = statement.where(Campaign.status.in_(sought.status))
    if sought.product is not None:
        statement = statement.where(Product.product_code == sought.product)
    if sought.text is not None:
        named = (Campaign.code, Campaign.name, Campaign.programme, Product.product_code)
        statement = statement.where(or_(*(column.icontains(sought.text, autoescape=True) for column in named)))
    return statement


def campaign_report(session: Session, *, code: str, grid_ids: Collection[int] | None = None) -> CampaignReport:
    """One campaign with the waterfall of these grids, None: of the whole company. Raises UnknownCampaign."""
    row = session.execute(_rows().where(Campaign.code == code)).one_or_none()
    if row is None:
        raise UnknownCampaign(f"code: there is no campaign {code}")
    campaign = CampaignRow(*row)
    waterfall = count_targets(session, campaign.id, grid_ids=grid_ids)
    return CampaignReport(campaign, sum(waterfall.values()), waterfall)


def programme_reports(session: Session, *, programme: str, grid_ids: Collection[int] | None = None) -> list[CampaignReport]:
    """The campaigns of a programme that are not over, as `campaign_report` has each. Raises UnknownProgramme."""
    return [campaign_report(session, code=code, grid_ids=grid_ids) for code in codes_of(session, programme)]


def campaign_events(session: Session, *, code: str) -> list[Row[*tuple[Any, ...]]]:
    """(happened at, verb, from and to status, login or None, comment) of a campaign, oldest first. Raises UnknownCampaign."""
    statement = (
        select(
            CampaignEvent.happened_at,
            CampaignEvent.verb,
            CampaignEvent.from_status,
            CampaignEvent.to_status,
            Account.login,
            CampaignEvent.comment,
        )
        .outerjoin(Account, Account.id == CampaignEvent.account_id)
        .where(CampaignEvent.campaign_id == get_campaign(session, code).id)
    )
    return list(session.execute(statement.order_by(CampaignEvent.id)))


def campaign_versions(session: Session, *, code: str) -> list[CampaignVersionRow]:
    """The versions of a plan, oldest first. Raises UnknownCampaign."""
    campaign = get_campaign(session, code)
    return [
        CampaignVersionRow(found.number, login, found.created_at, found.comment, found.content)
        for found, login in plan_queries.versions_of(session, campaign.id)
    ]


def campaign_diff(session: Session, *, code: str, before: int | None = None, after: int | None = None) -> CampaignDiff:
    """What differs between two versions; after: the newest; before: the one approved last, else the first.

    Raises UnknownCampaign, UnknownVersion.
    """
    campaign = get_campaign(session, code)
    after = campaign.version if after is None else after
    if before is None:
        before = plan_queries.find_approved_before(session, campaign.id, after) or 1
    contents = [plan_queries.get_version(session, campaign.id, number).content for number in (before, after)]
    return CampaignDiff(before, after, changes_between(*contents))


def all_campaigns(session: Session) -> list[CampaignReport]:
    """Every campaign with its waterfall, oldest first."""
    codes = session.scalars(select(Campaign.code).order_by(Campaign.id)).all()
    return [campaign_report(session, code=code) for code in codes]


def _rows() -> Select[*tuple[Any, ...]]:
    elsewhere = {"product_code": Product.product_code, "unit_code": Unit.code}
    columns: list[Any] = [
        elsewhere[name] if name in elsewhere else getattr(Campaign, name) for name in CampaignRow.__dataclass_fields__
    ]
    statement = select(*columns).join(Product, Product.id == Campaign.product_id)
    return statement.outerjoin(Unit, Unit.id == Campaign.unit_id)
