"""Reading one item of a batch: each on its own, so that a bad one never harms its neighbours (pure)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from app.feedback.keeping import bounded, content_hash, shown_id, storable, storable_text
from app.feedback.outcomes import find_fault

FIRST_YEAR, LAST_YEAR = 1971, 2098
LONGEST_CONTACT = timedelta(hours=24)
LARGEST_ID = 2**63 - 1
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_CONTENT = {"id", "device_sequence"}


def read_time(value: Any) -> datetime:
    """An ISO 8601 time with its offset, as UTC; raises ValueError that says what was expected."""
    expected = f"expected a time with its offset such as 2026-10-12T09:30:00+08:00, from {FIRST_YEAR} to {LAST_YEAR}"
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError(expected)
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(expected) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(expected)
    return found


def _plain_text(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("expected text without control characters")
    return value


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError("expected a UUID") from error


Time = Annotated[datetime, BeforeValidator(read_time)]
Id = Annotated[UUID, BeforeValidator(_uuid)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]


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
    note: Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_plain_text)] | None = None
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    accuracy_metres: float | None = Field(None, ge=0, le=1_000_000)
    mock_location: bool | None = None
    device_sequence: int | None = Field(None, ge=0, le=LARGEST_ID)

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
        )
        if fault is not None:
            raise ValueError(f"{fault.field}: expected {fault.expected}")
        return self


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
    return Unreadable(shown_id(raw), bounded(content), content_hash(content), storable_text(detail)[:300])
