"""Hours in which nobody is sent a mail."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class QuietHours:
    """From the full hour `first` until the full hour `end`, local time, over midnight where `first` is the later; equal: none."""

    first: int
    end: int
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> "QuietHours":
        """Read `21-8`; raises ValueError that says what was expected."""
        found = re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})", text)
        if not found or int(found[1]) > 23 or int(found[2]) > 23:
            raise ValueError("expected two hours from 0 to 23 such as 21-8, or 0-0 for none")
        return cls(int(found[1]), int(found[2]), zone)

    def over(self, instant: datetime) -> datetime:
        """The instant itself, or the end of the quiet hours in which it falls."""
        local = instant.astimezone(self.zone)
        if self.first <= self.end:
            quiet = self.first <= local.hour < self.end
        else:
            quiet = local.hour >= self.first or local.hour < self.end
        if not quiet:
            return instant
        days = 1 if local.hour >= self.end else 0
        end = local.replace(hour=self.end, minute=0, second=0, microsecond=0) + timedelta(days=days)
        return end.astimezone(instant.tzinfo)
