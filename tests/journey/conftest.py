"""The journey's own database, migrated and empty, and the month played in it once."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from tests.journey.world import World, play
from tests.postgres import empty_database


@pytest.fixture(scope="module")
def world(server: str, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """October 2026 of a small operator, from the first import to the payroll and the late news after it."""
    data = shared_data / "operator_bank"
    with (data / "replay_outcomes.csv").open(encoding="utf-8") as file:
        would_buy = {row["customer_no"]: row["would_buy"] == "1" for row in csv.DictReader(file)}
    with empty_database(server, "journey") as url:
        app = create_app(Settings(database_url=url, home=tmp_path_factory.mktemp("home"), log_level="ERROR"))
        yield play(World(app=app, sessions=app.state.sessions, data=data, would_buy=would_buy))
        app.state.engine.dispose()
