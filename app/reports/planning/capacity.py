"""Capacity by grid and week, and of it what one campaign takes: by its bookings, or as its newest preview has it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import plan_queries, planning, queries
from app.core.errors import Conflict
from app.dispatch.preview.queries import find_capacity_map, previews_of
from app.models.campaign import Campaign
from app.models.campaign_life import CapacityBooking
from app.models.organisation import Unit


class NotMeasured(Conflict):
    """Capacity was not measured yet: the worker does it within a minute."""

    code = "planning.capacity_not_measured"


@dataclass(frozen=True)
class Load:
    """Contacts of a grid in a week: what managers can take, what live work and bookings take, what is free, and what the campaign
    in question wants (of what is booked where it is approved, else beside it)."""

    grid: str
    week: date
    capacity: int
    used: int
    booked: int
    free: int
    wanted: int


@dataclass(frozen=True)
class CapacityPicture:
    """`measured_at`: when; `wanted_from`: booking, preview, or None where no campaign is asked for or it was never previewed."""

    measured_at: datetime
    first_day: date
    grids: list[str]
    weeks: list[date]
    cells: list[Load]
    wanted_from: str | None


def capacity_picture(session: Session, *, branch: str | None, campaign_code: str | None) -> CapacityPicture:
    """The weeks of the map; of one branch where its code is given. Raises NotMeasured, Invalid, UnknownCampaign."""
    found = find_capacity_map(session)
    if found is None:
        raise NotMeasured
    codes = dict(plan_queries.grids_of(session, planning.branch_of(session, branch)))
    wanted, wanted_from = _wanted(session, campaign_code)
    cells = [
        Load(
            codes[cell["grid"]],
            date.fromisoformat(cell["week"]),
            cell["capacity"],
            cell["used"],
            cell["booked"],
            max(cell["capacity"] - cell["used"] - cell["booked"], 0),
            wanted.get((codes[cell["grid"]], cell["week"]), 0),
        )
        for cell in found.cells
        if cell["grid"] in codes
    ]
    cells.sort(key=lambda cell: (cell.grid, cell.week))
    weeks = sorted({cell.week for cell in cells})
    return CapacityPicture(found.measured_at, found.first_day, sorted(codes.values()), weeks, cells, wanted_from)


def _wanted(session: Session, code: str | None) -> tuple[dict[tuple[str, str], int], str | None]:
    if code is None:
        return {}, None
    campaign = queries.get_campaign(session, code)
    if booked := _booked(session, campaign):
        return booked, "booking"
    kept = previews_of(session, campaign.id)
    if not kept:
        return {}, None
    return {(row["grid"], row["week"]): row["contacts"] for row in kept[-1].figures["load"]}, "preview"


def _booked(session: Session, campaign: Campaign) -> dict[tuple[str, str], int]:
    statement = (
        select(Unit.code, CapacityBooking.week, CapacityBooking.contacts)
        .join(Unit, Unit.id == CapacityBooking.grid_id)
        .where(CapacityBooking.campaign_id == campaign.id, CapacityBooking.ended_at.is_(None))
    )
    rows = session.execute(statement.order_by(CapacityBooking.id))
    return {(grid, week.isoformat()): contacts for grid, week, contacts in rows}
