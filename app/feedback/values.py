"""Single values as phones send them: times, days, ids, money, text (pure). Each says what was expected where it is none."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1971, 2098
_YEARS = {"first": FIRST_YEAR, "last": LAST_YEAR}
LARGEST_ID = 2**63 - 1
LARGEST_SEQUENCE = 1_000_000
MOST_MONEY = Decimal(1_000_000)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONEY = re.compile(r"\d{1,7}(\.\d{1,2})?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_time(value: Any) -> datetime:
    """An ISO 8601 time with its offset, as UTC; raises ValueError that says what was expected."""
    wrong = PydanticCustomError(
        "time_wrong", "expected a time with its offset such as 2026-10-12T09:30:00+08:00, from {first} to {last}", _YEARS
    )
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise wrong
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise wrong
    return found


def read_day(value: Any) -> date:
    """A day as YYYY-MM-DD; raises ValueError that says what was expected."""
    wrong = PydanticCustomError("day_wrong", "expected a day such as 2026-10-12, from {first} to {last}", _YEARS)
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise wrong
    try:
        found = date.fromisoformat(value)
    except ValueError as error:
        raise wrong from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise wrong
    return found


def read_money(value: Any) -> Decimal:
    """An amount as a number or as text, in the currency's hundredths; raises ValueError that says what was expected."""
    written = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    try:
        found = Decimal(written) if _MONEY.fullmatch(written) else None
    except InvalidOperation:
        found = None
    if found is None or found > MOST_MONEY:
        most = {"most": int(MOST_MONEY)}
        raise PydanticCustomError("money_wrong", "expected an amount such as 99 or 99.50, from 0 to {most}", most)
    return found.quantize(Decimal("0.01"))


def _plain(value: str) -> str:
    if _CONTROL.search(value):
        raise PydanticCustomError("text_unprintable", "expected text without control characters")
    return value


def _said(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("text_blank", "expected text that is not blank")
    return " ".join(_plain(value).split())


def _uuid(value: Any) -> UUID:
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError) as error:
        raise PydanticCustomError("uuid_type", "expected a UUID") from error


Time = Annotated[datetime, BeforeValidator(read_time)]
Day = Annotated[date, BeforeValidator(read_day)]
Money = Annotated[Decimal, BeforeValidator(read_money)]
Id = Annotated[UUID, BeforeValidator(_uuid)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,40}$")]
Note = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_plain)]
Words = Annotated[str, StringConstraints(max_length=60), AfterValidator(_said)]
Sentence = Annotated[str, StringConstraints(max_length=200), AfterValidator(_said)]
