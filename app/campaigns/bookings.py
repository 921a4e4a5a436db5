"""Capacity that approved campaigns keep for themselves, until they end."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.db import count_changed
from app.models.campaign_life import CapacityBooking

# Of a booking what is not used yet: orders of the campaign that are there already count as load, whatever became of them.
_OF_OTHERS = text("""
WITH kept AS (
    SELECT b.campaign_id, b.grid_id, b.week, b.contacts FROM capacity_bookings b JOIN campaigns k ON k.id = b.campaign_id
    WHERE b.ended_at IS NULL AND NOT b.campaign_id = ANY(:mine) AND b.week BETWEEN CAST(:first AS date) - 6 AND :last
        AND greatest(k.starts_on, b.week, :first) <= least(k.ends_on, b.week + 6, :last)
), made AS (
    SELECT campaign_id, grid_id, CAST(date_trunc('week', scheduled_on) AS date) AS week, count(*) AS orders
    FROM work_orders WHERE campaign_id IN (SELECT campaign_id FROM kept) GROUP BY 1, 2, 3
)
SELECT kept.grid_id, kept.week, greatest(kept.contacts - coalesce(made.orders, 0), 0)
FROM kept LEFT JOIN made USING (campaign_id, grid_id, week) ORDER BY kept.week, kept.grid_id, kept.campaign_id
""")


def lock_bookings(session: Session) -> None:
    """One approval at a time until the end of the transaction: two that see the same free capacity would both take it."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('capacity bookings', 0))"))


def book_capacity(session: Session, *, campaign_id: int, contacts: Mapping[tuple[int, date], int], now: datetime) -> None:
    """Keep contacts by (grid, Monday of the week) for a campaign. The caller holds `lock_bookings` and has seen that they fit."""
    session.add_all(
        CapacityBooking(campaign_id=campaign_id, grid_id=grid_id, week=week, contacts=count, booked_at=now)
        for (grid_id, week), count in sorted(contacts.items())
    )
    session.flush()


def end_bookings(session: Session, *, campaign_id: int, now: datetime) -> int:
    """Give back what a campaign has booked; how many weeks of grids."""
    statement = "UPDATE capacity_bookings SET ended_at = :now WHERE campaign_id = :id AND ended_at IS NULL"
    return count_changed(session, statement, {"id": campaign_id, "now": now})


def booked_by_others(session: Session, mine: list[int], *, first: date, last: date) -> list[tuple[int, date, int]]:
    """(grid id, week, contacts still kept) of other campaigns that share a day from `first` to `last` with that week."""
    rows = session.execute(_OF_OTHERS, {"mine": mine, "first": first, "last": last})
    return [(grid_id, week, contacts) for grid_id, week, contacts in rows if contacts > 0]
