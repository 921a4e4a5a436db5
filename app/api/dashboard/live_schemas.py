"""What live pages are answered."""

from datetime import date, datetime
from typing import Annotated

from app.api.types import Out
from app.models.work_order import WorkOrderState


class GridOut(Out):
    """A grid of mine; `id` is what the stream of events names it by."""

    id: int
    code: str
    name: str


class ManagerOut(Out):
    """A manager now. open: on the phone; overdue: of these, whose day passed; won: sales as reported, not billed yet.

    `queued`: reports that the phones had still to send when they were last there; null where no phone said so.
    """

    staff_no: str
    name: str
    grid_id: int
    daily_capacity: int
    absent: bool
    open: int
    planned: int
    overdue: int
    stuck: int
    day_contacted: int
    day_reached: int
    day_interested: int
    day_won: int
    last_report_at: datetime | None
    last_seen_at: datetime | None
    queued: int | None
    oldest_queued_at: datetime | None


class FunnelOut(Out):
    """Work orders: given (on phones now, or reported on and finished), contacted, reached, interested, won (as reported)."""

    given: int
    contacted: int
    reached: int
    interested: int
    won: int


class PaceOut(Out):
    """Contacts of this week beside the plan, and how many of it are due by the end of today."""

    week: date
    basis: Annotated[str, "booked by campaigns, or the capacity of the managers"]
    planned: int
    due: int
    contacted: int


class WaitingOut(Out):
    """How much waits for me."""

    returns: int
    cases: int
    undos: int
    proposals: int
    pooled: int
    unread: int


class TodayOut(Out):
    """Today in the grids `shown`."""

    as_of: datetime
    day: date
    grids: list[GridOut]
    shown: list[GridOut]
    managers: list[ManagerOut]
    funnel_day: FunnelOut
    funnel_month: FunnelOut
    pace: PaceOut
    waiting: WaitingOut


class StuckOut(Out):
    """A work order that a rule found; `since` is the instant from which the rule counts."""

    work_order_id: int
    rule: str
    since: datetime
    raised_at: datetime
    told_branch: bool
    customer_no: str
    campaign_code: str
    staff_no: str
    manager_name: str
    grid_code: str
    state: WorkOrderState
    scheduled_on: date
    due_on: date
    score: float


class StuckList(Out):
    """The longest stuck first."""

    items: list[StuckOut]


class OrderOut(Out):
    """A live work order of a manager, with what was reported last."""

    work_order_id: int
    customer_no: str
    campaign_code: str
    product_family: str
    grid_code: str
    state: WorkOrderState
    scheduled_on: date
    due_on: date
    rolls: int
    score: float
    lent_until: date | None
    last_outcome: str | None
    last_report_at: datetime | None
    callback_at: datetime | None


class ColleagueOut(Out):
    """Who could have work of this manager: of the same grid by reassigning, of the branch by lending."""

    staff_no: str
    name: str
    grid_code: str
    same_grid: bool


class OrdersOut(Out):
    """A manager's work, by day."""

    orders: list[OrderOut]
    others: list[ColleagueOut]


class PlaceOut(Out):
    """A customer with open work."""

    latitude: float
    longitude: float
    work_order_id: int
    customer_no: str
    staff_no: str
    state: WorkOrderState
    scheduled_on: date
    due_on: date


class ReportPlaceOut(Out):
    """Where a report of today was made; `mock`: the phone said that its place is made up."""

    latitude: float
    longitude: float
    accuracy_metres: float | None
    mock: bool
    contacted_at: datetime
    work_order_id: int
    staff_no: str
    channel: str
    outcome: str


class MapOut(Out):
    """One grid: customers, and reports by manager in the order in which they were made. `tiles`: where map tiles are, if any."""

    grids: list[GridOut]
    grid: GridOut
    tiles: str | None
    customers: list[PlaceOut]
    reports: list[ReportPlaceOut]
