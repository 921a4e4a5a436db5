"""What the sums are held against: a count of a few campaigns, and each other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.figures.fact_queries import daily_facts
from app.figures.measures import KEYS, MEASURES
from app.models.campaign import Campaign
from app.models.figures import (
    CampaignMonthFigures,
    CampaignResultFigures,
    DailyFigures,
    FigureMark,
    GridDayFigures,
    GridMonthFigures,
    MonthlyFigures,
)
from app.models.work_order import DispatchRun

_MONTHS: Mapping[type[Any], Any] = {
    GridDayFigures: func.date_trunc("month", GridDayFigures.day),
    GridMonthFigures: GridMonthFigures.month,
    MonthlyFigures: MonthlyFigures.month,
    CampaignMonthFigures: CampaignMonthFigures.month,
}


def newest_campaigns(session: Session, *, most: int) -> Sequence[tuple[int, str]]:
    """(id, code) of the campaigns dispatched last of which nothing waits to be added up."""
    last = select(func.max(DispatchRun.id)).where(DispatchRun.campaign_id == Campaign.id).scalar_subquery()
    waits = exists().where(or_(FigureMark.campaign_id == Campaign.id, FigureMark.campaign_id.is_(None)))
    statement = select(Campaign.id, Campaign.code).where(last.is_not(None), ~waits).order_by(last.desc()).limit(most)
    return [(campaign_id, code) for campaign_id, code in session.execute(statement)]


def count_wrong_rows(session: Session, campaign_id: int) -> int:
    """How many rows that daily_figures has, or should have, of a campaign are not what counting it gives."""
    found = daily_facts(campaign_id, None).subquery("found")
    kept = select(DailyFigures.__table__).where(DailyFigures.campaign_id == campaign_id).subquery("kept")
    same = and_(*(found.c[key] == kept.c[key] for key in KEYS["daily_figures"]))
    differs = or_(*(found.c[name].is_distinct_from(kept.c[name]) for name in MEASURES))
    both = select(func.count()).select_from(found).join(kept, same, full=True)
    return session.scalar(both.where(differs)) or 0


def sums_of_months(session: Session, table: type[Any]) -> dict[Month, tuple[Any, ...]]:
    """All measures of each month as one of the tables of sums has them."""
    month = _MONTHS[table]
    sums = [func.sum(getattr(table, name)) for name in MEASURES]
    rows = session.execute(select(month, *sums).group_by(month).order_by(month))
    return {found if isinstance(found, Month) else Month.of_day(found): tuple(values) for found, *values in rows}


def sums_of_campaign(session: Session, table: type[Any], campaign_id: int) -> tuple[Any, ...]:
    """All measures of a campaign as daily_figures or the table of its months has them."""
    sums = [func.sum(getattr(table, name)) for name in MEASURES]
    return tuple(session.execute(select(literal(1), *sums).where(table.campaign_id == campaign_id)).one())


def has_whole_results(session: Session, campaign_id: int) -> bool:
    """Whether the results of a campaign are of as many work orders as were dispatched."""
    results = select(func.coalesce(func.sum(CampaignResultFigures.orders), 0))
    dispatched = select(func.coalesce(func.sum(CampaignMonthFigures.dispatched), 0))
    found = session.scalars(results.where(CampaignResultFigures.campaign_id == campaign_id)).one()
    return found == session.scalars(dispatched.where(CampaignMonthFigures.campaign_id == campaign_id)).one()


def find_oldest_mark(session: Session) -> datetime | None:
    """When the oldest change was marked that is not added up yet."""
    return session.scalar(select(FigureMark.changed_at).order_by(FigureMark.id).limit(1))
