"""Which limits of the contact policy the contacts that were made have passed, and when there is room again."""

from datetime import date, timedelta

import pytest

from app.campaigns.policy.passed import Made, days_with_room, limits_passed
from app.campaigns.policy.rules import RestAfterRefusal, SlidingWindow

DAY = date(2026, 10, 12)


def made(contact, days_ago, channel="call", family="tv"):
    return Made(contact, DAY - timedelta(days=days_ago), channel, family)


@pytest.mark.parametrize(
    ("rule", "contacts", "found"),
    [
        (SlidingWindow(most=1, days=5), [made(1, 0), made(2, 4)], [2]),
        (SlidingWindow(most=1, days=5), [made(1, 0), made(2, 5)], []),
        (SlidingWindow(most=1, days=5), [made(1, 4), made(2, 0)], [2]),  # the other one came later
        (SlidingWindow(most=2, days=5), [made(1, 0), made(2, 1), made(3, 4), made(4, 30)], [3]),
        (SlidingWindow(most=2, days=5), [made(1, 4), made(2, 0), made(3, 8)], []),  # no window holds all three
        (SlidingWindow(most=1, days=5), [made(1, 0), made(1, 2)], []),  # one contact, reported twice
        (SlidingWindow(most=1, days=5), [made(2, 0), made(3, 0), made(1, 30)], []),  # others', not this one's
        (SlidingWindow(most=1, days=5, channel="same"), [made(1, 0), made(2, 1, channel="visit")], []),
        (SlidingWindow(most=1, days=5, channel="same"), [made(1, 0), made(2, 1, channel=None)], [2]),
        (SlidingWindow(most=1, days=5, channel="visit"), [made(1, 0), made(2, 1)], []),
        (SlidingWindow(most=1, days=5, family="same"), [made(1, 0), made(2, 1, family="broadband")], []),
        (SlidingWindow(most=1, days=5, family="tv"), [made(1, 0), made(2, 1)], [2]),
        (SlidingWindow(most=1, days=5, to_day=DAY - timedelta(days=1)), [made(1, 0), made(2, 1)], []),
        (RestAfterRefusal(), [made(1, 0), made(2, 1)], []),
    ],
)
def test_a_limit_is_passed_where_a_window_around_the_contact_holds_more_than_it_allows(rule, contacts, found):
    assert [(one.made, one.days, one.most) for one in limits_passed(contacts, 1, [rule])] == [
        (count, rule.days, rule.most) for count in found
    ]


def test_there_may_be_room_again_when_a_contact_leaves_the_window_of_a_limit():
    rules = [SlidingWindow(days=5), SlidingWindow(days=30), RestAfterRefusal(days=7)]
    contacts = [made(1, 0), made(2, 3)]
    found = days_with_room(contacts, rules, first=DAY + timedelta(days=1), last=DAY + timedelta(days=28))
    assert found == [DAY + timedelta(days=ahead) for ahead in (2, 5, 27)]
    assert days_with_room([], rules, first=DAY, last=DAY) == []
