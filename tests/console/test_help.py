"""The first day: shown at the first log-in, ticked off, put away, and found again."""

import pytest
from playwright.sync_api import expect

from tests.console.conftest import looked_at


def test_the_first_day_is_shown_ticked_off_put_away_and_found_again(console):
    page = console("lin")
    welcome = page.get_by_role("complementary", name="我的一天")
    welcome.get_by_role("link").click()
    expect(page.get_by_role("heading", name="数据分析的一天")).to_be_visible()
    page.get_by_role("checkbox", name="第 1 步做完了").check()
    expect(welcome).to_contain_text("1 /")
    looked_at(page, "first-day")
    page.get_by_role("link", name="去做 设为冠军，或者退回").click()
    expect(page.get_by_role("heading", name="排序器")).to_be_visible()
    welcome.get_by_role("button", name="收起").click()
    page.reload()
    expect(page.get_by_role("link", name="我的一天")).to_be_visible()
    expect(welcome).to_have_count(0)
    page.get_by_role("link", name="我的一天").click()
    expect(page.get_by_role("checkbox", name="第 1 步做完了")).to_be_checked()


@pytest.mark.parametrize("login", ["chen", "bea", "pia", "ada"])
def test_every_role_has_a_day_whose_steps_lead_somewhere(console, login):
    page = console(login)
    page.get_by_role("link", name="我的一天").click()
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("checkbox")).first).to_be_visible()
    addresses = page.get_by_role("link", name="去做").evaluate_all("links => links.map((link) => link.hash)")
    for address in dict.fromkeys(addresses):
        page.locator("h1").evaluate("(one) => { one.dataset.left = true; }")
        page.goto(page.url.split("#")[0] + address)
        expect(page.locator("h1:not([data-left])")).not_to_have_text("没有这一页")
