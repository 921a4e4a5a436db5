import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.notices.kinds import KINDS, SUBSCRIBABLE, body_of, check_payload
from app.notices.quiet import QuietHours
from app.notices.retry import MAX_TRIES, WAITS, Answer, judge
from app.notices.signing import headers_of, shown
from tests.receivers import is_signed

ZONE = ZoneInfo("Asia/Shanghai")


def test_ten_tries_take_75_hours_and_35_minutes():
    assert MAX_TRIES == 10
    assert sum(WAITS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@pytest.mark.parametrize(
    ("answer", "delivered", "again", "apart"),
    [
        (Answer(status=200), True, False, False),
        (Answer(status=204, seconds=3), True, False, True),
        (Answer(status=301), False, True, False),
        (Answer(status=400), False, True, False),
        (Answer(status=404, seconds=3), False, True, True),
        (Answer(status=429), False, True, True),
        (Answer(status=500), False, True, True),
        (Answer(error="no answer: ConnectError"), False, True, True),
    ],
)
def test_what_follows_from_an_answer(answer, delivered, again, apart):
    verdict = judge(answer, 0)
    assert (verdict.delivered, verdict.wait is not None, verdict.apart, verdict.gone) == (delivered, again, apart, False)


def test_410_ends_it_at_once():
    verdict = judge(Answer(status=410), 0)
    assert verdict.gone
    assert verdict.wait is None


def test_each_try_waits_for_its_turn_and_the_tenth_is_the_last():
    waits = [judge(Answer(status=500), tries).wait for tries in range(10)]
    assert waits == [*WAITS, None]


def test_who_asks_for_patience_gets_it_up_to_a_day():
    assert judge(Answer(status=429, retry_after=600), 0).wait == timedelta(minutes=10)
    assert judge(Answer(status=429, retry_after=1), 1).wait == timedelta(minutes=5)
    assert judge(Answer(status=503, retry_after=9_999_999), 0).wait == timedelta(days=1)


def test_a_message_is_signed_with_every_key_that_counts():
    keys = [b"a" * 32, b"b" * 32]
    headers = headers_of("evt_1", 1_700_000_000, b'{"a":1}', keys)
    assert all(is_signed(headers, b'{"a":1}', shown(key)) for key in keys)
    assert not is_signed(headers, b'{"a":2}', shown(keys[0]))
    assert not is_signed(headers, b'{"a":1}', shown(b"c" * 32))
    assert not is_signed({**headers, "webhook-timestamp": "1700000001"}, b'{"a":1}', shown(keys[0]))


def test_the_standards_own_example_is_signed_as_there():
    """The message of the reference implementations' tests."""
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert is_signed(headers, b'{"test": 2432232314}', key)


def test_the_same_event_is_the_same_bytes():
    body = body_of("month.closed", "2026-10-12T02:00:00+00:00", {"month": "2026-09", "entries": 3})
    assert body == body_of("month.closed", "2026-10-12T02:00:00+00:00", {"entries": 3, "month": "2026-09"})
    assert json.loads(body) == {
        "type": "month.closed",
        "timestamp": "2026-10-12T02:00:00+00:00",
        "data": {"month": "2026-09", "entries": 3},
    }


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("customer.called", {}),
        ("month.closed", {"customer_name": "Li"}),
        ("month.closed", {"month": "x" * 201}),
        ("month.closed", {"entries": [1, 2]}),
        ("month.closed", {"entries": 1.5}),
    ],
)
def test_what_is_not_listed_does_not_leave_the_house(kind, payload):
    with pytest.raises(ValueError, match=r"kind|payload"):
        check_payload(kind, payload)


def test_no_payload_can_hold_a_person():
    words = {field for fields in KINDS.values() for field in fields}
    assert not any(word in field for field in words for word in ("customer", "phone", "address", "staff", "name_"))
    assert "digest.daily" not in SUBSCRIBABLE


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        ("21-8", "2026-10-12T20:59", "2026-10-12T20:59"),
        ("21-8", "2026-10-12T21:00", "2026-10-13T08:00"),
        ("21-8", "2026-10-12T23:30", "2026-10-13T08:00"),
        ("21-8", "2026-10-13T07:59", "2026-10-13T08:00"),
        ("21-8", "2026-10-13T08:00", "2026-10-13T08:00"),
        ("1-5", "2026-10-13T02:00", "2026-10-13T05:00"),
        ("1-5", "2026-10-13T05:00", "2026-10-13T05:00"),
        ("0-0", "2026-10-13T03:00", "2026-10-13T03:00"),
    ],
)
def test_quiet_hours_are_waited_for(hours, at, expected):
    quiet = QuietHours.parse(hours, ZONE)
    instant = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    assert quiet.over(instant) == datetime.fromisoformat(expected).replace(tzinfo=ZONE)


@pytest.mark.parametrize("hours", ["", "21", "25-3", "21-24", "-1-3", "a-b"])
def test_wrong_quiet_hours_are_named(hours):
    with pytest.raises(ValueError, match="expected two hours"):
        QuietHours.parse(hours, ZONE)
