"""A phone in the field: a real server on a real PostgreSQL, the air between, and a real Chromium that can be killed."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from sqlalchemy.orm import Session, sessionmaker

from tests.cast import PASSWORD
from tests.phone.air import Air
from tests.phone.chromium import EXECUTABLE, FLAGS, PATIENCE_MS, SCREEN, ZONE, Chromium
from tests.phone.serving import serving_here
from tests.phone.street import furnish
from tests.postgres import as_company


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver; the test is skipped where there is no Chromium, which CI does not forgive.

    It keeps a loop running in this thread as long as it lives, in which tests of other files could start none of their own.
    """
    if not Path(EXECUTABLE).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("there is no chromium")
        pytest.skip("there is no chromium")
    with sync_playwright() as found:
        yield found


@pytest.fixture
def service(built: Path, database: str, tmp_path: Path) -> Iterator[str]:
    """Address of a server on this test's own database."""
    with serving_here(database, tmp_path) as address:
        yield address


@pytest.fixture
def air(service: str) -> Iterator[Air]:
    """The net between phone and server."""
    found = Air(service)
    yield found
    found.down()


@pytest.fixture
def street(sessions: sessionmaker[Session]) -> list[int]:
    """Ana's twelve work orders of today."""
    with as_company(sessions) as session:
        orders = furnish(session, count=12)
        session.commit()
    return orders


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the tests of a file that do not kill it."""
    found = playwright.chromium.launch(executable_path=EXECUTABLE, args=list(FLAGS))
    yield found
    found.close()


@pytest.fixture
def screen(chromium: Browser) -> Iterator[Page]:
    """The window of a phone that holds nothing yet."""
    context = chromium.new_context(viewport=SCREEN, locale="zh-CN", timezone_id=ZONE)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


@pytest.fixture
def browser(playwright: Playwright, tmp_path: Path) -> Iterator[Chromium]:
    """A browser with a profile of its own, which a test may kill."""
    found = Chromium(playwright, tmp_path / "profile")
    found.start()
    yield found
    found.kill()
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)


@pytest.fixture
def page(screen: Page, air: Air, street: list[int]) -> Page:
    """Ana's phone, logged in and synced, at today's list."""
    return log_in(screen, air)


def log_in(page: Page, air: Air, login: str = "ana") -> Page:
    """Open the app, log in, and wait until it is synced, all that was asked for is here, and its service worker is in charge."""
    page.goto(f"{air.address}/phone/")
    page.get_by_label("工号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_text("上次同步").wait_for()
    expect(page.locator(".strip .spins")).to_have_count(0)
    page.wait_for_function("navigator.serviceWorker.getRegistration().then((found) => Boolean(found?.active))")
    return page


def go(page: Page, place: str) -> None:
    """To another screen, by its address; returns once the one before is gone."""
    page.locator("main").evaluate("(one) => { one.dataset.left = true; }")
    page.goto(re.sub("#.*", f"#/{place}", page.url))
    page.locator("main:not([data-left])").wait_for()


def without_background_sync(page: Page) -> None:
    """As in browsers that have none: only the page itself sends, not also the service worker, which no route of a test stops."""
    page.evaluate("() => { SyncManager.prototype.register = () => Promise.reject(); }")


@pytest.fixture
def as_person(service: str) -> Iterator[Callable[[str], httpx.Client]]:
    """`as_person("chen")` is a client of the API logged in as Chen."""
    clients: list[httpx.Client] = []

    def make(login: str) -> httpx.Client:
        client = httpx.Client(base_url=service, timeout=60)
        clients.append(client)
        tokens = client.post("/auth/login", json={"login": login, "password": PASSWORD}).json()
        client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return client

    yield make
    for client in clients:
        client.close()
