"""One customer whole, as phone and console get it: one form, of which a role gets the fields it may see and no others."""

from datetime import date, datetime
from typing import Any

from app.api.types import Out


class PersonOut(Out):
    """Master data. Of the phone number only the ends are shown: 138****1234."""

    customer_no: str
    name: str | None = None
    phone: str | None = None
    address: str | None = None
    grid_code: str | None = None
    branch_code: str | None = None
    owner_staff_no: str | None = None
    segment: str | None = None
    lifecycle: str | None = None
    opened_on: date | None = None


class PreferenceOut(Out):
    """What the customer refuses or allows: all, a channel, or a product family."""

    scope: str
    status: str
    recorded_at: datetime | None = None
    until: date | None = None


class HoldingOut(Out):
    """A product that the customer holds or held."""

    product_code: str
    product_name: str
    family: str
    from_date: date
    to_date: date | None
    monthly_price: str | None = None


class SaleOut(Out):
    """An order in billing."""

    order_no: str | None = None
    product_code: str
    product_name: str
    ordered_at: datetime
    cancelled_at: datetime | None
    channel: str | None = None
    amount: str | None = None


class PastContactOut(Out):
    """A contact of an earlier system or reported here; `verdict` is what is known of a report's truth."""

    contacted_at: datetime
    product_code: str | None = None
    family: str
    channel: str | None
    outcome: str | None
    objection: str | None
    note: str | None = None
    staff_no: str | None = None
    campaign_code: str | None = None
    verdict: str | None = None


class ComplaintOut(Out):
    """A complaint."""

    complaint_no: str | None = None
    opened_at: datetime
    topic: str


class CompetitorOut(Out):
    """What the customer had from another operator when a manager found it; `ends_on`: the last day of that contract."""

    operator: str
    monthly_price: str | None
    ends_on: date | None
    found_at: datetime


class BorneTagOut(Out):
    """A tag that the customer bears; `since` is null for one that the operator's systems gave."""

    code: str
    name_zh: str
    name_en: str
    since: date | None


class FigureOut(Out):
    """A figure of the customer in words."""

    feature: str | None = None
    value: Any = None
    zh: str
    en: str


class PlaceOut(Out):
    """The customer in the newest ranking for a product, and what moved it most: see `reasons` of a work order."""

    product_code: str
    product_name: str
    as_of: date
    score: float | None = None
    rank: int | None = None
    ranked_customers: int | None = None
    reasons: list[dict[str, Any]]


class OpenOrderOut(Out):
    """A live work order."""

    id: int
    campaign_code: str | None = None
    product_code: str
    staff_no: str | None = None
    state: str
    scheduled_on: date
    due_on: date
    close_reason: str | None = None


class ListedOut(Out):
    """A campaign on whose list the customer is, and where they ended there."""

    campaign_code: str
    campaign_name: str
    product_code: str
    status: str
    rank: int
    draw: str
    reason: str | None
    decided_at: datetime | None
    starts_on: date


class OfferOut(Out):
    """A next best product, 1 is the best: priority = incremental x value x weight - contact_cost."""

    place: int
    product_code: str
    product_name: str
    kind: str
    family: str | None = None
    priority: float | None = None
    incremental: float | None = None
    basis: str | None = None
    value: float | None = None
    value_before_cap: float | None = None
    weight: float | None = None
    contact_cost: float | None = None
    score: float | None = None
    risk: float | None = None
    as_of: date | None = None


class CustomerViewOut(Out):
    """A customer. Sections and fields that the role may not see are absent; lists hold the latest twenty."""

    customer: PersonOut
    preferences: list[PreferenceOut]
    holdings: list[HoldingOut]
    orders: list[SaleOut]
    contacts: list[PastContactOut]
    complaints: list[ComplaintOut]
    competitors: list[CompetitorOut]
    tags: list[BorneTagOut]
    figures: list[FigureOut]
    scores: list[PlaceOut]
    work_orders: list[OpenOrderOut]
    campaigns: list[ListedOut] | None = None
    offers: list[OfferOut]
