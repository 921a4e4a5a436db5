"""The demo on a tiny town: played once without a break, and once killed in the import and in the middle of a day."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from app.settings import Settings
from demo.figures import Figures
from demo.memory import DemoError, remember
from demo.office import Office, open_office
from demo.story import logins_by_role, tell
from demo.truth import HONEST
from tests.postgres import empty_database

ROOT = Path(__file__).resolve().parents[2]
TINY = {"branches": 1, "grids": 2, "managers": 6, "customers": 4_000, "list_size": 240, "days": 6}
TODAY = date(2026, 4, 10)  # March is played, whenever the test runs
PATIENCE = 120  # seconds


@dataclass
class Played:
    office: Office
    figures: Figures
    said: str
    logins: dict[str, str]


def play(url: str, home: Path) -> Played:
    """Begin the tiny town in a folder, or go on with it."""
    settings = Settings(database_url=url, home=home, log_level="ERROR")
    console = Console(file=io.StringIO(), width=150)
    with open_office(settings, remember(home, seed=7, wanted=dict(TINY), today=TODAY)) as office:
        office.console = console
        figures = tell(office)
        logins = logins_by_role(office)
    return Played(office, figures, console.file.getvalue(), logins)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def place(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    with empty_database(server, "gridwork_demo") as url:
        yield url, tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def played(place: tuple[str, Path]) -> Played:
    return play(*place)


def test_every_target_ends_with_one_reason_and_the_sums_agree(played: Played):
    found = played.figures
    assert "undecided" not in found.targets
    assert found.targets["dispatched"] == found.dispatched
    assert (
        found.dispatched + found.targets.get("below_cost", 0) == TINY["list_size"]
    )  # who costs more than he brings is listed, not called
    assert found.targets["control"] == found.control > 0
    assert found.counted + found.withdrawn == found.dispatched
    assert found.contacted <= found.dispatched


def test_every_contact_of_the_town_was_reported_once(played: Played):
    contacts = played.office.journal.contacts()
    days = [result for name, result in played.office.memory.done.items() if name.startswith("day-")]
    answers = {status for day in days for status in day["answers"]}
    assert played.figures.reports == len(contacts) == sum(day["answers"].get("accepted", 0) for day in days)
    assert answers == {"accepted"}
    assert {contact.day for contact in contacts} <= {played.office.day(number).isoformat() for number in range(1, 7)}


def test_who_refused_in_mid_month_lost_the_work_orders(played: Played):
    assert played.figures.refused == played.figures.withdrawn == 3


def test_the_ranked_list_buys_far_more_than_a_random_one(played: Played):
    assert played.figures.lift > 1.5


def test_the_two_dishonest_are_the_least_accurate_by_verdicts_that_name_their_evidence(played: Played):
    lowest, rest = played.figures.managers[:2], played.figures.managers[2:]
    assert {manager.honesty for manager in lowest} == {"claimer", "never_calls"}
    assert all(manager.evidence for manager in lowest)
    assert {manager.honesty for manager in rest} == {HONEST}
    assert {manager.accuracy for manager in rest} == {1.0}


def test_everybody_has_a_statement_and_payroll_acknowledged_the_very_file(played: Played):
    pulled = played.office.memory.result("payroll")
    assert played.figures.statements == TINY["managers"]
    assert pulled["sha256"] == played.figures.payroll_sha256
    assert pulled["row_count"] == played.figures.payroll_rows == 3 * TINY["managers"]


def test_every_role_has_a_login_and_the_output_says_that_all_is_synthetic(played: Played):
    roles = {"terminal_manager", "grid_manager", "branch_manager", "planner", "analyst", "admin", "payroll"}
    assert set(played.logins) == roles
    assert "synthetic town, nothing in it is real" in played.said


def test_a_second_run_does_nothing_again_and_says_the_same(place: tuple[str, Path], played: Played):
    again = play(*place)

    assert again.figures == played.figures
    assert "Month played: done before" in again.said
    assert again.office.memory.done == played.office.memory.done


def test_other_sizes_than_those_begun_are_refused(place: tuple[str, Path], played: Played):
    with pytest.raises(DemoError, match=r"customers: the town in .* was begun with 4000, not 5000"):
        remember(place[1], seed=7, wanted={"customers": 5_000}, today=TODAY)


def test_a_database_with_a_company_in_it_is_left_alone(database: str, tmp_path: Path):
    with pytest.raises(DemoError, match="holds a company already"):
        play(database, tmp_path)


def test_a_demo_that_was_killed_twice_comes_to_the_same_figures(server: str, played: Played, tmp_path: Path):
    home = tmp_path / "home"
    remember(home, seed=7, wanted={}, today=TODAY).save()
    with empty_database(server, "gridwork_demo") as url:
        kill_when(home / "town" / "truth" / "truth.npz", url, home)
        kill_when(home / "town" / "played" / f"{played.office.day(3)}.json", url, home)
        before = remember(home, seed=7, wanted={}, today=TODAY).done
        assert "day-02" in before
        assert "day-05" not in before
        assert play(url, home).figures == played.figures


def kill_when(sign: Path, url: str, home: Path) -> None:
    """Run the demo as its own process until a file appears, and kill it a moment later."""
    sizes = [text for name, value in TINY.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    environment = os.environ | {"DATABASE_URL": url, "GRIDWORK_HOME": str(home)}
    command = [sys.executable, "-m", "demo", "--no-serve", *sizes]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    while not sign.exists():
        assert process.poll() is None, "the demo ended by itself"
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
