"""What a contact policy may say, what it means, and what it asks of one campaign."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigns.policy.as_json import read_rules, rules_as_json, rules_of_json
from app.campaigns.policy.default import DEFAULT_RULES
from app.campaigns.policy.rules import (
    QuietDays,
    QuietHours,
    RestAfterComplaint,
    RestAfterRefusal,
    RestAfterSuccess,
    SlidingWindow,
    WrongPolicy,
    is_quiet_at,
    quiet_days,
)
from app.campaigns.policy.terms import terms_of
from app.campaigns.policy.words import words_of

MONDAY = date(2026, 10, 12)
ALL_KINDS = (
    *DEFAULT_RULES,
    SlidingWindow(most=1, days=90, channel="visit", family="tv", from_day=MONDAY, to_day=MONDAY),
    SlidingWindow(most=3, days=7, channel="same"),
    RestAfterComplaint(days=5, topics=("bill", "noise"), to_day=MONDAY),
    RestAfterSuccess(days=1, family="any", from_day=MONDAY),
    QuietDays(weekdays=(6, 7), dates=(date(2026, 10, 1),), holidays=True, channel="call"),
    QuietHours(begins=time(12), ends=time(13, 30), channel="sms"),
)


def test_every_kind_of_rule_is_the_same_after_json():
    assert read_rules(rules_as_json(ALL_KINDS)) == ALL_KINDS


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "sliding_window", "most": 0}, "rules[0].most: expected a whole number from 1 to 100"),
        ({"kind": "sliding_window", "most": True}, "rules[0].most: expected a whole number from 1 to 100"),
        ({"kind": "sliding_window", "days": "30"}, "rules[0].days: expected a whole number from 1 to 730"),
        ({"kind": "sliding_window", "channel": "fax"}, "rules[0].channel: expected one of any, same, call, visit, sms"),
        ({"kind": "sliding_window", "family": ""}, "rules[0].family: expected a text of 1 to 200 characters"),
        ({"kind": "sliding_window", "family": 7}, "rules[0].family: expected a text"),
        ({"kind": "rest_after_refusal", "family": "tv"}, "rules[0].family: expected same or any"),
        ({"kind": "rest_after_complaint", "topics": "bill"}, "rules[0].topics: expected a list"),
        ({"kind": "rest_after_complaint", "topics": [3]}, "rules[0].topics: expected a text of 1 to 200 characters"),
        ({"kind": "quiet_days"}, "rules[0].weekdays: expected weekdays, dates or holidays"),
        ({"kind": "quiet_days", "weekdays": [1, 2, 3, 4, 5, 6, 7]}, "rules[0].weekdays: expected some day of the week"),
        ({"kind": "quiet_days", "weekdays": [0]}, "rules[0].weekdays: expected a whole number from 1 to 7"),
        ({"kind": "quiet_days", "dates": ["1 Oct"]}, "rules[0].dates: expected a day as YYYY-MM-DD"),
        ({"kind": "quiet_days", "holidays": 1}, "rules[0].holidays: expected true or false"),
        ({"kind": "quiet_hours", "begins": "9", "ends": "09:00"}, "rules[0].begins: expected"),
        ({"kind": "quiet_hours", "begins": "09:00", "ends": "09:00"}, "rules[0].ends: expected another time than begins"),
        (
            {"kind": "quiet_hours", "from_day": "2026-10-02", "to_day": "2026-10-01"},
            "rules[0].to_day: expected a day on or after",
        ),
        ({"kind": "quiet_hours", "most": 1}, "rules[0].most: expected one of from_day, to_day, begins, ends, channel"),
        ({"kind": "other"}, "rules[0].kind: expected one of sliding_window, rest_after_refusal"),
        ({"kind": ["x"]}, "rules[0].kind: expected one of"),
        ({}, "rules[0].kind: expected one of"),
        ("x", "rules[0]: expected an object with its kind"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(rule, said):
    with pytest.raises(WrongPolicy) as caught:
        read_rules([rule])
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"rules": {}}', b'{"rules": [], "more": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_policy_is_refused(content):
    with pytest.raises(WrongPolicy):
        rules_of_json(content)


def test_a_rule_is_given_once():
    with pytest.raises(WrongPolicy, match="each rule once"):
        read_rules([{"kind": "rest_after_success"}] * 2)


def test_a_policy_is_said_in_both_languages():
    assert words_of(SlidingWindow(most=2, days=30)) == (
        "任意连续30天内最多接触2次（所有活动及原系统合计）。",
        "At most 2 contacts in any 30 days, over all campaigns and earlier systems.",
    )
    assert words_of(SlidingWindow(most=1, days=14, family="same", channel="visit"))[1] == (
        "At most 1 contact by visit for the same product family in any 14 days, over all campaigns and earlier systems."
    )
    assert words_of(QuietDays(weekdays=(7,), dates=(date(2026, 10, 1),))) == (
        "周日、2026-10-01不接触。",
        "No contact on Sundays, 2026-10-01.",
    )
    assert words_of(RestAfterRefusal(days=90))[1] == (
        "No contact for the same product family in the 90 days after the customer refused."
    )
    assert all(zh.endswith("。") and en.endswith(".") for zh, en in map(words_of, ALL_KINDS))


def test_quiet_days_and_hours_are_of_their_channel():
    rules = (QuietDays(weekdays=(6, 7), channel="call"), QuietDays(holidays=True), QuietHours(channel="call"))
    week = {"first": MONDAY, "last": MONDAY + timedelta(days=6), "holidays": [MONDAY]}
    assert quiet_days(rules, channel="call", **week) == {MONDAY, MONDAY + timedelta(days=5), MONDAY + timedelta(days=6)}
    assert quiet_days(rules, channel="visit", **week) == {MONDAY}
    said = {hour: is_quiet_at(rules, channel="call", day=MONDAY, at=time(hour)) for hour in (0, 8, 9, 20, 21, 23)}
    assert said == {0: True, 8: True, 9: False, 20: False, 21: True, 23: True}
    assert not is_quiet_at(rules, channel="visit", day=MONDAY, at=time(23))


def _terms(*rules, channel="call", family="tv", days=3, **more):
    return terms_of(rules, channel=channel, family=family, first=MONDAY, last=MONDAY + timedelta(days=days - 1), **more)


def test_a_campaign_is_asked_by_the_rules_of_its_channel_family_and_days_alone():
    bearing = _terms(
        SlidingWindow(most=1, channel="visit"),
        SlidingWindow(most=2, family="broadband"),
        SlidingWindow(most=3, to_day=MONDAY - timedelta(days=1)),
        SlidingWindow(most=4, days=10, channel="same"),
        SlidingWindow(most=5, days=10, family="tv"),
    )
    assert [(term.nth, term.most, term.channel, term.family) for term in bearing.windows] == [
        (3, 4, "call", None),
        (4, 5, None, "tv"),
    ]
    assert bearing.windows[0].since == MONDAY - timedelta(days=9)
    assert bearing.windows[0].until == MONDAY + timedelta(days=11)


def test_an_order_does_not_speak_against_keeping_a_customer():
    assert _terms(RestAfterSuccess()).successes[0].since == MONDAY - timedelta(days=60)
    assert _terms(RestAfterSuccess(), keeps=True).successes == ()


def test_a_campaign_on_quiet_days_alone_has_no_day_left():
    rule = QuietDays(dates=(MONDAY, MONDAY + timedelta(days=1)))
    assert _terms(rule, days=2).quiet
    assert not _terms(rule, days=3).quiet


@settings(max_examples=50)
@given(
    most=st.integers(1, 4),
    days=st.integers(1, 12),
    campaigns=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15), st.integers(0, 15)), max_size=14),
)
def test_whichever_days_are_chosen_no_window_holds_more_than_its_limit(most, days, campaigns):
    """Campaigns are decided one after the other; each contact falls on any day of its window, known only later."""
    taken: list[tuple[int, int, int]] = []  # (first, last, day of the contact)
    for start, length, offset in sorted(campaigns):
        today = MONDAY + timedelta(days=start)
        term = terms_of(
            (SlidingWindow(most=most, days=days),), channel="call", family="tv", first=today, last=today + timedelta(days=length)
        ).windows[0]
        since, until = (term.since - MONDAY).days, (term.until - MONDAY).days
        made = sum(since <= day < start for _, _, day in taken)
        live = sum(first <= until and last >= since for first, last, day in taken if day >= start)
        if made + live < most:
            taken.append((start, start + length, start + min(offset, length)))
    contacts = sorted(day for _, _, day in taken)
    assert all(sum(day <= other < day + days for other in contacts) <= most for day in contacts)
