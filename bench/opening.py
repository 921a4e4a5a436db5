"""How soon the phone app can be used on a processor four times slower: the first time, and with a day's work on the phone."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from app.core.db import make_engine, make_sessions
from app.core.storage import Storage
from bench.measure import Figure
from tests.cast import PASSWORD, seed_cast
from tests.phone.chromium import Chromium
from tests.phone.serving import serving
from tests.phone.street import furnish
from tests.postgres import as_company

SLOWER = 4
ORDERS = 60
# From the start of loading until what can be pressed is there and the page has answered: two frames drawn after it.
_READY = """(selector) => new Promise((done) => {
    const look = () => document.querySelector(selector)
        ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))) : requestAnimationFrame(look);
    look();
})"""


def measure_opening(url: str, folder: Path, small: bool) -> list[Figure]:
    """Milliseconds until it can be used (the aim: 2,000), and kilobytes of the first view (the aim: 200)."""
    sessions = make_sessions(make_engine(url), Storage(str(folder / "storage")))
    with as_company(sessions) as session:
        seed_cast(session)
        furnish(session, count=ORDERS)
        session.commit()
    with serving(url, folder) as base, sync_playwright() as playwright:
        first, weight, again = [], [], []
        for number in range(2 if small else 5):
            browser = Chromium(playwright, folder / f"profile-{number}")
            page = browser.start()
            tools = browser.context.new_cdp_session(page)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            first.append(_open(page, f"{base}/phone/", "input[type=password]"))
            weight.append(_loaded(page) / 1000)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
            _log_in(page)
            tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            again.append(_open(page, f"{base}/phone/", ".order a"))
            browser.kill()
    return [
        Figure(f"first view, {SLOWER} x slower processor", first, "ms"),
        Figure("first view as loaded", weight, "kB"),
        Figure(f"opened again with {ORDERS} work orders, {SLOWER} x slower", again, "ms"),
    ]


def _open(page: Any, address: str, selector: str) -> float:
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    return float(page.evaluate(_READY, selector))


def _loaded(page: Any) -> float:
    kinds = "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
    return float(page.evaluate(f"{kinds}.reduce((sum, one) => sum + one.transferSize, 0)"))


def _log_in(page: Any) -> None:
    page.get_by_label("工号").fill("ana")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_text("上次同步").wait_for()
    page.wait_for_function("navigator.serviceWorker.getRegistration().then((found) => Boolean(found?.active))")
    _await(lambda: page.evaluate("caches.keys().then((names) => names.length)") > 0)


def _await(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        if time.monotonic() > end:
            raise RuntimeError("the app did not keep its files")
        time.sleep(0.1)
