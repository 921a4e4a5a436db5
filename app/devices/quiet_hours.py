"""Hours in which a person is not pushed to: those of everybody, and their own beside them (pure)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from app.core.errors import Invalid
from app.notices.quiet import QuietHours

LEAST_AWAKE = 4  # hours of a day in which somebody must be told of new work


def parse_own(written: str | None, zone: ZoneInfo) -> QuietHours | None:
    """`20-9` as hours; None where a person has none of their own."""
    return None if written is None else QuietHours.parse(written, zone)


def check_own(written: str, policy: QuietHours) -> QuietHours:
    """The hours that a person wants, if they and those of everybody leave enough of the day. Raises Invalid."""
    try:
        own = QuietHours.parse(written, policy.zone)
    except ValueError as error:
        raise Invalid("quiet_hours", str(error).removeprefix("expected ")) from error
    awake = sum(not (_covers(policy, hour) or _covers(own, hour)) for hour in range(24))
    if awake < LEAST_AWAKE:
        theirs = f"{policy.first}-{policy.end}"
        raise Invalid("quiet_hours", f"hours that leave at least {LEAST_AWAKE} of the day, beside {theirs} of everybody")
    return own


def over_both(policy: QuietHours, own: QuietHours | None, instant: datetime) -> datetime:
    """The instant itself, or the first after it that is in neither."""
    while (later := policy.over(instant if own is None else own.over(instant))) > instant:
        instant = later
    return instant


def _covers(hours: QuietHours, hour: int) -> bool:
    if hours.first <= hours.end:
        return hours.first <= hour < hours.end
    return hour >= hours.first or hour < hours.end
