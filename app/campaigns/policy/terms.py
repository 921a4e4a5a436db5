"""A policy's rules as they bear on one campaign's channel, family and days (pure).

**The sliding window, conservatively.** A new contact may fall on any day d from `first` to `last`. Every window of D days that
holds d lies within [first - D + 1, last + D - 1]. So a customer is refused when `most` or more contacts lie, or may yet lie,
in that span: those made since first - D + 1, and every live order (planned, open, in progress) whose own days meet the span.
Whichever day is chosen later, no window then holds more than `most`: of the contacts in it take the order that was made last;
when it was chosen all the others were made or live, and were counted. Contacts of one `contact_id` count once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.campaigns.policy.rules import (
    ANY,
    SAME,
    RestAfterComplaint,
    RestAfterRefusal,
    RestAfterSuccess,
    Rule,
    SlidingWindow,
    quiet_days,
)


@dataclass(frozen=True)
class WindowTerm:
    """Contacts from `since` on, and live orders whose days meet [since, until], are fewer than `most`; None: any."""

    nth: int
    most: int
    days: int
    since: date
    until: date
    channel: str | None
    family: str | None


@dataclass(frozen=True)
class RefusalTerm:
    """No contact that ended so since this day; None: any."""

    nth: int
    days: int
    since: date
    family: str | None
    outcome: str
    objection: str | None


@dataclass(frozen=True)
class SuccessTerm:
    """No order in billing since this day; None: of any family."""

    nth: int
    days: int
    since: date
    family: str | None


@dataclass(frozen=True)
class ComplaintTerm:
    """No complaint since this day; None: on any topic."""

    nth: int
    days: int
    since: date
    topic: str | None


@dataclass(frozen=True)
class Terms:
    """All that a policy says about one campaign. `nth` of each is its rule's place in the policy; `quiet`: no day is left."""

    windows: tuple[WindowTerm, ...]
    refusals: tuple[RefusalTerm, ...]
    successes: tuple[SuccessTerm, ...]
    complaints: tuple[ComplaintTerm, ...]
    quiet: bool


def terms_of(
    rules: Sequence[Rule],
    *,
    channel: str,
    family: str,
    first: date,
    last: date,
    keeps: bool = False,
    holidays: Collection[date] = (),
) -> Terms:
    """What the rules in force on `first` ask of a contact by this channel for this family on some day from `first` to `last`.

    `keeps`: it is for holders, to keep what they have; an order does not speak against that.
    """
    windows: list[WindowTerm] = []
    refusals: list[RefusalTerm] = []
    successes: list[SuccessTerm] = []
    complaints: list[ComplaintTerm] = []
    last = max(first, last)
    for nth, rule in enumerate(rules):
        if not rule.holds_on(first):
            continue
        match rule:
            case SlidingWindow() if rule.channel in (ANY, SAME, channel) and rule.family in (ANY, SAME, family):
                before = timedelta(days=rule.days - 1)
                only_channel, only_family = _only(rule.channel, channel), _only(rule.family, family)
                term = WindowTerm(nth, rule.most, rule.days, first - before, last + before, only_channel, only_family)
                windows.append(term)
            case RestAfterRefusal():
                since = first - timedelta(days=rule.days)
                refusals.append(RefusalTerm(nth, rule.days, since, _only(rule.family, family), rule.outcome, rule.objection))
            case RestAfterSuccess() if not keeps:
                since = first - timedelta(days=rule.days)
                successes.append(SuccessTerm(nth, rule.days, since, _only(rule.family, family)))
            case RestAfterComplaint():
                since = first - timedelta(days=rule.days)
                complaints += [ComplaintTerm(nth, rule.days, since, topic) for topic in rule.topics or (None,)]
    quiet = quiet_days(rules, channel=channel, first=first, last=last, holidays=holidays)
    return Terms(tuple(windows), tuple(refusals), tuple(successes), tuple(complaints), len(quiet) == (last - first).days + 1)


def _only(scope: str, own: str) -> str | None:
    return None if scope == ANY else own
