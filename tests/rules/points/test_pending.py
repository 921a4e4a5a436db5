"""Why something does not count yet, in words."""

from datetime import UTC, date, datetime
from uuid import UUID

from app.points.pending import pending_order, pending_report

ID = UUID(int=7)
AT = datetime(2026, 10, 12, tzinfo=UTC)


def missing(check, *days):
    return {check: {"finding": "unknown", "feed": check, "incomplete_days": list(days)}}


def test_a_report_that_nobody_looked_at_is_not_checked_yet():
    found = pending_report(ID, 3, AT, None, None)
    assert (found.kind, found.code, found.zh, found.en) == ("feedback", "not_checked", "尚未核查", "not checked yet")
    assert (found.feedback_id, found.work_order_id, found.since, found.until) == (ID, 3, AT, None)


def test_a_report_waits_for_the_days_of_the_feed_that_could_prove_it():
    calls = pending_report(ID, 3, AT, "unverifiable", missing("call", "2026-10-12"))
    assert (calls.code, calls.en) == ("calls_missing", "the calls are not in yet: 2026-10-12")
    days = [f"2026-10-{day}" for day in (12, 13, 14, 15)]
    orders = pending_report(ID, 3, AT, "unverifiable", missing("order", *days))
    assert (orders.code, orders.zh) == ("orders_missing", "等待订单数据：2026-10-12, 2026-10-13, 2026-10-14 ...")


def test_what_nothing_can_prove_waits_for_nothing():
    assert pending_report(ID, 3, AT, "unverifiable", {}) is None
    doubtful = {"call": {"finding": "unknown", "because": "the phone's clock was in doubt"}}
    assert pending_report(ID, 3, AT, "unverifiable", doubtful) is None


def test_a_work_order_says_from_when_it_counts():
    found = pending_order(3, AT, AT, date(2026, 10, 27))
    assert (found.kind, found.code, found.en, found.zh) == (
        "work_order",
        "maturing",
        "counts from 2026-10-27 on",
        "2026-10-27 起计入",
    )
