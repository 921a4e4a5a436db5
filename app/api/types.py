"""Types of what comes in by HTTP: bounded, and free of what a database or a log cannot hold."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from app.core.clock import Month
from app.core.errors import Invalid
from app.core.paging import MAX_PAGE_SIZE

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
LARGEST_ID = 2**63 - 1
FIRST_YEAR, LAST_YEAR = 1971, 2098


def _printable(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise PydanticCustomError("text_unprintable", "expected text without control characters")
    return value


def read_month(value: str) -> Month:
    """A month as YYYY-MM; raises Invalid."""
    try:
        return Month.parse(value)
    except ValueError as error:
        raise Invalid("month", str(error).removeprefix("expected ")) from error


def _month_in_query(
    month: Annotated[
        str | None, Query(max_length=20, examples=["2026-10"], description="YYYY-MM; this month where left out")
    ] = None,
) -> Month | None:
    return None if month is None else read_month(month)


def _month_in_path(month: Annotated[str, Path(examples=["2026-10"], description="YYYY-MM")]) -> Month:
    return read_month(month)


def _as_number(value: Decimal) -> int | float:
    """A count of few places as a JSON number; what is paid is never written so."""
    return int(value) if value == value.to_integral_value() else float(value)


def _in_our_time(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise PydanticCustomError("time_wrong", "expected an instant from {first} to {last}", years)
    return value


ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
LongText = Annotated[str, StringConstraints(max_length=4_000), AfterValidator(_printable)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_printable)]
CODE = r"^[A-Za-z0-9_.\-]{1,64}$"
Code = Annotated[str, StringConstraints(pattern=CODE)]

CodePath = Annotated[str, Path(pattern=CODE)]
IdPath = Annotated[int, Path(ge=1, le=LARGEST_ID)]
MonthPath = Annotated[Month, Depends(_month_in_path)]
OptionalMonth = Annotated[Month | None, Depends(_month_in_query)]
PastInstant = Annotated[
    Annotated[AwareDatetime, AfterValidator(_in_our_time)] | None,
    Query(description="a past instant with its offset: as it was served then", examples=["2026-10-31T18:00:00+08:00"]),
]
MonthText = Annotated[str, BeforeValidator(str)]
Credit = Annotated[Decimal, PlainSerializer(_as_number, when_used="json"), WithJsonSchema({"type": "number"})]
Cursor = Annotated[str | None, Query(max_length=500, description="next_cursor of the answer before; none: from the start")]
Limit = Annotated[int, Query(ge=1, description=f"rows of a page; more than {MAX_PAGE_SIZE} is {MAX_PAGE_SIZE}")]


class In(BaseModel):
    """Base of what is sent to us: unknown fields are an error."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=False)


class Out(BaseModel):
    """Base of what we answer: read from rows, no defaults, so that a client sees every field."""

    model_config = ConfigDict(from_attributes=True)
