"""A dispatch that is killed at random points leaves nothing; the next process makes every order once, with its lock."""

from pathlib import Path

import pytest

from soak.dispatching import Found, kill_dispatches
from tests.postgres import empty_database


@pytest.fixture(scope="module", params=[None, 1_000], ids=["in the tables of all", "as parts"])
def found(request: pytest.FixtureRequest, server: str, tmp_path_factory: pytest.TempPathFactory) -> Found:
    with empty_database(server, "gridwork_kills") as url:
        folder: Path = tmp_path_factory.mktemp("kills")
        found = kill_dispatches(url, folder, customers=6_000, kills=10, managers=182, part_from=request.param)
    assert found.parts == (0 if request.param is None else 1)
    return found


def test_a_killed_dispatch_is_there_whole_or_not_at_all(found: Found):
    assert (found.kills, found.partial) == (10, 0)


def test_after_ten_kills_every_order_is_there_once_and_holds_its_customer(found: Found):
    assert found.orders > 4_000
    assert (found.double, found.missing, found.too_many) == (0, 0, 0)
