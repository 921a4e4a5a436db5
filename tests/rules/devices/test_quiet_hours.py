"""Hours without pushes: those of everybody, and a person's own beside them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import Invalid
from app.devices.quiet_hours import check_own, over_both, parse_own
from app.notices.quiet import QuietHours

SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICY = QuietHours(21, 8, SHANGHAI)


def at(hour, minute=0, day=12):
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("own", "instant", "awake"),
    [
        (None, at(12), at(12)),
        (None, at(22), at(8, day=13)),
        ("18-9", at(19), at(9, day=13)),
        ("18-9", at(17, 59), at(17, 59)),
        ("12-14", at(13, 30), at(14)),
        ("12-14", at(23), at(8, day=13)),
        ("8-10", at(22), at(10, day=13)),
        ("8-10", at(7), at(10)),
        ("19-21", at(19, 30), at(8, day=13)),
        ("0-0", at(20), at(20)),
    ],
)
def test_a_person_is_told_when_neither_is_quiet(own, instant, awake):
    assert over_both(POLICY, parse_own(own, SHANGHAI), instant.astimezone(UTC)) == awake


def test_nobody_can_shorten_the_quiet_hours_of_everybody():
    own = check_own("0-0", POLICY)
    assert over_both(POLICY, own, at(22)) == at(8, day=13)


@pytest.mark.parametrize("written", ["8-21", "8-18", "12-9", "24-1", "9", "", "a-b", "-1-5", "９-10"])
def test_hours_that_are_none_or_leave_too_little_of_the_day_are_named(written):
    with pytest.raises(Invalid) as refused:
        check_own(written, POLICY)
    assert refused.value.field == "quiet_hours"


def test_four_hours_of_the_day_are_enough():
    assert check_own("8-17", POLICY) == QuietHours(8, 17, SHANGHAI)
