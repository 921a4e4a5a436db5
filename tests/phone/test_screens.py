"""Every screen: found by keyboard and screen reader (axe), large enough for a thumb, within a small phone; pictures of them."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.core import clock
from app.models.organisation import Account
from tests.cast import PASSWORD
from tests.phone.conftest import go
from tests.postgres import as_company

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "phone"  # renewed by `make pictures`; any other run leaves them alone
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SMALL_PHONE_PIXELS = 360
TARGET_PIXELS = 48

TOO_SMALL = """(least) => [...document.querySelectorAll("button, a[href], input, textarea, summary")]
    .filter((one) => one.offsetParent !== null || one.closest(".bar"))
    .map((one) => [one.innerText || one.name, Math.round(one.getBoundingClientRect().height)])
    .filter(([text, height]) => height > 0 && height < least)"""
# A name in a card stands for the whole card, which is what is pressed.
CARD_LINKS = ".order h3 a"


def serious(page):
    """What axe finds that shuts somebody out: (rule, where)."""
    page.evaluate(f"() => {{ {AXE.read_text(encoding='utf-8')} }}")
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [(one["id"], one["nodes"][0]["target"], one["help"]) for one in found if one["impact"] in {"serious", "critical"}]


def check(page, name, *, picture=True):
    """Nothing serious, nothing too small, nothing beyond the edge; and a picture for the documentation."""
    page.evaluate("document.fonts.ready.then(() => 1)")
    assert serious(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= SMALL_PHONE_PIXELS, name
    cards = page.locator(CARD_LINKS).all_inner_texts()
    small = [(text, height) for text, height in page.evaluate(TOO_SMALL, TARGET_PIXELS) if text not in cards]
    assert small == [], name
    if picture and os.environ.get("GRIDWORK_PICTURES"):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def test_logging_in_is_found_by_everybody(screen, air):
    page = screen
    page.goto(f"{air.address}/phone/")
    page.get_by_label("工号").wait_for()
    check(page, "log-in")


def test_a_password_that_an_administrator_made_opens_nothing_but_the_choice_of_ones_own(screen, air, sessions):
    page = screen
    with as_company(sessions) as session:
        session.scalars(select(Account).where(Account.login == "ana")).one().temporary_until = clock.now() + timedelta(days=1)
        session.commit()
    page.goto(f"{air.address}/phone/")
    page.get_by_label("工号").fill("ana")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    chosen = page.get_by_label("新密码")
    expect(page.get_by_role("alert")).to_contain_text("临时密码")
    check(page, "own-password", picture=False)
    chosen.fill("a password of my own")
    page.get_by_role("button", name="登录").click()
    page.get_by_text("上次同步").wait_for()
    with as_company(sessions) as session:
        assert session.scalars(select(Account).where(Account.login == "ana")).one().temporary_until is None


def test_the_screens_of_a_day_are_found_by_everybody(page):
    check(page, "today")
    page.get_by_role("link", name="张伟", exact=True).click()
    page.get_by_text("为什么找这位客户").wait_for()
    check(page, "order")
    page.get_by_role("link", name="记录结果").click()
    page.get_by_role("button", name="有意向").wait_for()
    check(page, "result")
    page.get_by_role("button", name="约好再联系").click()
    page.get_by_role("button", name="明天 09:30").wait_for()
    check(page, "callback")
    page.get_by_role("button", name="明天 09:30").click()
    page.get_by_text("已上传。").wait_for()
    check(page, "saved")
    for name, title in (("points", "我的积分"), ("sync", "上传与消息"), ("settings", "设置")):
        go(page, name)
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
        check(page, name)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("back/1", "button"),
        ("refuse/1", "button"),
        ("customer/C101", "heading"),
        ("customer/C999", "textbox"),  # of another territory: opened only in an emergency
        ("points/2026-10", "heading"),
        ("points/2026-10/success", "textbox"),
        ("nowhere", "heading"),
    ],
)
def test_screens_that_are_seldom_needed_are_found_by_everybody(page, place, shown):
    go(page, place)
    page.locator("main").get_by_role(shown).first.wait_for()
    check(page, place.replace("/", "-"), picture=False)


@pytest.mark.parametrize("size", ["更大", "最大"])
def test_larger_type_and_english_stay_within_the_screen(page, size):
    go(page, "settings")
    page.get_by_role("button", name=size).click()
    page.get_by_role("button", name="English").click()
    for place in ("", "order/1", "points", "sync", "settings"):
        go(page, place)
        page.get_by_role("heading", level=1).wait_for()
        check(page, f"{place} {size}", picture=False)
    assert page.evaluate("document.documentElement.lang") == "en"
