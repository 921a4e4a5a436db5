"""The only reader of the wall clock, and the calendar in which the business counts: local days and months."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_shifts = [timedelta(0)]  # none, and those that last, the newest at the end
_zone = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC) + shift()


def shift() -> timedelta:
    """By how much this process lives at another time."""
    return _shifts[-1]


def use_zone(zone: ZoneInfo) -> None:
    """Count local days and months in this zone from now on (called once, at the start of a process)."""
    global _zone
    _zone = zone


def zone() -> ZoneInfo:
    """The zone in which local days and months are counted."""
    return _zone


@contextmanager
def shifted_to(instant: datetime) -> Iterator[None]:
    """Let this process live at another time, for a demonstration or a test that plays weeks in seconds.

    Threads that do so at once may end in any order: each takes back its own shift, and none stays behind.
    """
    mine = instant - datetime.now(UTC)
    _shifts.append(mine)
    try:
        yield
    finally:
        _shifts.remove(mine)


def local_date(instant: datetime) -> date:
    """The local day on which an instant falls."""
    return instant.astimezone(_zone).date()


def start_of_day(day: date) -> datetime:
    """The instant (UTC) at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=_zone).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The instant (UTC) at which a local day ends, that is, the next begins."""
    return start_of_day(day + timedelta(days=1))


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month, local time. `Month.parse("2026-10")`, `str(month)` is `2026-10`."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1971 <= self.year <= 2098 and 1 <= self.number <= 12):
            raise ValueError(f"expected a month from 1971-01 to 2098-12, got {self.year:04d}-{self.number:02d}")

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `YYYY-MM`; raises ValueError that says what was expected."""
        found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text)
        if not found:
            raise ValueError("expected a month as YYYY-MM, such as 2026-10")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, instant: datetime) -> "Month":
        """The local month in which an instant falls."""
        return cls.of_day(local_date(instant))

    @classmethod
    def of_day(cls, day: date) -> "Month":
        """The month of a day."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        """The first day."""
        return date(self.year, self.number, 1)

    @property
    def starts_at(self) -> datetime:
        """The instant (UTC) at which it begins."""
        return start_of_day(self.first_day)

    @property
    def ends_at(self) -> datetime:
        """The instant (UTC) at which it is over; not part of it."""
        return self.next.starts_at

    @property
    def next(self) -> "Month":
        """The month after."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def previous(self) -> "Month":
        """The month before."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"
