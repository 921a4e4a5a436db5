"""Looking for sums that are not what they should be. Changes nothing."""

from sqlalchemy.orm import Session

from app.figures.drift_queries import (
    count_wrong_rows,
    has_whole_results,
    newest_campaigns,
    sums_of_campaign,
    sums_of_months,
)
from app.models.figures import CampaignMonthFigures, DailyFigures, GridDayFigures, GridMonthFigures, MonthlyFigures

LOOKED_AT = 3


def find_drift(session: Session) -> list[str]:
    """What is wrong with the sums, in words; the campaigns dispatched last are counted, the rest is held against each other."""
    wrong = []
    for campaign_id, code in newest_campaigns(session, most=LOOKED_AT):
        if rows := count_wrong_rows(session, campaign_id):
            wrong.append(f"campaign {code}: {rows} rows are not what was done")
        elif sums_of_campaign(session, DailyFigures, campaign_id) != sums_of_campaign(session, CampaignMonthFigures, campaign_id):
            wrong.append(f"campaign {code}: its months are not the sum of its days")
        elif not has_whole_results(session, campaign_id):
            wrong.append(f"campaign {code}: its results are not of all its work orders")
    months = sums_of_months(session, GridDayFigures)
    for table in (GridMonthFigures, MonthlyFigures, CampaignMonthFigures):
        other = sums_of_months(session, table)
        unequal = sorted(month for month in months.keys() | other.keys() if months.get(month) != other.get(month))
        wrong += [f"{table.__tablename__} of {month}: not the sum of its days" for month in unequal]
    return wrong
