"""When a job is due, and when it is tried again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.due import MAX_TRIES, Tries, last_due, should_try

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 10, 12, 2, 0, 7, tzinfo=UTC)  # 10:00:07 in Shanghai


def at(**fields):
    return CronTrigger(**fields, timezone=ZONE)


@pytest.mark.parametrize(
    ("when", "due"),
    [
        (at(second="*/20"), datetime(2026, 10, 12, 2, 0, 0, tzinfo=UTC)),
        (at(minute="*/15", second=0), datetime(2026, 10, 12, 2, 0, 0, tzinfo=UTC)),
        (at(minute=40, second=0), datetime(2026, 10, 12, 1, 40, tzinfo=UTC)),
        (at(hour=0, minute=10, second=0), datetime(2026, 10, 11, 16, 10, tzinfo=UTC)),
        (at(hour=10, minute=30, second=0), datetime(2026, 10, 11, 2, 30, tzinfo=UTC)),
        (at(day=13, hour=1, minute=0, second=0), datetime(2026, 9, 12, 17, 0, tzinfo=UTC)),
        (at(year=2030), None),
    ],
)
def test_the_last_due_time_is_the_newest_that_is_not_in_the_future(when, due):
    assert last_due(when, NOW) == due


@given(st.integers(0, 5_000_000))
def test_a_due_time_is_due_at_its_very_instant_and_stays_it_until_the_next(seconds):
    now = NOW.replace(microsecond=0) + timedelta(seconds=seconds)
    due = last_due(at(hour="*/6", minute=10, second=0), now)
    assert due is not None
    assert timedelta(0) <= now - due < timedelta(hours=6)
    assert last_due(at(hour="*/6", minute=10, second=0), due) == due


def test_what_was_not_tried_is_tried_and_what_is_done_is_not():
    assert should_try(Tries(done=False, count=0, last_at=None), NOW)
    assert not should_try(Tries(done=True, count=1, last_at=NOW - timedelta(days=1)), NOW)


def test_a_failed_job_is_tried_again_later_and_later_and_at_last_left():
    for count in range(1, MAX_TRIES):
        wait = timedelta(minutes=2 ** (count - 1))
        assert not should_try(Tries(done=False, count=count, last_at=NOW - wait + timedelta(seconds=1)), NOW)
        assert should_try(Tries(done=False, count=count, last_at=NOW - wait), NOW)
    assert not should_try(Tries(done=False, count=MAX_TRIES, last_at=NOW - timedelta(days=1)), NOW)
