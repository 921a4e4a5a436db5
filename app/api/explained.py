"""A line of points with everything behind it, as phone and dashboard show it alike."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from app.api.types import MonthText, Out

LinePath = Annotated[
    str,
    Path(
        pattern="^([1-9][0-9]{0,17}|success|accuracy|existing_scheme)$",
        description="id of an entry, or a component for what it earned",
        examples=["success"],
    ),
]


class PartOut(Out):
    """Points of one kind; the parts of a line sum to it exactly."""

    code: str
    points: Decimal
    count: int | None
    zh: str
    en: str


class BecauseOut(Out):
    """Why it counts so: by which `feed` or which `person`; `nobody`: nothing is proven, and it counts neither way or not yet."""

    by: str
    name: str | None
    zh: str
    en: str


class ItemOut(Out):
    """A work order or report behind the line, how it counted, and what it is worth in it."""

    work_order_id: int
    customer_no: str | None
    campaign_code: str | None
    product_code: str | None
    counted: str
    weight: str
    worth: str
    order_no: str | None
    ordered_at: datetime | None
    feedback_id: UUID | None
    channel: str | None
    outcome: str | None
    received_at: datetime | None
    rule: str | None
    evidence: dict[str, Any] | None
    because: BecauseOut


class RuleOut(Out):
    """The plan's rule: nothing below the floor, all of the weight at the target, at most the cap's share of it."""

    weight: Decimal
    floor: Decimal
    target: Decimal
    cap: Decimal
    fallback: Decimal


class ExplainedOut(Out):
    """A line with everything behind it."""

    month: MonthText
    as_of: datetime
    entry_id: int | None
    component: str
    kind: str
    points: str
    words: str
    figures: dict[str, Any]
    refers_to_entry: int | None
    cause: str | None
    plan_code: str
    plan_version: int
    rule: RuleOut
    parts: list[PartOut]
    items: list[ItemOut]
