"""Whose customer it is and was."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.territory import queries
from app.territory.queries import Owner


def find_owner(session: Session, *, customer_no: str, on: date | None, grid_ids: Collection[int] | None, now: datetime) -> Owner:
    """Whose customer it was on a day, today where `on` is None; of the customers who are now in these grids (None: in any).

    Raises UnknownCustomer alike for one who is not there and one elsewhere, and Invalid for a day that has not come.
    """
    today = clock.local_date(now)
    if on is not None and on > today:
        raise Invalid("on", f"a day up to today, {today}")
    return queries.get_owner_on(session, customer_no, on=on or today, grid_ids=grid_ids)
