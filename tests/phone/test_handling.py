"""How the app is in the hand: three taps, the keyboard alone, and little to load."""

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD
from tests.phone.conftest import go, log_in

FIRST_VIEW_BYTES = 200_000
COUNT_TAPS = "() => { window.taps = 0; addEventListener('click', (event) => event.isTrusted && window.taps++, true); }"


@pytest.fixture
def taps(page):
    """`taps()`: how often the screen was touched since the list was there."""
    page.evaluate(COUNT_TAPS)
    return lambda: page.evaluate("window.taps")


def test_three_taps_lead_from_the_list_by_the_customer_to_a_recorded_result(page, taps):
    page.get_by_role("link", name="张伟", exact=True).click()
    page.get_by_role("link", name="记录结果").click()
    page.get_by_role("button", name="未联系上").click()
    page.get_by_role("heading", name="已存到手机").wait_for()
    assert taps() == 3


def test_three_taps_are_enough_where_the_result_has_to_say_more(page, taps):
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="约好再联系").click()
    page.get_by_role("button", name="明天 09:30").click()
    page.get_by_role("heading", name="已存到手机").wait_for()
    assert taps() == 3


def test_the_first_view_is_light(screen, air):
    page = screen
    page.goto(f"{air.address}/phone/")
    page.get_by_label("工号").wait_for()
    loaded = page.evaluate(
        "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
        ".map((one) => [one.name, one.transferSize])"
    )
    assert len(loaded) >= 3
    assert all(size > 0 for _, size in loaded), loaded
    assert sum(size for _, size in loaded) <= FIRST_VIEW_BYTES, loaded


def press_until(page, locator, key="Tab"):
    """Press a key until the focus is there."""
    for _ in range(60):
        if locator.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError("the focus never came there")


def test_the_keyboard_alone_logs_in_and_records_a_result(screen, air, street):
    page = screen
    page.goto(f"{air.address}/phone/")
    page.get_by_label("工号").wait_for()
    press_until(page, page.get_by_label("工号"))
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("上次同步").wait_for()
    press_until(page, page.get_by_role("link", name="记录结果 张伟"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    press_until(page, page.get_by_role("button", name="有意向"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="已存到手机").wait_for()
    press_until(page, page.get_by_role("link", name="回到今日"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("11 位客户")).to_be_visible()


def test_the_app_is_the_same_in_english_and_says_so_to_screen_readers(page):
    page.get_by_role("link", name="设置").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_text("12 customers")).to_be_visible()
    expect(page.get_by_text("Contract: 1 month left (speaks for it)").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("12 customers")).to_be_visible()


def test_no_request_leaves_the_origin_and_the_policy_stops_nothing_of_ours(screen, air, street):
    asked, complaints = set(), []
    screen.context.on("request", lambda request: asked.add(request.url))
    screen.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    screen.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(screen, air)
    for place in (f"order/{street[0]}", f"result/{street[0]}", "customer/C101", "points", "sync", "settings"):
        go(screen, place)
        screen.get_by_role("heading", level=1).wait_for()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(air.address)] == []
    assert complaints == []
    elsewhere = f"{air.address.replace('127.0.0.1', 'localhost')}/phone/"
    leave = "(url) => fetch(url, { mode: 'no-cors' }).then(() => 'left', () => 'stopped')"
    with screen.expect_console_message(lambda said: "Content Security Policy" in said.text):
        assert screen.evaluate(leave, elsewhere) == "stopped"
