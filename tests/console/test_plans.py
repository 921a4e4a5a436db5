"""A points plan in the console: drafted from the one in force, tried out over a closed month, signed by another person."""

import pytest
from playwright.sync_api import expect

from app.core import clock
from app.core.db import set_scope
from app.points.closing.close import close_month
from tests.console.conftest import looked_at
from tests.truth import CLOSING, OCTOBER, make_anas_october


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


@pytest.fixture
def october(company):
    """Ana's October, closed."""
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")


def go(page, place):
    page.goto(page.url.split("#")[0] + f"#/{place}")


def test_a_version_is_drafted_tried_out_and_signed_by_two_persons(console, october):
    pia = console("pia")
    go(pia, "plans")
    pia.get_by_role("link", name="起草新版本").click()
    pia.get_by_label("营销成功 权重").fill("30")
    expect(pia.get_by_text("原 20")).to_be_visible()
    pia.get_by_label("营销成功 目标").fill("1")
    pia.get_by_label("改了什么").fill("成交更重要")
    pia.get_by_role("button", name="试算").click()
    expect(pia.get_by_label("营销成功 目标")).to_have_js_property("validity.rangeUnderflow", True)
    pia.get_by_label("营销成功 目标").fill("25")
    pia.get_by_role("button", name="试算").click()
    expect(pia.get_by_role("row", name="ANA")).to_be_visible()
    expect(pia.locator("canvas")).to_have_count(2)
    looked_at(pia, "plan-form")
    pia.get_by_label("反馈真实 权重").fill("15")
    expect(pia.get_by_text("已改动，请重新试算")).to_be_visible()
    pia.get_by_role("button", name="存为草稿").click()
    expect(pia.get_by_role("heading", name="default 2")).to_be_visible()
    expect(pia.get_by_role("row", name="营销成功")).to_contain_text("25 %")
    pia.get_by_role("button", name="提交").click()
    expect(pia.get_by_role("main").get_by_text("等另一人批准")).to_be_visible()
    expect(pia.get_by_role("button", name="批准", exact=True)).to_have_count(0)
    ada = console("ada")
    go(ada, "plans")
    ada.get_by_role("link", name="default 2").click()
    ada.get_by_role("button", name="重算最近三个月").click()
    expect(ada.locator("canvas")).to_have_count(2)
    ada.get_by_text("方案全文").click()
    expect(ada.get_by_role("article")).to_contain_text("营销成功：30 分")
    looked_at(ada, "plan")
    ada.get_by_role("button", name="批准", exact=True).click()
    expect(ada.get_by_role("main").get_by_text("已批准").first).to_be_visible()
    go(ada, "plans")
    expect(ada.get_by_role("row", name="default 1")).to_contain_text("生效中")
    expect(ada.get_by_role("row", name="default 2")).to_contain_text("已批准")
