"""What a contact policy may say: its kinds of rules with their bounds, and what speaks at which day (pure).

All rules of a policy hold at once and none weakens another, so there is no priority among them but the order in which
reasons are asked (`eligibility.REASONS`). A rule may hold for some days only (`from_day`, `to_day`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import ClassVar

from app.campaigns.options import CHANNELS
from app.core.errors import Invalid

ANY, SAME = "any", "same"
MOST_CONTACTS, LONGEST_DAYS, MOST_RULES, MOST_ENTRIES, LONGEST_WORD = 100, 730, 40, 200, 200


class WrongPolicy(Invalid):
    """The policy does not say what it should."""

    code = "contact_policy.wrong"


@dataclass(frozen=True)
class Rule:
    """What every kind of rule has: the days on which it holds, both included; null: for ever."""

    kind: ClassVar[str]
    from_day: date | None = None
    to_day: date | None = None

    def __post_init__(self) -> None:
        if self.from_day is not None and self.to_day is not None and self.to_day < self.from_day:
            raise WrongPolicy("to_day", "a day on or after from_day")

    def holds_on(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return (self.from_day is None or self.from_day <= day) and (self.to_day is None or day <= self.to_day)


@dataclass(frozen=True)
class SlidingWindow(Rule):
    """At most `most` contacts in any `days` days, over all campaigns and earlier systems.

    channel: `any`, `same` (each channel by itself), or one channel. family: `any`, `same` (each by itself), or one family.
    """

    kind = "sliding_window"
    most: int = 2
    days: int = 30
    channel: str = ANY
    family: str = ANY

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number("most", self.most, 1, MOST_CONTACTS)
        _check_number("days", self.days, 1, LONGEST_DAYS)
        _check_channel(self.channel, SAME)
        _check_word("family", self.family)


@dataclass(frozen=True)
class RestAfterRefusal(Rule):
    """No contact for `days` days after one with this outcome, and with this objection where one is named."""

    kind = "rest_after_refusal"
    days: int = 90
    family: str = SAME
    outcome: str = "refused"
    objection: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number("days", self.days, 1, LONGEST_DAYS)
        _check_scope(self.family)
        _check_word("outcome", self.outcome)
        if self.objection is not None:
            _check_word("objection", self.objection)


@dataclass(frozen=True)
class RestAfterSuccess(Rule):
    """No contact for `days` days after an order in billing that was not cancelled."""

    kind = "rest_after_success"
    days: int = 60
    family: str = SAME

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number("days", self.days, 1, LONGEST_DAYS)
        _check_scope(self.family)


@dataclass(frozen=True)
class RestAfterComplaint(Rule):
    """No contact for `days` days after a complaint was opened, of one of these topics; none: of any."""

    kind = "rest_after_complaint"
    days: int = 30
    topics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_number("days", self.days, 1, LONGEST_DAYS)
        if len(self.topics) > MOST_ENTRIES:
            raise WrongPolicy("topics", f"at most {MOST_ENTRIES} topics")
        for topic in self.topics:
            _check_word("topics", topic)


@dataclass(frozen=True)
class QuietDays(Rule):
    """No contact on these days: weekdays (1 is Monday, 7 is Sunday), dates, and the company's holidays."""

    kind = "quiet_days"
    weekdays: tuple[int, ...] = ()
    dates: tuple[date, ...] = ()
    holidays: bool = False
    channel: str = ANY

    def __post_init__(self) -> None:
        super().__post_init__()
        for weekday in self.weekdays:
            _check_number("weekdays", weekday, 1, 7)
        if len(set(self.weekdays)) == 7:
            raise WrongPolicy("weekdays", "some day of the week on which a contact is allowed")
        if len(self.dates) > MOST_ENTRIES:
            raise WrongPolicy("dates", f"at most {MOST_ENTRIES} days")
        if not (self.weekdays or self.dates or self.holidays):
            raise WrongPolicy("weekdays", "weekdays, dates or holidays")
        _check_channel(self.channel)


@dataclass(frozen=True)
class QuietHours(Rule):
    """No contact from `begins` until `ends`, local time; over midnight where it ends earlier than it begins."""

    kind = "quiet_hours"
    begins: time = time(21)
    ends: time = time(9)
    channel: str = ANY

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.begins == self.ends:
            raise WrongPolicy("ends", "another time than begins")
        _check_channel(self.channel)


KINDS: dict[str, type[Rule]] = {
    kind.kind: kind for kind in (SlidingWindow, RestAfterRefusal, RestAfterSuccess, RestAfterComplaint, QuietDays, QuietHours)
}


def quiet_days(
    rules: Sequence[Rule], *, channel: str, first: date, last: date, holidays: Collection[date] = ()
) -> frozenset[date]:
    """The days from `first` to `last` on which nobody is contacted by this channel."""
    days = (first + timedelta(days=nth) for nth in range((last - first).days + 1))
    return frozenset(day for day in days if any(_is_quiet(rule, day, channel, holidays) for rule in rules))


def quiet_hours(rules: Sequence[Rule], *, day: date) -> list[QuietHours]:
    """The hours of a day in which nobody is contacted, as their rules say them."""
    return [rule for rule in rules if isinstance(rule, QuietHours) and rule.holds_on(day)]


def is_quiet_at(rules: Sequence[Rule], *, channel: str, day: date, at: time) -> bool:
    """Whether no contact is to be made by this channel at a local time of a day."""
    return any(
        isinstance(rule, QuietHours)
        and rule.holds_on(day)
        and rule.channel in (ANY, channel)
        and (rule.begins <= at < rule.ends if rule.begins < rule.ends else at >= rule.begins or at < rule.ends)
        for rule in rules
    )


def _is_quiet(rule: Rule, day: date, channel: str, holidays: Collection[date]) -> bool:
    if not isinstance(rule, QuietDays) or not rule.holds_on(day) or rule.channel not in (ANY, channel):
        return False
    return day.isoweekday() in rule.weekdays or day in rule.dates or (rule.holidays and day in holidays)


def _check_number(field: str, value: int, lowest: int, highest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise WrongPolicy(field, f"a whole number from {lowest} to {highest}")


def _check_channel(value: str, *more: str) -> None:
    if value not in (allowed := (ANY, *more, *CHANNELS)):
        raise WrongPolicy("channel", f"one of {', '.join(allowed)}")


def _check_scope(value: str) -> None:
    if value not in (SAME, ANY):
        raise WrongPolicy("family", f"{SAME} or {ANY}")


def _check_word(field: str, value: str) -> None:
    sound = isinstance(value, str) and value.strip() and len(value) <= LONGEST_WORD
    if not sound or any(ord(letter) < 32 or "\ud800" <= letter <= "\udfff" for letter in value):
        raise WrongPolicy(field, f"a text of 1 to {LONGEST_WORD} characters")
