"""The embedded PostgreSQL, really started: where it runs, as whom, and what survives."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from app.core.embedded import EmbeddedServer, EmbeddedServerError, find_server, start_server, stop_server
from app.core.pgcluster import socket_folder
from app.core.pgplace import find_place
from app.core.pgprocess import is_running

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the account of the server")
OTHER_POSTGRES = Path(os.environ.get("GRIDWORK_OTHER_POSTGRES", "/usr/lib/postgresql/15/bin"))


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that every account can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="gridwork-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    for root in folder.iterdir():
        stop_server(root)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def root(open_folder: Path) -> Path:
    """The folder of a server that the tests of this module share, each starting it if it does not run."""
    return open_folder / "shared"


def connect(server: EmbeddedServer, **changed: str) -> psycopg.Connection:
    conninfo = server.url.replace("postgresql+psycopg", "postgresql")
    return psycopg.connect(conninfo, autocommit=True, **changed)


def process_status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def tree_of(pid: int) -> list[int]:
    shown = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [pid, *map(int, shown.stdout.split())]


def start_quickly(root: Path, **options: Path) -> EmbeddedServer:
    return start_server(root, durable=False, **options)


def test_starting_twice_gives_the_same_server(root: Path) -> None:
    first = start_quickly(root)
    assert start_quickly(root) == first
    assert find_server(root) == first


def test_callers_at_the_same_time_get_one_server(root: Path) -> None:
    stop_server(root)
    with ThreadPoolExecutor(4) as callers:
        servers = list(callers.map(start_quickly, [root] * 4))
    assert len(set(servers)) == 1


def test_the_url_is_of_the_owner_who_is_no_superuser_and_owns_the_database(root: Path) -> None:
    with connect(start_quickly(root)) as connection:
        found = connection.execute(
            "SELECT current_user, rolsuper, rolcreaterole, rolcreatedb, datname, pg_get_userbyid(datdba),"
            " current_setting('timezone'), current_setting('server_encoding')"
            " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
        ).fetchone()
    assert found == ("gridwork_owner", False, True, True, "gridwork", "gridwork_owner", "UTC", "UTF8")


def test_another_database_of_the_same_server_is_made_when_asked_for(root: Path) -> None:
    start_quickly(root)
    server = start_server(root, durable=False, database="gridwork_second")
    with connect(server) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("gridwork_second",)
    assert start_quickly(root) == replace(server, url=server.url.removesuffix("_second"))


@pytest.mark.parametrize("user", ["gridwork_owner", "postgres"])
@pytest.mark.parametrize("way", ["loopback", "socket"])
def test_without_the_password_nobody_gets_in(root: Path, user: str, way: str) -> None:
    server = start_quickly(root)
    host = "127.0.0.1" if way == "loopback" else str(socket_folder(server.root))
    for password, reason in (("", "no password supplied"), ("wrong", "password authentication failed")):
        with pytest.raises(psycopg.OperationalError, match=reason):
            psycopg.connect(host=host, port=server.port, user=user, password=password, dbname="postgres")


def test_passwords_are_readable_by_the_caller_only_and_the_socket_by_the_server_only(root: Path) -> None:
    server = start_quickly(root)
    secrets = (server.root / "server.json").stat()
    assert (stat.S_IMODE(secrets.st_mode), secrets.st_uid) == (0o600, os.geteuid())
    assert stat.S_IMODE(socket_folder(server.root).stat().st_mode) == 0o700
    assert not list(server.root.glob("*secret*"))


@as_root
def test_the_server_of_root_runs_as_nobody_without_roots_groups(root: Path) -> None:
    status = process_status(start_quickly(root).pid)
    assert set(status["Uid"].split()) == {"65534"}
    assert "0" not in status["Gid"].split()
    assert status["Groups"].split() == []


def test_the_server_is_out_of_reach_of_the_callers_terminal(root: Path) -> None:
    pid = start_quickly(root).pid
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


def test_committed_data_survives_the_sudden_death_of_the_whole_server(open_folder: Path) -> None:
    server = start_server(open_folder / "killed")
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        for pid in tree_of(server.pid):
            os.kill(pid, signal.SIGKILL)
    again = start_server(open_folder / "killed")
    assert again.pid != server.pid
    assert (again.url, again.root) == (server.url, server.root)
    with connect(again) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_a_pid_file_whose_number_belongs_to_somebody_else_does_not_stop_the_start(root: Path) -> None:
    server = start_quickly(root)
    pid_file = server.root / "data" / "postmaster.pid"
    written = pid_file.read_text()
    stop_server(root)
    with subprocess.Popen(["sleep", "60"], **({"user": "nobody"} if os.geteuid() == 0 else {})) as stranger:
        try:
            pid_file.write_text(written.replace(str(server.pid), str(stranger.pid), 1))
            assert find_server(root) is None
            assert stop_server(root) is False
            assert start_quickly(root).pid != stranger.pid
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_stopping_says_whether_something_ran_and_leaves_nothing_behind(root: Path) -> None:
    server = start_quickly(root)
    assert stop_server(root) is True
    assert stop_server(root) is False
    assert find_server(root) is None
    assert not socket_folder(server.root).exists()
    assert not is_running(server.pid, server.root / "data")


def test_a_port_taken_in_the_meantime_is_given_up_for_a_free_one(root: Path) -> None:
    server = start_quickly(root)
    stop_server(root)
    with socket.create_server(("127.0.0.1", server.port)):
        moved = start_quickly(root)
    assert moved.port != server.port
    with connect(moved) as connection:
        assert connection.execute("SHOW port").fetchone() == (str(moved.port),)


@as_root
def test_below_pytests_closed_folder_root_uses_another_one(tmp_path: Path) -> None:
    place = find_place(tmp_path / "postgres")
    assert place.root.parent == Path("/var/lib")


@as_root
def test_below_a_closed_folder_root_uses_another_one_and_keeps_to_it(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    server = start_quickly(closed / "postgres")
    try:
        assert server.root.parent == Path("/var/lib")
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert not (closed / "postgres").exists()
        assert start_quickly(closed / "postgres") == server
        closed.chmod(0o755)  # opened later: the data must not be left behind for an empty place
        assert find_server(closed / "postgres") == server
    finally:
        stop_server(closed / "postgres")
        shutil.rmtree(server.root)


@as_root
def test_a_spare_folder_prepared_by_somebody_else_is_refused(tmp_path: Path) -> None:
    wanted = tmp_path / "closed" / "postgres"
    wanted.parent.mkdir(mode=0o700)
    spare = find_place(wanted).root
    spare.mkdir()
    os.chown(spare, 65534, 65534)
    try:
        with pytest.raises(EmbeddedServerError, match="another account's"):
            find_server(wanted)
        with pytest.raises(EmbeddedServerError, match="another account's"):
            start_quickly(wanted)
    finally:
        spare.rmdir()


@pytest.mark.parametrize("said", ["postgres (PostgreSQL) 14.9", "postgres (PostgreSQL) 9.6.24"])
def test_programs_older_than_15_are_refused_in_one_line(open_folder: Path, said: str) -> None:
    folder = fake_programs(open_folder / "old" / "bin", f"echo '{said}'")
    with pytest.raises(EmbeddedServerError, match="give one of 15 or newer") as refused:
        start_server(open_folder / "never", binaries=folder)
    assert "\n" not in str(refused.value)
    assert not (open_folder / "never" / "data").exists()


def test_programs_that_do_not_run_or_are_missing_are_refused_in_one_line(open_folder: Path) -> None:
    broken = fake_programs(open_folder / "broken" / "bin", "echo 'no libpq.so.5' >&2; exit 127")
    for folder, reason in ((broken, "no libpq.so.5"), (open_folder / "absent", "no postgres in")):
        with pytest.raises(EmbeddedServerError, match=reason) as refused:
            start_server(open_folder / "never", binaries=folder)
        assert "\n" not in str(refused.value)


def fake_programs(folder: Path, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for program in ("postgres", "initdb", "pg_ctl"):
        (folder / program).write_text(f"#!/bin/sh\n{script}\n")
        (folder / program).chmod(0o755)
    return folder


@pytest.mark.skipif(not (OTHER_POSTGRES / "initdb").exists(), reason="no second PostgreSQL installed here")
def test_another_postgresql_can_be_used_but_not_on_the_data_of_this_one(open_folder: Path, root: Path) -> None:
    server = start_quickly(open_folder / "other", binaries=OTHER_POSTGRES)
    with connect(server) as connection:
        assert connection.execute("SELECT lower('ÄÖ'), 'Z' < 'a'").fetchone() == ("äö", True)
    start_quickly(root)
    stop_server(root)
    with pytest.raises(EmbeddedServerError, match="give programs of"):
        start_quickly(root, binaries=OTHER_POSTGRES)
    assert start_quickly(root)


def test_lost_passwords_are_an_error_that_names_the_file(root: Path) -> None:
    kept = start_quickly(root).root / "server.json"
    stop_server(root)
    kept.rename(kept.with_suffix(".away"))
    try:
        with pytest.raises(EmbeddedServerError, match=r"server\.json is missing"):
            start_quickly(root)
    finally:
        kept.with_suffix(".away").rename(kept)


def test_a_folder_with_other_things_in_it_is_left_alone(open_folder: Path) -> None:
    used = open_folder / "used"
    used.mkdir()
    (used / "data").mkdir()
    with pytest.raises(EmbeddedServerError, match="holds other things"):
        start_quickly(used)
    assert {found.name for found in used.iterdir()} <= {"data", "lock"}


def test_the_command_starts_tells_the_url_and_stops(root: Path) -> None:
    stop_server(root)
    assert command("url", root).returncode == 1
    assert command("start", root).returncode == 0
    server = find_server(root)
    assert server is not None
    assert command("url", root).stdout == server.url + "\n"
    assert command("stop", root).stdout == "stopped\n"


def command(action: str, root: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "app.core.embedded", action, str(root)]
    return subprocess.run(line, capture_output=True, text=True, check=False)
