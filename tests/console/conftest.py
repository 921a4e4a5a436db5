"""People at their desks: a real server, a real PostgreSQL, and a real Chromium in which somebody is logged in to the console."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.cast import PASSWORD
from tests.phone.chromium import PATIENCE_MS, ZONE
from tests.phone.conftest import as_person, chromium, playwright, service  # noqa: F401 - fixtures, by their names

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "console"  # renewed by `make pictures`; any other run leaves them alone
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESK = {"width": 1280, "height": 800}


@pytest.fixture
def desk(chromium: Browser, service: str) -> Iterator[Callable[[], Page]]:  # noqa: F811 - the fixtures imported above
    """`desk()` is a window of the console in which nobody is logged in. What its policy forbids fails the test."""
    forbidden: list[str] = []
    contexts = []

    def open_window() -> Page:
        context = chromium.new_context(viewport=DESK, locale="zh-CN", timezone_id=ZONE, color_scheme="light")
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: forbidden.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(f"{service}/console/")
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert forbidden == []


@pytest.fixture
def console(desk: Callable[[], Page]) -> Callable[[str], Page]:
    """`console("chen")` is a window in which Chen is logged in, at Chen's first page."""

    return lambda login: log_in(desk(), login)


def log_in(page: Page, login: str) -> Page:
    """In a window in which nobody is."""
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="退出").wait_for()
    return page


def toast(page: Page, words: str) -> Locator:
    """What is said at the edge for some seconds, and may still be there when the next thing is done."""
    return page.locator(".toasts").get_by_text(words)


def dialog(page: Page) -> Locator:
    """The question in front of the page."""
    return page.locator("dialog[open]")


def settled(page: Page) -> None:
    """Until all of the page was read and every picture is drawn."""
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    expect(page.locator("main .drawn:not(:has(canvas))")).to_have_count(0)


@contextmanager
def held_back(page: Page, address: str) -> Iterator[None]:
    """What the page asks at such addresses meanwhile is answered only afterwards."""
    asked: list[Route] = []
    page.route(address, lambda route: asked.append(route))
    yield
    assert asked
    for route in asked:
        route.continue_()
    page.unroute(address)


def serious(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds that shuts somebody out: (rule, where, what)."""
    page.evaluate(f"() => {{ {AXE.read_text(encoding='utf-8')} }}")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(one["id"], str(one["nodes"][0]["target"]), one["help"]) for one in found if one["impact"] in {"serious", "critical"}]


def looked_at(page: Page, name: str) -> None:
    """Nothing serious by light and by dark, nothing beyond the edge on desk and tablet; a picture for the documentation."""
    settled(page)
    page.evaluate("document.fonts.ready.then(() => 1)")
    for theme in ("dark", "light"):
        page.get_by_label("外观").select_option(theme)
        assert serious(page) == [], f"{name}, {theme}"
    for width in (1920, 1024, DESK["width"]):
        page.set_viewport_size({"width": width, "height": DESK["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} at {width}"
    if os.environ.get("GRIDWORK_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")
