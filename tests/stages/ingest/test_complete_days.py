"""Which local days a feed is complete for: said, never guessed."""

from datetime import date

import pytest
from sqlalchemy import select

from app.ingest.service import WrongDays, declare_complete, import_feed
from app.models.operations import FeedDay, ImportBatch
from tests.factories import NOW

CALLS = "call_id,staff_no,customer_no,started_at,duration_seconds\nK1,ANA,C01,2026-10-10T09:00:00+08:00,60\n"


@pytest.fixture
def apply(session, tmp_path):
    def import_it(feed="calls", content=CALLS, **options):
        path = tmp_path / feed
        path.write_text(content)
        return import_feed(session, feed=feed, path=path, file_name=feed, now=NOW, **options)

    return import_it


def test_an_import_says_for_which_days_it_is_complete(session, apply):
    report = apply(complete_from=date(2026, 10, 9), complete_through=date(2026, 10, 11))
    assert report.counts["complete_days"] == 3
    assert [row.day.day for row in session.scalars(select(FeedDay).order_by(FeedDay.day))] == [9, 10, 11]


def test_without_being_told_no_day_is_complete(session, apply):
    apply()
    assert session.scalars(select(FeedDay)).all() == []


def test_the_same_file_again_may_say_it_of_more_days(apply):
    apply(complete_from=date(2026, 10, 9), complete_through=date(2026, 10, 10))
    again = apply(complete_from=date(2026, 10, 10), complete_through=date(2026, 10, 11))
    assert (again.already_applied, again.counts["complete_days"]) == (True, 1)


def test_days_are_declared_afterwards_too_and_again_without_harm(session):
    days = {"first": date(2026, 10, 1), "last": date(2026, 10, 3)}
    assert declare_complete(session, feed="orders", **days, now=NOW) == 3
    assert declare_complete(session, feed="orders", **(days | {"last": date(2026, 10, 4)}), now=NOW) == 1


@pytest.mark.parametrize(
    "days",
    [
        {"complete_from": date(2026, 10, 1)},
        {"complete_through": date(2026, 10, 1)},
        {"complete_from": date(2026, 10, 2), "complete_through": date(2026, 10, 1)},
        {"complete_from": date(2026, 10, 12), "complete_through": date(2026, 10, 12)},  # today is not over
        {"complete_from": date(1, 1, 1), "complete_through": date(2026, 10, 11)},
        {"complete_from": date(2099, 1, 1), "complete_through": date(9999, 12, 31)},
    ],
)
def test_days_that_are_none_are_refused_with_the_whole_import(session, apply, days):
    with pytest.raises(WrongDays):
        apply(**days)
    assert session.scalars(select(ImportBatch)).all() == []


def test_only_feeds_of_events_are_complete_for_days(session):
    with pytest.raises(WrongDays, match="orders, calls, complaints"):
        declare_complete(session, feed="customers", first=date(2026, 10, 1), last=date(2026, 10, 1), now=NOW)
