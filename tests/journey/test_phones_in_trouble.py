"""Many phones at once, in trouble: short forms of what `make soak` does for long, on a real server and a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from soak.changing import change_while_phones_pull
from soak.clocks import report_by_wrong_clocks
from soak.loading import load_with_phones
from soak.reporting import report_over_a_bad_line
from tests.postgres import clone, empty_database


@pytest.fixture(scope="module")
def migrated(server: str) -> Iterator[str]:
    """The name of an empty database with all tables."""
    with empty_database(server, "gridwork_field") as url:
        yield str(make_url(url).database)


@pytest.fixture
def url(server: str, migrated: str) -> Iterator[str]:
    with clone(server, migrated) as found:
        yield found


def test_over_a_line_that_cuts_answers_and_sends_twice_nothing_is_lost_and_nothing_doubled(url: str, tmp_path: Path):
    found = report_over_a_bad_line(url, tmp_path, phones=8, reports=200, sends=800)
    assert found.reports == 200
    assert found.sends >= 800
    assert found.cut_off > 10
    assert found.held > 0
    assert (found.lost, found.double, found.altered) == (0, 0, 0)
    assert found.answered_otherwise == 0
    assert (found.still_waiting, found.conflicts_missing) == (0, 0)
    assert not found.other_statuses


def test_while_writers_hold_long_transactions_every_phone_ends_with_the_servers_set(url: str, tmp_path: Path):
    found = change_while_phones_pull(url, tmp_path, changes=3_000, phones=8, orders_each=60, rows=60, longest=0.8)
    assert found.changes >= 3_000
    assert found.rolled_back > 0
    assert found.held > 100
    assert (found.missing, found.too_many, found.outdated) == (0, 0, 0)
    assert (found.failed, found.healed) == (0, 0)


def test_phone_clocks_wrong_by_up_to_400_days_put_nothing_into_a_wrong_month(url: str):
    found = report_by_wrong_clocks(url, step=200)
    assert found.reports == found.accepted == found.doubtful == 96
    assert (found.wrong_month, found.not_after, found.misplaced) == (0, 0, 0)


def test_more_log_ins_than_hashing_allows_are_told_when_to_come_again_and_fail_nobody_else(url: str, tmp_path: Path):
    found = load_with_phones(url, tmp_path, phones=32, seconds=2, log_ins=40, workers=1)
    assert found.orders == {60}
    assert found.failed() == 0
    assert found.stored == 96
    assert set(found.statuses["flood"]) == {200, 429}
    assert found.without_retry_after == 0
    others = {status for kind, seen in found.statuses.items() if kind != "flood" for status in seen}
    assert others == {200, 207}
