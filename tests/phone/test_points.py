"""My points on the phone: why a line has so many, by which plan, last month, and until when it may be disputed."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.core import clock
from app.core.clock import Month
from app.points.closing.close import close_month
from tests.factories import make_campaign, make_work_order
from tests.phone.conftest import go, log_in
from tests.phone.test_screens import check
from tests.phone.test_syncing import sync
from tests.postgres import as_company
from tests.truth import make_feedback, make_sale


@pytest.fixture
def last_month(sessions):
    """Ana's last month, closed just now: two work orders that matured, one of them a sale, and a report of each."""
    now = clock.now()
    month = Month.of(now).previous
    begun = month.starts_at + timedelta(days=1)
    with as_company(sessions) as session:
        campaign = make_campaign(
            session,
            starts_on=clock.local_date(begun),
            ends_on=clock.local_date(begun + timedelta(days=9)),
            opened_at=begun,
            created_at=begun,
        )
        days = {"dispatched_at": begun, "matures_at": begun + timedelta(days=20), "state": "done"}
        won, lost = (make_work_order(session, campaign=campaign, customer_no=no, **days) for no in ("C01", "C02"))
        make_sale(session, won, ordered_at=begun + timedelta(days=3))
        for order in (won, lost):
            make_feedback(session, order, contacted_at=begun + timedelta(days=2))
        close_month(session, month=month, now=now)
        session.commit()
    return month


@pytest.fixture
def points(last_month, screen, air, street):
    """Ana's phone at her points."""
    page = log_in(screen, air)
    page.get_by_role("link", name="积分", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="我的积分")).to_be_visible()
    return page


def test_a_tap_on_a_line_says_why_in_words(points, last_month):
    page = points
    page.get_by_role("link", name="上个月的积分").click()
    expect(page.get_by_text(f"{last_month} 已结算")).to_be_visible()
    check(page, "last-month")
    page.get_by_role("link", name="为什么").first.click()
    expect(page.get_by_role("heading", level=1, name="为什么是这个分")).to_be_visible()
    expect(page.get_by_text(re.compile("订单 SALE.* 已入账"))).to_be_visible()
    expect(page.get_by_text("超过上限不计")).to_be_visible()  # half of two is more than the target
    check(page, "why")
    page.get_by_role("link", name="有异议").first.click()
    expect(page.get_by_role("heading", level=1, name="哪里不对？")).to_be_visible()
    check(page, "dispute", picture=False)


def test_the_plan_is_a_page_to_read(points):
    page = points
    page.get_by_role("link", name="积分怎么算").click()
    expect(page.get_by_role("heading", name="目标客户营销成功：20 分")).to_be_visible()
    expect(page.get_by_role("columnheader", name="得分").first).to_be_visible()
    check(page, "plan")
    page.get_by_role("button", name="返回").click()
    expect(page.get_by_role("heading", level=1, name="我的积分")).to_be_visible()


def test_what_was_read_once_is_there_without_a_net(points, air, last_month):
    page = points
    line, rule = (
        page.get_by_text(re.compile("订单 SALE.* 已入账")),
        page.get_by_role("heading", name="接触信息反馈真实率：20 分"),
    )
    go(page, f"plan/{last_month}")
    expect(rule).to_be_visible()
    go(page, f"line/{last_month}/success")
    expect(line).to_be_visible()
    go(page, f"month/{last_month}")
    expect(page.get_by_text(f"{last_month} 已结算")).to_be_visible()
    air.down()
    go(page, f"line/{last_month}/success")
    expect(line).to_be_visible()
    go(page, f"plan/{last_month}")
    expect(rule).to_be_visible()
    go(page, f"line/{last_month}/existing_scheme")
    expect(page.get_by_text("说明需要连网打开一次。")).to_be_visible()


def test_a_closed_month_says_until_when_it_may_be_disputed(points, last_month):
    page = points
    day = clock.local_date(clock.now()) + timedelta(days=30)
    page.get_by_role("link", name="上个月的积分").click()
    expect(page.get_by_text("前可以提出异议")).to_contain_text(re.compile(rf"(?<!\d){day.month}月{day.day}日"))
    page.get_by_role("link", name="有异议").first.click()
    page.get_by_label("您认为应该是").fill("20")
    page.get_by_label("理由").fill("还有一单没有算")
    page.get_by_role("button", name="提交申诉").click()
    page.get_by_text("已上传。").wait_for()
    go(page, "sync")
    sync(page)
    go(page, "points")
    expect(page.get_by_text(re.compile("前答复"))).to_be_visible()
    check(page, "disputes", picture=False)


def test_the_statement_of_an_open_month_leads_to_why_of_each_work_order(points, sessions, street):
    page = points
    month = Month.of(clock.now())
    go(page, f"line/{month}/success")
    expect(page.get_by_text("数据太少，按方案给付的份额")).to_be_visible()
    check(page, "why-open", picture=False)
