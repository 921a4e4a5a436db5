"""The HTTP service as an operator meets it: real processes, signals, a database that goes away, too many requests."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from fastapi.testclient import TestClient

from app.cli import main
from app.core.database import migrate
from app.core.embedded import start_server, stop_server
from app.main import create_app
from app.settings import Settings
from tests.cast import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
PROBLEM = "application/problem+json"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(database, home, **more):
    return {**os.environ, "DATABASE_URL": database, "GRIDWORK_HOME": str(home), "GRIDWORK_LOG_LEVEL": "ERROR", **more}


@contextmanager
def serving(database, home, *, workers=1, **more):
    """`gridwork serve` in a process of its own: (process, base address)."""
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", str(workers)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(database, home, **more), stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 150
        while not answers(base):
            assert process.poll() is None, "it ended"
            assert time.monotonic() < end, "it did not start"
            time.sleep(0.1)
        yield process, base
    finally:
        process.kill()
        process.wait()


def answers(base):
    try:
        return httpx.get(f"{base}/health/ready", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def log_in(base):
    return httpx.post(f"{base}/auth/login", json={"login": "ana", "password": PASSWORD}, timeout=120)


@contextmanager
def accounts_locked(database):
    """Nobody can log in meanwhile: whoever tries waits. Gives a function that waits until somebody does."""
    plain = database.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(plain, autocommit=True) as watching, psycopg.connect(plain) as locking:
        locking.execute("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")

        def somebody_waits():
            end = time.monotonic() + 60
            while not watching.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0]:
                assert time.monotonic() < end, "nobody waits"
                time.sleep(0.02)

        yield somebody_waits


def test_two_processes_share_their_metrics_and_finish_at_sigterm_what_is_in_flight(database, tmp_path):
    with serving(database, tmp_path, workers=2) as (process, base), ThreadPoolExecutor(1) as pool:
        for _ in range(6):
            httpx.get(f"{base}/no/such/route", timeout=30)
        shown = {httpx.get(f"{base}/metrics", timeout=30).text.partition('status="404"} ')[2].split()[0] for _ in range(4)}
        assert shown == {"6.0"}
        with accounts_locked(database) as somebody_waits:
            answer = pool.submit(log_in, base)
            somebody_waits()
            process.terminate()
            time.sleep(0.5)
            assert process.poll() is None
        assert answer.result().status_code == 200
        assert process.wait(60) == 0
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{base}/health/live")


def test_sigterm_ends_the_service_in_time_though_a_request_does_not_end(database, tmp_path):
    patient = {"GRIDWORK_SHUTDOWN_SECONDS": "1", "GRIDWORK_STATEMENT_TIMEOUT_MS": "600000"}
    with serving(database, tmp_path, **patient) as (process, base), ThreadPoolExecutor(1) as pool:
        with accounts_locked(database) as somebody_waits:
            answer = pool.submit(log_in, base)
            somebody_waits()
            process.terminate()
            process.wait(60)  # without its bound it would wait as long as the lock is held
        assert (answer.result().status_code, answer.result().headers["content-type"]) == (503, PROBLEM)


@pytest.fixture
def gridwork(monkeypatch, capsys):
    """`gridwork("serve", "--port", "80")`: exit code, stdout and stderr of a command in this process."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["gridwork", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


