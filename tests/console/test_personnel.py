"""Months closed and pulled, and people over time, in the console."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.access.grants import give_permission
from app.core import clock
from app.core.db import set_scope
from app.models.access import Permission
from app.points.closing.close import close_month
from tests.cast import PASSWORD
from tests.console.conftest import dialog, looked_at
from tests.truth import CLOSING, OCTOBER, declare_complete, make_anas_october, principal_of


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


def go(page, place):
    page.goto(page.url.split("#")[0] + f"#/{place}")


@pytest.fixture
def october(company):
    """Ana's October with every feed of calls complete, but not of orders."""
    make_anas_october(company)
    company.commit()
    set_scope(company, scope="all")


def test_a_month_is_closed_and_pulled(console, october, as_person):
    ada = console("ada")
    go(ada, "months")
    ada.get_by_role("link", name="2026-10").click()
    expect(ada.get_by_text("未通过").first).to_be_visible()
    looked_at(ada, "month_checks")
    ada.get_by_role("button", name="关账").click()
    fields = dialog(ada).get_by_role("textbox")
    expect(fields).not_to_have_count(0)
    for field in fields.all():
        field.fill("交换机当天停机，已人工核对")
    dialog(ada).get_by_role("button", name="确定").click()
    expect(ada.get_by_role("main").get_by_text("个文件待对方确认")).to_be_visible()
    expect(ada.get_by_role("main").get_by_text("尚未", exact=True)).to_be_visible()
    payroll = as_person("chen")
    form = {"grant_type": "client_credentials", "client_id": "payroll", "client_secret": PASSWORD}
    payroll.headers["Authorization"] = f"Bearer {payroll.post('/auth/token', data=form).json()['access_token']}"
    found = payroll.get("/payroll/v1/months/2026-10").json()
    lines = payroll.get("/payroll/v1/months/2026-10/lines.csv")
    assert lines.headers["etag"] == f'"{found["sha256"]}"'
    said = {"sha256": found["sha256"], "row_count": found["row_count"]}
    assert payroll.post("/payroll/v1/months/2026-10/acknowledgement", json=said).status_code == 200
    ada.reload()
    expect(ada.get_by_text("账本、月度单、文件与确认一致")).to_be_visible()
    looked_at(ada, "month")
    with ada.expect_download() as waiting:
        ada.get_by_role("link", name="下载 CSV").click()
    assert waiting.value.path().read_bytes() == lines.content
    go(ada, "months")
    expect(ada.get_by_role("row", name="2026-10")).to_contain_text("对方已全部确认")
    looked_at(ada, "months")


@pytest.fixture
def closed(company, october):
    """October closed, and Chen may look at people."""
    declare_complete(company, "orders", OCTOBER.first_day - timedelta(days=30), OCTOBER.next.first_day - timedelta(days=1))
    close_month(company, month=OCTOBER, now=CLOSING)
    until, by = clock.local_date(CLOSING) + timedelta(days=30), principal_of(company, "ada")
    told = {"permission": Permission.PERSONNEL, "reason": "for the postings", "until": until, "by": by, "now": CLOSING}
    set_scope(company, scope="all", staff_id=by.staff_id)
    give_permission(company, staff_no="CHEN", **told)
    company.commit()


def test_people_are_seen_over_time_with_the_permission(console, closed):
    chen = console("chen")
    go(chen, "personnel")
    row = chen.get_by_role("row", name="ANA")
    expect(row).to_contain_text("80.0 %")
    expect(row).to_contain_text("数据少")
    looked_at(chen, "personnel")
    chen.get_by_role("link", name="Ana ANA").click()
    expect(chen.get_by_role("row", name="2026-10")).to_contain_text("80.0 %")
    expect(chen.locator("canvas")).to_have_count(2)
    looked_at(chen, "person")
    ada = console("ada")
    go(ada, "audit?who=chen")
    expect(ada.get_by_role("row", name="staff:ANA")).to_contain_text("personnel.looked")


def test_people_are_not_seen_without_it(console, closed):
    bea = console("bea")
    for word in ("人员档案", "月度结算"):
        expect(bea.get_by_role("link", name=word, exact=True)).to_have_count(0)
    go(bea, "personnel")
    expect(bea.get_by_role("alert")).to_contain_text("需要“人员档案”权限")
    go(bea, "personnel/ANA")
    expect(bea.get_by_role("alert")).to_be_visible()
    expect(bea.get_by_text("80.0 %")).to_have_count(0)


def test_a_permission_is_given_in_the_console(console, closed):
    ada = console("ada")
    go(ada, "permissions")
    ada.get_by_role("button", name="授予").click()
    form = dialog(ada)
    form.get_by_label("工号").fill("BEA")
    form.get_by_label("有效至").fill(str(clock.local_date(CLOSING) + timedelta(days=3)))
    form.get_by_label("原因").fill("分公司任用评议，2026 年 11 月")
    form.get_by_role("button", name="确定").click()
    expect(ada.get_by_role("row", name="BEA")).to_contain_text("有效")
    bea = console("bea")
    expect(bea.get_by_role("link", name="人员档案", exact=True)).to_be_visible()
    go(bea, "personnel?unit=G11")
    expect(bea.get_by_role("row", name="ANA")).to_be_visible()
