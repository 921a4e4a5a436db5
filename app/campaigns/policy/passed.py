"""Limits of the contact policy that contacts which were made have passed, and when there is room again (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.campaigns.policy.rules import ANY, SAME, Rule, SlidingWindow


@dataclass(frozen=True)
class Made:
    """A contact that was made, on one of its days. `contact`: what its reports and work orders have in common; channel None: of
    an earlier system, which did not say."""

    contact: int
    day: date
    channel: str | None
    family: str


@dataclass(frozen=True)
class Passed:
    """A limit, and the most contacts of one of its windows that hold the contact asked about."""

    most: int
    days: int
    made: int


def limits_passed(made: Sequence[Made], contact: int, rules: Iterable[Rule]) -> list[Passed]:
    """The limits in whose windows around this contact more were made than they allow."""
    found = []
    for rule in rules:
        if isinstance(rule, SlidingWindow):
            most = max((_most_around(made, one, rule) for one in made if one.contact == contact), default=0)
            if most > rule.most:
                found.append(Passed(rule.most, rule.days, most))
    return found


def days_with_room(made: Sequence[Made], rules: Iterable[Rule], *, first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which a contact that was made leaves the window of some limit, in their order."""
    windows = {rule.days for rule in rules if isinstance(rule, SlidingWindow)}
    leaves = {one.day + timedelta(days=days) for one in made for days in windows}
    return sorted(day for day in leaves if first <= day <= last)


def _most_around(made: Sequence[Made], one: Made, rule: SlidingWindow) -> int:
    """Contacts in that window of `rule.days` days with this day in it that holds the most."""
    if not rule.holds_on(one.day) or rule.channel not in (ANY, SAME, one.channel) or rule.family not in (ANY, SAME, one.family):
        return 0
    peers = [other for other in made if _counts(other, one, rule)]
    starts = (one.day - timedelta(days=back) for back in range(rule.days))
    return max(len({other.contact for other in peers if 0 <= (other.day - start).days < rule.days}) for start in starts)


def _counts(other: Made, one: Made, rule: SlidingWindow) -> bool:
    by_channel = rule.channel == ANY or other.channel in (None, one.channel)
    return by_channel and (rule.family == ANY or other.family == one.family)