def test_a_port_in_use_is_one_line(database, tmp_path, monkeypatch, gridwork):
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("GRIDWORK_HOME", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, said = gridwork("serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert said.count("\n") == 1
    assert "Address already in use" in said


def test_the_worker_ends_at_sigterm(database, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        cwd=ROOT,
        env=environment(database, tmp_path, GRIDWORK_LOG_LEVEL="INFO"),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        seen = next(line for line in process.stderr if "worker_leads" in line)
        assert '"fencing_token": 1' in seen
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def own_server():
    """A server that this test may stop: (its folder, its URL)."""
    root = Path(tempfile.mkdtemp(prefix="gridwork-test-", dir="/var/tmp"))
    root.chmod(0o755)
    url = start_server(root, durable=False).url
    migrate(url)
    yield root, url
    stop_server(root)
    shutil.rmtree(root)


def test_without_its_database_the_service_lives_but_is_not_ready_until_it_is_back(own_server, tmp_path):
    root, url = own_server
    app = create_app(Settings(database_url=url, home=tmp_path, log_level="ERROR"))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/health/ready").status_code == 200
        stop_server(root)
        not_ready = client.get("/health/ready")
        assert (not_ready.status_code, not_ready.headers["content-type"]) == (503, PROBLEM)
        assert not_ready.json()["code"] == "not_ready"
        refused = client.post("/auth/login", json={"login": "ana", "password": PASSWORD})
        assert (refused.status_code, refused.headers["content-type"]) == (503, PROBLEM)
        assert refused.headers["retry-after"] == "1"
        assert client.get("/health/live").json() == {"status": "alive"}
        start_server(root, durable=False)
        assert client.get("/health/ready").status_code == 200
        assert client.post("/auth/login", json={"login": "ana", "password": PASSWORD}).status_code == 401


@pytest.mark.parametrize(("schema", "status"), [("0001", 503), ("from the next release", 200)])
def test_an_older_schema_is_not_served_and_a_newer_one_is_so_that_an_upgrade_stops_nobody(api, database, schema, status):
    with psycopg.connect(database.replace("postgresql+psycopg", "postgresql")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", [schema])
    with TestClient(api) as client:
        answer = client.get("/health/ready")
    assert answer.status_code == status
    assert ("gridwork migrate" in answer.text) == (status == 503)


@pytest.fixture
def narrow(database, tmp_path):
    """A service with one database connection, for which a request waits 0.2 s."""
    settings = Settings(database_url=database, home=tmp_path, log_level="ERROR", pool_size=1, pool_wait_seconds=0.2)
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield app, client


def test_a_request_that_gets_no_connection_is_told_to_come_back(narrow):
    app, client = narrow
    with app.state.engine.connect():
        refused = client.post("/auth/login", json={"login": "ana", "password": PASSWORD})
        assert (refused.status_code, refused.headers["content-type"]) == (503, PROBLEM)
        assert refused.headers["retry-after"] == "1"
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 200
        assert client.get("/metrics").status_code == 200
    assert client.post("/auth/login", json={"login": "ana", "password": PASSWORD}).status_code == 200


def test_more_requests_than_can_wait_are_refused_at_once_and_never_with_a_500(narrow):
    app, client = narrow
    with app.state.engine.connect(), ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: client.post("/auth/login", json={"login": "ana", "password": PASSWORD}), range(48)))
        assert client.get("/health/live").status_code == 200
    assert {answer.status_code for answer in statuses} == {503}
    assert {answer.headers["content-type"] for answer in statuses} == {PROBLEM}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/no/such/route", 404), ("DELETE", "/auth/login", 405), ("POST", "/auth/login", 422), ("GET", "/auth/me", 401)],
)
def test_whatever_is_refused_is_a_problem(client_as, method, path, status):
    answer = client_as(None).request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["status"] == status


def test_the_embedded_database_is_started_migrated_found_and_stopped_by_commands(monkeypatch, gridwork):
    home = Path(tempfile.mkdtemp(prefix="gridwork-test-", dir="/var/tmp"))
    home.chmod(0o755)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("GRIDWORK_HOME", str(home))
    try:
        assert gridwork("database", "url")[2].startswith("gridwork: The embedded PostgreSQL does not run")
        assert "from schema none to " in gridwork("migrate")[1]
        assert "already" in gridwork("migrate")[1]
        for words, user in (((), "gridwork_owner"), (("--superuser",), "postgres")):
            with psycopg.connect(gridwork("database", "url", *words)[1].strip()) as connection:
                assert connection.execute("SELECT current_user").fetchone() == (user,)
        assert (Path(gridwork("database", "programs")[1].strip()) / "pg_dump").is_file()
        assert gridwork("database", "stop")[1] == "Stopped.\n"
        assert gridwork("database", "stop")[1] == "It was not running.\n"
    finally:
        stop_server(home / "postgres")
        shutil.rmtree(home)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "mysql://a:b@c/d"),
        ("DATABASE_URL", "postgresql://u:p@host:abc/x"),
        ("GRIDWORK_TIMEZONE", "Mars/Olympus"),
        ("GRIDWORK_SECRET", "short"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(monkeypatch, gridwork, variable, value):
    monkeypatch.setenv(variable, value)
    for command in ("serve", "worker", "migrate"):
        code, _, said = gridwork(command)
        assert (code, said.count("\n")) == (1, 1)
        assert said.startswith(f"gridwork: {variable}: expected ")


def test_open_pages_do_not_keep_a_process_from_ending(database, tmp_path):
    with serving(database, tmp_path, GRIDWORK_SHUTDOWN_SECONDS="300") as (process, base):
        answer = httpx.post(f"{base}/auth/login", json={"login": "chen", "password": PASSWORD}, timeout=120)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        with httpx.stream("GET", f"{base}/dashboard/v1/events", headers=headers, timeout=60) as page:
            assert next(page.iter_lines()).startswith("retry")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
