"""When a job of the timetable is to be run: its last due time, and whether to try again for it. No database, no clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.cron import CronTrigger

MAX_TRIES = 8
_LOOK_BACK = (timedelta(minutes=2), timedelta(hours=2), timedelta(days=2), timedelta(days=64))


@dataclass(frozen=True)
class Tries:
    """What became of one due time so far. `last_at` is the start of the newest try."""

    done: bool
    count: int
    last_at: datetime | None


def last_due(when: CronTrigger, now: datetime) -> datetime | None:
    """The newest due time that is not after `now`, in UTC; None where there was none in the last 64 days."""
    for back in _LOOK_BACK:
        due = when.get_next_fire_time(None, now - back)
        found: datetime | None = None
        while due is not None and due <= now:
            found = due
            due = when.get_next_fire_time(None, due + timedelta(microseconds=1))
        if found is not None:
            return found.astimezone(UTC)
    return None


def next_due(when: CronTrigger, now: datetime) -> datetime | None:
    """The next due time after `now`, in UTC."""
    due = when.get_next_fire_time(None, now + timedelta(microseconds=1))
    return None if due is None else due.astimezone(UTC)


def times_of(when: CronTrigger) -> str:
    """When a job is due, as its fields are written, such as `hour 2, minute 15` (every day)."""
    said = [f"{field.name} {field}" for field in when.fields if not field.is_default and f"{field.name} {field}" != "second 0"]
    return ", ".join(said) or "every second"


def should_try(tries: Tries, now: datetime) -> bool:
    """True until it is done; again 1, 2, 4, 8 ... minutes after the start of a failed try, at most MAX_TRIES times."""
    if tries.done or tries.count >= MAX_TRIES:
        return False
    return tries.last_at is None or now >= tries.last_at + timedelta(minutes=2 ** (tries.count - 1))
