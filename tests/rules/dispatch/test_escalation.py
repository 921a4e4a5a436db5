from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.dispatch.escalation.rules import DEFAULTS, Facts, Raised, Rule, Threshold, find_late, is_for_branch, still_late

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FRESH = Facts(
    work_order_id=1,
    grid_id=2,
    staff_id=3,
    state="open",
    handed_at=NOW - HOUR,
    held_since=NOW - HOUR,
    touched_at=None,
    days_late=0,
    due_on=date(2026, 10, 20),
    callback_at=None,
    pulled_at=NOW,
)
SEEN = replace(FRESH, handed_at=NOW - 9 * DAY, held_since=NOW - 9 * DAY)
BEGUN = replace(SEEN, state="in_progress", touched_at=NOW - HOUR)


def found(facts, rules=DEFAULTS):
    finding = find_late(facts, rules, now=NOW, zone=ZONE)
    return None if finding is None else (finding.rule, NOW - finding.since)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FRESH, None),
        (SEEN, None),
        (BEGUN, None),
        # unopened: the phone was not there since
        (replace(FRESH, pulled_at=None), None),
        (replace(FRESH, pulled_at=None, held_since=NOW - 2 * DAY), (Rule.UNOPENED, 2 * DAY)),
        (replace(FRESH, pulled_at=NOW - 4 * DAY, held_since=NOW - 3 * DAY), (Rule.UNOPENED, 3 * DAY)),
        (replace(FRESH, pulled_at=NOW - 2 * DAY, held_since=NOW - 3 * DAY), None),
        (replace(BEGUN, pulled_at=None), None),
        # stuck: begun, and nothing since
        (replace(BEGUN, touched_at=NOW - 5 * DAY), (Rule.STUCK, 5 * DAY)),
        (replace(BEGUN, touched_at=NOW - 5 * DAY + HOUR), None),
        (replace(BEGUN, touched_at=None), (Rule.STUCK, 9 * DAY)),
        # overdue: by the days of its own that passed, since it is this manager's
        (replace(SEEN, days_late=2), None),
        (replace(SEEN, days_late=3), (Rule.OVERDUE, 9 * DAY)),
        (replace(SEEN, days_late=8, handed_at=NOW - DAY), None),
        (replace(BEGUN, days_late=8), None),
        # on its last day nothing is waited for, but what was given out today is not late
        (replace(SEEN, days_late=1, due_on=date(2026, 10, 12)), (Rule.OVERDUE, 9 * DAY)),
        (replace(BEGUN, days_late=1, due_on=date(2026, 10, 12)), (Rule.OVERDUE, 9 * DAY)),
        (replace(SEEN, days_late=0, due_on=date(2026, 10, 12)), None),
        # a call-back that was asked for: until then nothing else counts
        (replace(BEGUN, callback_at=NOW + HOUR, touched_at=NOW - 30 * DAY, days_late=20), None),
        (replace(BEGUN, callback_at=NOW - HOUR), None),
        (replace(BEGUN, callback_at=NOW - DAY), (Rule.CALLBACK_MISSED, DAY)),
        # given back, and not decided
        (replace(BEGUN, state="returned", returned_at=NOW - DAY, touched_at=NOW - 30 * DAY), None),
        (replace(BEGUN, state="returned", returned_at=NOW - 2 * DAY), (Rule.RETURN_UNDECIDED, 2 * DAY)),
    ],
)
def test_what_is_late_and_by_which_rule(facts, expected):
    assert found(facts) == expected


def test_the_last_day_is_a_local_one():
    """At two in the morning of the 13th in Shanghai it is still the 12th in Greenwich."""
    facts = replace(SEEN, days_late=1, due_on=date(2026, 10, 13))
    assert found(facts) is None
    later = NOW.replace(hour=18)
    assert find_late(facts, DEFAULTS, now=later, zone=ZONE).rule is Rule.OVERDUE


def test_days_are_data_and_a_rule_can_be_switched_off():
    unopened = replace(FRESH, pulled_at=None, held_since=NOW - 2 * DAY, handed_at=NOW - 9 * DAY, days_late=5)
    patient = {**DEFAULTS, Rule.UNOPENED: Threshold(7, 2)}
    off = {**DEFAULTS, Rule.UNOPENED: Threshold(2, 2, enabled=False)}
    assert found(unopened) == (Rule.UNOPENED, 2 * DAY)
    assert found(unopened, patient) == (Rule.OVERDUE, 9 * DAY)
    assert found(unopened, off) == (Rule.OVERDUE, 9 * DAY)
    assert found(unopened, {rule: Threshold(0, 0, enabled=False) for rule in Rule}) is None


def test_it_is_resolved_when_the_reason_the_manager_or_its_beginning_changed():
    finding = find_late(replace(SEEN, days_late=3), DEFAULTS, now=NOW, zone=ZONE)
    raised = Raised(1, 1, 3, Rule.OVERDUE, finding.since, NOW - DAY)
    assert still_late(raised, finding)
    assert not still_late(raised, None)
    assert not still_late(raised, replace(finding, rule=Rule.STUCK))
    assert not still_late(raised, replace(finding, staff_id=4))
    assert not still_late(raised, replace(finding, since=finding.since + DAY))


def test_the_branch_is_told_after_its_days_and_at_once_where_nobody_leads_the_grid():
    raised = Raised(1, 1, 3, Rule.OVERDUE, NOW - 9 * DAY, NOW - 3 * DAY)
    assert is_for_branch(raised, DEFAULTS, grid_is_led=True, now=NOW)
    assert not is_for_branch(replace(raised, raised_at=NOW - 2 * DAY), DEFAULTS, grid_is_led=True, now=NOW)
    assert is_for_branch(replace(raised, raised_at=NOW), DEFAULTS, grid_is_led=False, now=NOW)
