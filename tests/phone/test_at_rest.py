"""What lies on the phone is noise without its key, and goes when it must."""

import json
import re
import time

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app.core import clock
from app.models.organisation import RefreshFamily
from tests.cast import PASSWORD
from tests.phone import shelf
from tests.phone.conftest import go, log_in, without_background_sync
from tests.postgres import as_company

DAY_MS = 24 * 60 * 60 * 1000
SECRETS = ("张伟", "13800130102", "新华路", "千兆宽带", "想要便宜一点")
LEAST_BYTES = 6  # shorter ones turn up in noise


@pytest.fixture
def used(page):
    """A phone on which something was written."""
    return write_something(page)


def write_something(page):
    page.get_by_role("link", name="记录结果 张伟").click()
    page.locator("summary").click()
    page.get_by_label("备注", exact=True).fill("想要便宜一点")
    page.get_by_role("button", name="有意向").click()
    page.get_by_role("heading", name="已存到手机").wait_for()
    return page


def forms(secret):
    """A text in every way in which a browser may write it down."""
    written = (secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be"), json.dumps(secret)[1:-1].encode())
    return {form for form in written if len(form) >= LEAST_BYTES}


def test_nothing_of_a_customer_or_a_person_is_in_the_clear(used, air):
    air.down()
    held = shelf.dump(used)
    assert len(held["orders"]) == 12
    assert {"session", "cursor", "day", "points"} <= {row["name"] for row in held["documents"]}
    written = json.dumps(held, ensure_ascii=False)
    for secret in SECRETS:
        assert all(form.decode("latin-1") not in written for form in forms(secret)), secret
        assert secret not in written
    assert "ana" not in json.dumps(held["meta"])
    assert held["keys"][0]["lock"] == {"extractable": False, "type": "secret"}
    assert used.evaluate("localStorage.length + sessionStorage.length") == 0
    kept = used.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))"
        ".then((all) => all.flat().map((one) => new URL(one.url).pathname))"
    )
    assert kept
    assert [path for path in kept if not path.startswith(("/phone/", "/assets/"))] == []


def test_no_file_of_the_browser_holds_a_customer(browser, air, street):
    write_something(log_in(browser.page, air))
    browser.kill()
    files = [path for path in browser.profile.rglob("*") if path.is_file()]
    assert len(files) > 20
    for path in files:
        content = path.read_bytes()
        for secret in SECRETS:
            assert all(form not in content for form in forms(secret)), (secret, path)
    browser.start()


def test_boxes_do_not_open_without_the_lock_and_the_app_begins_anew(used, air):
    shelf.delete(used, "keys", "device")
    used.reload()
    expect(used.get_by_label("密码")).to_be_visible()
    log_in(used, air)
    expect(used.get_by_text("11 位客户").or_(used.get_by_text("12 位客户"))).to_be_visible()


def test_after_fourteen_days_of_silence_everything_is_wiped(page, air):
    air.down()
    for name in ("heard_at", "seen_at"):
        shelf.put(page, "meta", {"name": name, "value": time.time() * 1000 - 14 * DAY_MS - 60_000})
    page.reload()
    expect(page.get_by_text("超过 14 天没有联网，数据已清除。")).to_be_visible()
    left = shelf.dump(page)
    assert [name for name, rows in left.items() if rows and name != "meta"] == []
    assert {row["name"] for row in left["meta"]} <= {"device_id", "language", "size", "wiped"}


def test_thirteen_days_are_not_fourteen_and_the_person_is_warned(page, air):
    air.down()
    for name in ("heard_at", "seen_at"):
        shelf.put(page, "meta", {"name": name, "value": time.time() * 1000 - 13 * DAY_MS - 60_000})
    page.reload()
    expect(page.get_by_text("12 位客户")).to_be_visible()
    page.get_by_role("link", name="上传").click()
    expect(page.get_by_text("1 天内请联网一次，否则手机上的数据会被清除")).to_be_visible()


def test_who_comes_back_after_a_long_time_with_a_net_loses_nothing(page, air):
    without_background_sync(page)
    air.down()
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="有意向").click()
    page.get_by_text("还有 1 条在手机上").wait_for()
    go(page, "sync")
    expect(page.get_by_text("没有网络")).to_be_visible()  # who asks in vain after a long time would be wiped
    expect(page.get_by_role("button", name="立即同步")).to_be_enabled()
    shelf.put(page, "meta", {"name": "heard_at", "value": time.time() * 1000 - 400 * DAY_MS})
    air.up()
    page.reload()
    expect(page.get_by_role("heading", name="全部已上传")).to_be_visible()


def test_a_log_in_that_is_over_keeps_the_work_for_its_maker_alone(page, air, sessions):
    air.down()
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="有意向").click()
    page.get_by_text("还有 1 条在手机上").wait_for()
    with as_company(sessions) as session:
        session.execute(update(RefreshFamily).values(ended_at=clock.now(), end_reason="test"))
        session.commit()
    air.up()
    page.goto(f"{air.address}/phone/#/sync")
    page.reload()
    page.get_by_role("link", name="请重新登录").click()
    page.get_by_label("工号").fill("bo")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("ana 还有 1 条结果没有上传")
    page.get_by_label("工号").fill("ana")
    page.get_by_role("button", name="登录").click()
    page.get_by_text("上次同步").wait_for()
    page.get_by_role("link", name="上传").click()
    expect(page.get_by_role("heading", name="全部已上传")).to_be_visible()
    expect(page.get_by_text("今天上传了 1 条")).to_be_visible()


def test_what_one_person_asked_for_is_not_kept_for_the_next(page, air):
    without_background_sync(page)
    held = []
    page.route(re.compile(r"/mobile/v1/points$"), lambda route: held.append((route, route.fetch())), times=1)
    go(page, "sync")
    page.get_by_role("button", name="立即同步").click()
    while not held:
        page.wait_for_timeout(20)
    go(page, "settings")
    page.get_by_role("button", name="退出并清除数据").click()
    page.get_by_role("button", name="确定退出").click()
    page.get_by_label("工号").fill("bo")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="登录")).to_have_count(0)
    air.down()
    route, answer = held[0]
    route.fulfill(response=answer)
    page.evaluate("navigator.locks.request('gridwork-sync', () => 1)")  # which a round holds to its end
    assert {row["name"] for row in shelf.dump(page)["documents"]} == {"session"}


def test_logging_out_wipes_and_the_next_person_finds_nothing_of_the_last(used, air):
    used.goto(f"{air.address}/phone/#/settings")
    used.get_by_role("button", name="退出并清除数据").click()
    used.get_by_role("button", name="确定退出").click()
    expect(used.get_by_text("已退出，手机上的数据已清除。")).to_be_visible()
    assert [name for name, rows in shelf.dump(used).items() if rows and name != "meta"] == []
    log_in(used, air, "bo")
    expect(used.get_by_text("0 位客户", exact=True)).to_be_visible()
