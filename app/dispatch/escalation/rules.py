"""Which work nobody does, and when that is told to whom (pure): to the grid manager, later to the branch manager.

The days are data (table escalation_rules); these are the defaults. Days are calendar days of 24 hours from the instant from
which the rule counts; a planned order is nobody's fault yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MOST_DAYS = 90


class Rule(StrEnum):
    """Why it is told, in the order in which they are asked: the first that applies is the reason."""

    RETURN_UNDECIDED = "return_undecided"  # given back, and the grid manager did not decide
    CALLBACK_MISSED = "callback_missed"  # the customer asked for a call and got none
    UNOPENED = "unopened"  # the manager's phone was not there since it was the manager's
    STUCK = "stuck"  # begun, and nothing since
    OVERDUE = "overdue"  # its day passed, or its last day is here


@dataclass(frozen=True)
class Threshold:
    """Days until the grid manager is told, and from then until the branch manager is, if it was not resolved."""

    after_days: int
    branch_after_days: int
    enabled: bool = True


DEFAULTS: Mapping[Rule, Threshold] = {
    Rule.RETURN_UNDECIDED: Threshold(2, 2),
    Rule.CALLBACK_MISSED: Threshold(1, 2),
    Rule.UNOPENED: Threshold(2, 2),
    Rule.STUCK: Threshold(5, 3),
    Rule.OVERDUE: Threshold(3, 3),
}


@dataclass(frozen=True)
class Facts:
    """What is known of a work order that is on a phone, or was given back and not decided (`returned_at`).

    handed_at: when a person, or the dispatch, gave it to this manager; held_since: on the phone since; touched_at: last
    contact or start; days_late: of its days, how many passed, those from which it was rolled included; callback_at: for when
    the customer asked, at the last contact; pulled_at: when the manager's phone was last there.
    """

    work_order_id: int
    grid_id: int
    staff_id: int
    state: str
    handed_at: datetime
    held_since: datetime
    touched_at: datetime | None
    days_late: int
    due_on: date
    callback_at: datetime | None
    pulled_at: datetime | None
    returned_at: datetime | None = None


@dataclass(frozen=True)
class Finding:
    """A work order that a rule found; `since` is the instant from which the rule counts, the same at every look."""

    work_order_id: int
    grid_id: int
    staff_id: int
    rule: Rule
    since: datetime


@dataclass(frozen=True)
class Raised:
    """An escalation that was told and is not resolved."""

    id: int
    work_order_id: int
    staff_id: int
    rule: Rule
    since: datetime
    raised_at: datetime


def find_late(facts: Facts, rules: Mapping[Rule, Threshold], *, now: datetime, zone: ZoneInfo) -> Finding | None:
    """The first rule that applies to this work order now, if any."""
    last_day = facts.due_on <= now.astimezone(zone).date()
    for rule, since in _candidates(facts, now, last_day=last_day):
        threshold = rules[rule]
        late = now >= since + timedelta(days=threshold.after_days)
        if rule is Rule.OVERDUE:  # rest days pass no day of its own: it is late by the days that did
            late = facts.days_late > 0 and (last_day or (late and facts.days_late >= threshold.after_days))
        if threshold.enabled and late:
            return Finding(facts.work_order_id, facts.grid_id, facts.staff_id, rule, since)
    return None


def _candidates(facts: Facts, now: datetime, *, last_day: bool) -> Iterable[tuple[Rule, datetime]]:
    """The rules that fit what happened to it, with the instant from which each counts."""
    if facts.returned_at is not None:
        yield Rule.RETURN_UNDECIDED, facts.returned_at
        return
    if facts.callback_at is not None:
        yield Rule.CALLBACK_MISSED, facts.callback_at
        if now < facts.callback_at:  # until then the customer's wish counts, nothing else
            return
    if facts.state == "open" and (facts.pulled_at is None or facts.pulled_at < facts.held_since):
        yield Rule.UNOPENED, facts.held_since
    if facts.state == "in_progress":
        yield Rule.STUCK, facts.touched_at or facts.held_since
    if facts.state == "open" or last_day:  # whoever has begun is stuck or not, until the last day
        yield Rule.OVERDUE, facts.handed_at


def still_late(raised: Raised, finding: Finding | None) -> bool:
    """Whether what was told is still so: the same rule, the same manager, counted from the same instant."""
    if finding is None:
        return False
    return (finding.rule, finding.staff_id, finding.since) == (raised.rule, raised.staff_id, raised.since)


def is_for_branch(raised: Raised, rules: Mapping[Rule, Threshold], *, grid_is_led: bool, now: datetime) -> bool:
    """Whether what the grid manager was told is told to the branch manager: after its days, or at once where a grid has none."""
    return not grid_is_led or now >= raised.raised_at + timedelta(days=rules[raised.rule].branch_after_days)


def check_threshold(after_days: int, branch_after_days: int) -> str | None:
    """What is wrong with these days; None where nothing is."""
    if not 0 <= after_days <= MOST_DAYS or not 0 <= branch_after_days <= MOST_DAYS:
        return f"days from 0 to {MOST_DAYS}"
    return None
