"""Campaigns as planners and managers see them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from app.campaigns.queries import UnknownCampaign, count_targets, get_campaign
from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.campaign import Campaign, Product
from app.models.campaign_life import CampaignEvent
from app.models.organisation import Account

_LIST = "campaigns"


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


def campaign_page(session: Session, *, secret: str, cursor: str | None, limit: int) -> Page[CampaignRow]:
    """A page of campaigns, newest first. Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    statement = _rows().order_by(Campaign.id.desc()).limit(size + 1)
    if cursor is not None:
        statement = statement.where(Campaign.id < read_cursor(secret, _LIST, cursor))
    rows = [CampaignRow(*row) for row in session.execute(statement)]
    more = len(rows) > size
    return Page(rows[:size], write_cursor(secret, _LIST, rows[size - 1].id) if more else None)


def campaign_report(session: Session, *, code: str, grid_ids: Collection[int] | None = None) -> CampaignReport:
    """One campaign with the waterfall of these grids, None: of the whole company. Raises UnknownCampaign."""
    row = session.execute(_rows().where(Campaign.code == code)).one_or_none()
    if row is None:
        raise UnknownCampaign(f"code: there is no campaign {code}")
    campaign = CampaignRow(*row)
    waterfall = count_targets(session, campaign.id, grid_ids=grid_ids)
    return CampaignReport(campaign, sum(waterfall.values()), waterfall)


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


def all_campaigns(session: Session) -> list[CampaignReport]:
    """Every campaign with its waterfall, oldest first."""
    codes = session.scalars(select(Campaign.code).order_by(Campaign.id)).all()
    return [campaign_report(session, code=code) for code in codes]


def _rows() -> Select[*tuple[Any, ...]]:
    names = [name for name in CampaignRow.__dataclass_fields__ if name != "product_code"]
    columns = [getattr(Campaign, name) for name in names]
    columns.insert(list(CampaignRow.__dataclass_fields__).index("product_code"), Product.product_code)
    return select(*columns).join(Product, Product.id == Campaign.product_id)
