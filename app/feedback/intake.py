"""Reading one item of a batch: each on its own, so that a bad one never harms its neighbours (pure)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.feedback.findings import Competitor, Proposal
from app.feedback.keeping import content_hash, shown_id, storable, storable_text
from app.feedback.outcomes import Fault, find_fault
from app.feedback.values import LARGEST_ID, LARGEST_SEQUENCE, Code, Id, Note, Time

LONGEST_CONTACT = timedelta(hours=24)
MOST_PROPOSALS = 10
MOST_ATTACHMENTS = 10
_NOT_CONTENT = {"id", "device_sequence", "order_sequence"}
_NONE_FOR_EMPTY = BeforeValidator(lambda value: value or None if isinstance(value, list) else value)  # the same thing said


class Item(BaseModel):
    """One report of one contact, as the phone sends it. Times are the phone's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    id: Id = Field(description="made on the phone, once for each report; the same again is accepted and changes nothing")
    work_order_id: int = Field(ge=1, le=LARGEST_ID)
    corrects_id: Id | None = Field(None, description="the earlier report that this one replaces")
    channel: Literal["call", "visit", "sms", "counter"]
    outcome: Code = Field(examples=["interested"])
    objection: Code | None = None
    callback_at: Time | None = None
    started_at: Time
    ended_at: Time | None = None
    reached: bool | None = Field(None, description="was the customer reached; as the outcome says, where it says")
    elapsed_ms: int | None = Field(
        None, ge=0, le=LONGEST_CONTACT // timedelta(milliseconds=1), description="of the contact, by the phone's monotonic clock"
    )
    note: Note | None = None
    competitor: Competitor | None = None
    proposals: Annotated[list[Proposal] | None, _NONE_FOR_EMPTY] = Field(None, max_length=MOST_PROPOSALS)
    attachment_ids: Annotated[list[Id] | None, _NONE_FOR_EMPTY] = Field(
        None, max_length=MOST_ATTACHMENTS, description="of POST /mobile/v1/attachments; they may arrive later"
    )
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    accuracy_metres: float | None = Field(None, ge=0, le=1_000_000)
    mock_location: bool | None = None
    device_sequence: int | None = Field(None, ge=0, le=LARGEST_ID)
    order_sequence: int | None = Field(
        None,
        ge=1,
        le=LARGEST_SEQUENCE,
        description="1, 2, ... for each work order on this phone: a later one waits for the earlier",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.corrects_id == self.id:
            raise ValueError("corrects_id: expected the id of another report")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("longitude: expected latitude and longitude together")
        if self.ended_at is not None and not timedelta(0) <= self.ended_at - self.started_at <= LONGEST_CONTACT:
            raise ValueError(f"ended_at: expected at most {LONGEST_CONTACT} after started_at")
        fault = find_fault(
            self.outcome,
            channel=self.channel,
            objection=self.objection,
            callback_at=self.callback_at,
            started_at=self.started_at,
            reached=self.reached,
            has_competitor=self.competitor is not None,
        ) or _find_twice(self)
        if fault is not None:
            raise ValueError(f"{fault.field}: expected {fault.expected}")
        return self


def _find_twice(item: Item) -> Fault | None:
    fields = [proposal.field for proposal in item.proposals or ()]
    if len(fields) > len(set(fields)):
        return Fault("proposals", "each field once")
    if len(item.attachment_ids or ()) > len(set(item.attachment_ids or ())):
        return Fault("attachment_ids", "each id once")
    return None


@dataclass(frozen=True)
class Readable:
    """An item that can be judged. `kept` is its JSON, `digest` the SHA-256 of what it says (not of how it was sent)."""

    item: Item
    kept: dict[str, Any]
    digest: bytes


@dataclass(frozen=True)
class Unreadable:
    """An item that cannot: what it calls itself, what of it is kept, and what was expected."""

    shown_id: str | None
    kept: Any
    digest: bytes
    detail: str


def read_item(raw: Any) -> Readable | Unreadable:
    """Read one item from decoded JSON of any kind; never raises."""
    if not isinstance(raw, dict):
        return _unreadable(raw, "expected an object")
    try:
        return readable(Item.model_validate(raw))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        message = str(first["msg"]).removeprefix("Value error, ")
        return _unreadable(raw, f"{place}: {message}" if place else message)


def readable(item: Item) -> Readable:
    """A valid item with its kept form and its digest."""
    kept = item.model_dump(mode="json", exclude_none=True)
    return Readable(item, kept, content_hash({name: value for name, value in kept.items() if name not in _NOT_CONTENT}))


def _unreadable(raw: Any, detail: str) -> Unreadable:
    content = storable(raw)
    return Unreadable(shown_id(raw), content, content_hash(content), storable_text(detail)[:300])
