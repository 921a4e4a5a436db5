"""What the tests share: a database with the cast in it, a session that is rolled back, and clients that log in."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from app.core import clock
from app.core.db import make_engine, make_sessions, set_scope
from app.core.storage import Storage
from app.settings import Settings
from app.web.files import DIST
from tests.apps import make_app
from tests.cast import PASSWORD
from tests.postgres import clone, compiled_once, database_url, make_template, own_server

SHARED = Path(os.environ.get("GRIDWORK_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def pytest_collection_finish() -> None:
    """What is there by now stays: no collection of garbage looks through it again, and fewer look through the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(autouse=True)
def at_the_time_it_is() -> Iterator[None]:
    """No test leaves the process at another time for the tests after it, whatever it lived through itself."""
    before = clock.shift()
    yield
    assert clock.shift() == before, "the test leaves the process at another time"


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of this test process's PostgreSQL."""
    with own_server() as url:
        yield url


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """Name of the migrated database with the cast in it. What is compiled for one of its clones serves the others too."""
    name = make_template(server, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    with compiled_once(database_url(server, name)):
        yield name


@pytest.fixture(scope="session")
def shared_url(server: str, template: str) -> Iterator[str]:
    """A clone in which nothing is ever committed."""
    with clone(server, template) as url:
        yield url


@pytest.fixture
def session(shared_url: str, tmp_path: Path) -> Iterator[Session]:
    """A session of the whole company's scope, as the application role, rolled back at the end."""
    engine = make_engine(shared_url)
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            session.info["storage"] = Storage(str(tmp_path / "storage"))
            set_scope(session, scope="all")
            yield session
        outer.rollback()
    engine.dispose()


@pytest.fixture
def database(server: str, template: str) -> Iterator[str]:
    """URL (its owner's) of a database of this test alone, with the cast in it; commits are real."""
    with clone(server, template) as url:
        yield url


@pytest.fixture
def sessions(database: str, tmp_path: Path) -> Iterator[sessionmaker[Session]]:
    """Sessions as the application role on this test's own database. Call set_scope first."""
    engine = make_engine(database, pool_size=20)
    yield make_sessions(engine, Storage(str(tmp_path / "storage")))
    engine.dispose()


@pytest.fixture
def company(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A committing session of the whole company's scope on this test's own database; call `commit()` then `set_scope` again."""
    with sessions() as session:
        set_scope(session, scope="all")
        yield session


@pytest.fixture
def api(database: str, tmp_path: Path) -> Iterator[FastAPI]:
    """The application on this test's own database."""
    app = make_app(Settings(database_url=database, home=tmp_path, log_level="ERROR", pool_size=8))
    yield app
    app.state.engine.dispose()


@pytest.fixture
def client_as(api: FastAPI) -> Iterator[Callable[[str | None], TestClient]]:
    """`client_as("ana")` is logged in as Ana; `client_as(None)` is nobody; `client_as("payroll")` is the payroll system."""
    with ExitStack() as stack:

        def make(login: str | None) -> TestClient:
            client = stack.enter_context(TestClient(api, raise_server_exceptions=False))
            if login is not None:
                client.headers["Authorization"] = f"Bearer {_access_token(client, login)}"
            return client

        yield make


def _access_token(client: TestClient, login: str) -> str:
    if login == "payroll":
        form = {"grant_type": "client_credentials", "client_id": login, "client_secret": PASSWORD}
        answer = client.post("/auth/token", data=form)
    else:
        answer = client.post("/auth/login", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project; the test is skipped where it is absent, which CI does not forgive."""
    folder = SHARED / "data"
    if not folder.is_dir():
        message = f"the real data sets are not at {folder}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built pages; the test is skipped where `make app` never ran, which CI does not forgive."""
    if not all((DIST / page / "index.html").is_file() for page in ("phone", "console")):
        message = f"nothing is built at {DIST}: make app"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return DIST
