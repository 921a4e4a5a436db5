"""What success is held against: the company as a whole, in the same days, and the plan's k.

To be asked in the scope of the whole company, also for somebody who sees less: what comes out tells nothing of any unit.
"""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.figures.periods import Period
from app.figures.rates import Beside, success_of
from app.figures.sums import Sums
from app.models.figures import GridDayFigures, GridMonthFigures
from app.points.formula import DEFAULT_PLAN, company_ratio
from app.points.plans.in_force import find_plans


def beside_of(session: Session, period: Period) -> Beside:
    """The company's actual / expected in these days, and k of the plan in force at their end."""
    return Beside(ratio_of(session, period), prior_of(session, Month.of_day(period.last)))


def ratio_of(session: Session, period: Period) -> Decimal:
    """The company's actual / expected in these days."""
    whole = period.is_whole_months
    table = GridMonthFigures if whole else GridDayFigures
    months = GridMonthFigures.month.between(Month.of_day(period.first), Month.of_day(period.last))
    days = months if whole else GridDayFigures.day.between(period.first, period.last)
    sums = select(func.coalesce(func.sum(table.successes), 0), func.coalesce(func.sum(table.expected), 0))
    return _ratio(*session.execute(sums.where(days)).one())


def ratios_by_month(session: Session, period: Period) -> Mapping[Month, Decimal]:
    """The same of each month of whole months; months of which there is nothing are left out."""
    month = GridMonthFigures.month
    statement = select(month, func.sum(GridMonthFigures.successes), func.sum(GridMonthFigures.expected)).group_by(month)
    between = month.between(Month.of_day(period.first), Month.of_day(period.last))
    return {one: _ratio(won, expected) for one, won, expected in session.execute(statement.where(between).order_by(month))}


def prior_of(session: Session, month: Month) -> Decimal:
    """k of the company's plan in force in a month."""
    plans = find_plans(session, month)
    return (plans.company[1] if plans else DEFAULT_PLAN).index_prior


def _ratio(successes: Decimal, expected: Decimal) -> Decimal:
    return company_ratio([success_of(Sums(successes=successes, expected=expected))])
