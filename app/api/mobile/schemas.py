"""What phones send and get."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.api.chinese.rows import Refusable
from app.api.types import In, Out, ShortText
from app.feedback.decisions import Status
from app.feedback.intake import Item
from app.feedback.values import Time

MAX_ITEMS = 200
SMALLEST_PAGE, LARGEST_PAGE = 4_000, 1_000_000


class FeedbackIn(In):
    """Reports, each judged by itself: a bad one does not stop the others."""

    sent_at: Time = Field(description="the phone's clock now, so that its error can be measured")
    device_id: ShortText | None = None
    items: list[Any] = Field(min_length=1, max_length=MAX_ITEMS, description=f"1 to {MAX_ITEMS} reports")


def described_feedback() -> dict[str, Any]:
    """JSON schema of FeedbackIn as a phone should send it, with what an item is."""
    schema = FeedbackIn.model_json_schema()
    item = Item.model_json_schema()
    schema["properties"]["items"]["items"] = _written_out(item, item.pop("$defs", {}))
    return schema


def _written_out(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema with what it refers to in its place: within the OpenAPI document its own references would lead nowhere."""
    match schema:
        case {"$ref": str(name)}:
            return _written_out(definitions[name.removeprefix("#/$defs/")], definitions)
        case dict():
            return {key: _written_out(inner, definitions) for key, inner in schema.items()}
        case list():
            return [_written_out(inner, definitions) for inner in schema]
    return schema


class FeedbackAnswer(Refusable):
    """The answer to one report. accepted and duplicate are done with; conflict and rejected are kept aside; held waits."""

    id: str | None
    status: Status
    code: str | None
    detail: str | None
    received_at: datetime


class FeedbackAnswers(Out):
    """One answer for each report, in the order sent."""

    items: list[FeedbackAnswer]


class SetAsideOut(Refusable):
    """A report of mine that was not taken, and why. One that waits is taken by itself when the other one arrives."""

    feedback_id: str
    code: str
    detail: str
    waits_for_id: UUID | None
    received_at: datetime
    content: Any


class SetAsidePage(Out):
    """Newest first."""

    items: list[SetAsideOut]
    next_cursor: str | None


class CustomerOut(Out):
    """Whom to contact. `phone` is 138****1234, to recognise it by: `POST /customers/{customer_no}/call` gives what to dial."""

    customer_no: str
    name: str | None
    phone: str | None
    address: str | None
    latitude: float | None
    longitude: float | None
    segment: str | None
    tags: list[str]


class ProductOut(Out):
    """What for. `family`: what a do-not-disturb may name as its scope."""

    product_code: str
    name: str
    family: str


class LastFeedbackOut(Out):
    """My newest report on it."""

    id: UUID
    outcome: str
    objection: str | None
    callback_at: datetime | None
    reached: bool | None
    note: str | None
    contacted_at: datetime
    received_at: datetime


class WorkOrderOut(Out):
    """A work order that the phone holds from now on, in place of what it had of it.

    `reasons`, strongest first: {feature, value, contribution, zh, en, talk_track {zh, en} where the feature leads to one}.
    `talk_track` (Chinese) and `talk_track_en`: the line of the first reason that has one, else the product's, else the
    campaign's.
    """

    id: int
    version: int
    state: str
    campaign: str
    channel: str
    product: ProductOut
    scheduled_on: str
    due_on: str
    customer: CustomerOut
    reasons: list[Any]
    talk_track: str
    talk_track_en: str
    last_feedback: LastFeedbackOut | None


class GoneOut(Out):
    """A work order that the phone drops: done, returned, expired, withdrawn, reassigned, postponed (it may come again),
    do_not_disturb, before and after the order was withdrawn for it, or customer_moved."""

    id: int
    gone: bool
    reason: str


class PullOut(Out):
    """What changed. `full`: drop everything held before. `more`: pull again at once with this cursor.

    `set_hash` is of what the phone holds once this is applied, null while there is more.
    """

    full: bool
    more: bool
    set_hash: str | None
    cursor: str
    items: list[WorkOrderOut | GoneOut]
