"""Figures of days as if they had been added up from work, for tests that look at figures and not at work."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.figures.adding import sum_anew
from app.models.figures import DailyFigures
from tests import factories as make

HOME = {"ana": "G11", "bo": "G11", "cy": "G12", "dee": "G21"}


def put_day(session: Session, manager: str, day: date, *, campaign_id: int = 1, **measures: Any) -> None:
    """What a manager of the cast has of a day."""
    decimals = {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in measures.items()}
    grid_id, staff_id = make.grid(session, HOME[manager]).id, make.staff(session, manager).id
    session.add(DailyFigures(grid_id=grid_id, day=day, staff_id=staff_id, campaign_id=campaign_id, **decimals))


def add_up_days(session: Session) -> None:
    """Make the sums above the days that were put."""
    session.flush()
    sum_anew(session)


def matured(won: int, of: int, expected: float) -> dict[str, Any]:
    """A maturity of so many work orders."""
    return {"matured": of, "successes": won, "expected": expected}
