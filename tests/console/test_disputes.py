"""Disputes about points, decided in the console: the queue, one on one page, what it will post, and what the manager reads."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from app.core import clock
from app.core.clock import Month
from app.core.db import set_scope
from app.models.points import PointsEntry
from app.points.closing.close import close_month
from app.verification.service import verify_feedback
from tests.console.conftest import looked_at
from tests.factories import make_campaign, make_work_order
from tests.truth import declare_complete, make_call, make_feedback, make_sale

MINE = "/mobile/v1/points/disputes"


def commit(company):
    company.commit()
    set_scope(company, scope="all")


@pytest.fixture
def reported(company):
    """Ana's last month, closed just now: of six reports the last has no call in a feed that is complete, and one sale."""
    now = clock.now()
    month = Month.of(now).previous
    begun = month.starts_at + timedelta(days=1)
    first, last = clock.local_date(begun), clock.local_date(begun + timedelta(days=9))
    campaign = make_campaign(company, starts_on=first, ends_on=last, opened_at=begun, created_at=begun)
    days = {"dispatched_at": begun, "matures_at": begun + timedelta(days=20), "state": "done"}
    orders = [make_work_order(company, campaign=campaign, customer_no=f"C{n:02d}", **days) for n in range(1, 7)]
    declare_complete(company, "calls", first, last)
    make_sale(company, orders[0], ordered_at=begun + timedelta(days=3))
    for order in orders:
        make_feedback(company, order, contacted_at=begun + timedelta(days=2), outcome="interested", note="在家，想换快一点的宽带")
    for order in orders[:5]:
        make_call(company, order, started_at=begun + timedelta(days=2))
    verify_feedback(company, now=now)
    close_month(company, month=month, now=now)
    commit(company)
    return month, orders[5].id


@pytest.fixture
def disputing(reported, as_person):
    """Ana disputes a line of hers from the phone; the id."""
    month, _ = reported

    def raise_it(**said):
        body = {"id": str(uuid4()), "month": str(month), "component": "success", "expected": "20", "reason": "还有一单没有算"}
        answer = as_person("ana").post(MINE, json=body | said)
        assert answer.status_code == 200, answer.text
        return body["id"]

    return raise_it


def make_late(company, dispute):
    """Three days past its last day; the branch manager was told yesterday."""
    late = "SET due_on = CURRENT_DATE - 3, told_branch_at = now() - interval '1 day' WHERE id = :id"
    company.execute(text(f"UPDATE points_disputes {late}"), {"id": dispute})
    commit(company)


def go(page, place):
    page.goto(page.url.split("#")[0] + f"#/{place}")


def test_a_report_that_was_judged_wrongly_is_disputed_decided_by_two_posted_and_read_by_the_manager(
    console, company, reported, disputing, as_person
):
    month, order = reported
    disputing(
        component="accuracy", work_order_id=order, expected="属实", reason="我打过这个电话，用的是营业厅的座机",
        evidence="营业厅座机的通话单，2 日上午 9 点",
    )  # fmt: skip
    make_late(company, disputing(component="existing_scheme", expected="30", reason="十月的竞赛分没有算进来"))
    chen = console("chen")
    chen.get_by_role("link", name="积分申诉", exact=True).click()
    expect(chen.get_by_role("row").nth(1)).to_contain_text("用的是营业厅的座机")
    looked_at(chen, "disputes")
    chen.get_by_role("link", name=f"反馈真实 {month}").click()
    for seen in ("13.3333", "营业厅座机的通话单", "前后三天没有通话记录", "不属实"):
        expect(chen.get_by_text(seen).first).to_be_visible()
    looked_at(chen, "dispute")
    chen.get_by_label("成立，反馈改判").check()
    expect(chen.get_by_text(f"将记入 {month.next}：+6.6667 分")).to_be_visible()
    expect(chen.get_by_text("须另一人同意同样的答复才生效")).to_be_visible()
    chen.get_by_label("理由").fill("座机的通话单上有这一通")
    looked_at(chen, "dispute-deciding")
    chen.get_by_role("button", name="成立，请第二人同意").click()
    expect(chen.get_by_text("这是您提出的，须由另一人同意同样的答复")).to_be_visible()
    commit(company)
    assert company.query(PointsEntry).filter(PointsEntry.dispute_id.is_not(None)).count() == 0
    bea = console("bea")
    go(bea, "disputes?standing=to_second")
    bea.get_by_role("link", name=f"反馈真实 {month}").click()
    expect(bea.get_by_text("座机的通话单上有这一通").first).to_be_visible()
    bea.get_by_label("理由").fill("我也看过通话单")
    bea.get_by_role("button", name="成立", exact=True).click()
    expect(bea.get_by_text(f"已记入 {month.next}：+6.6667 分")).to_be_visible()
    expect(bea.get_by_role("row", name="一人同意")).to_contain_text("Chen · 网格经理")
    bea.evaluate("scrollTo(0, 0)")
    looked_at(bea, "dispute-decided")
    mine = next(one for one in as_person("ana").get(MINE).json()["items"] if one["component"] == "accuracy")
    assert (mine["status"], mine["decided_by"], mine["decided_by_role"]) == ("accepted", "Bea", "branch_manager")
    assert (mine["posted"]["month"], mine["posted"]["points"], mine["verdict"]) == (str(month.next), "6.6667", "confirmed")


def test_a_late_dispute_is_marked_rejected_with_a_reason_and_counted_in_the_rate_of_its_plan(console, company, disputing):
    make_late(company, disputing(component="existing_scheme", expected="5"))
    bea = console("bea")
    go(bea, "disputes?standing=overdue")
    row = bea.get_by_role("row").nth(1)
    expect(row).to_contain_text("已超期")
    expect(row).to_contain_text("已报分公司")
    row.get_by_role("link").click()
    bea.get_by_label("成立，补记积分").check()
    bea.get_by_label("加减多少分").fill("0")
    expect(bea.get_by_role("alert")).to_contain_text("积分不能是 0")
    bea.get_by_label("不成立", exact=False).first.check()
    bea.get_by_label("理由").fill("现行积分由公司给，这个月就是这个数")
    bea.get_by_role("button", name="不成立").click()
    expect(bea.get_by_text("现行积分由公司给").first).to_be_visible()
    go(bea, "plans")
    expect(bea.get_by_role("row", name="default 1")).to_contain_text("%")
    bea.get_by_role("link", name="default 1").click()
    expect(bea.get_by_role("heading", name="申诉率", exact=True)).to_be_visible()
    expect(bea.get_by_role("region", name="申诉率", exact=True).get_by_role("row").nth(1)).to_contain_text("33.3 %")


def test_nobody_decides_their_own_and_the_page_says_who_does(console, company, disputing):
    dispute = disputing()
    company.execute(text("UPDATE staff SET role = 'grid_manager' WHERE staff_no = 'ANA'"))
    commit(company)
    ana = console("ana")
    go(ana, f"disputes/{dispute}")
    expect(ana.get_by_text("这是您本人的申诉，您不能决定。")).to_be_visible()
    expect(ana.get_by_role("radio")).to_have_count(0)


def test_where_nothing_waits_the_page_says_where_disputes_come_from(console, company):
    fu = console("fu")
    go(fu, "disputes")
    expect(fu.get_by_text("经理在手机的积分页点“有异议”提出")).to_be_visible()
    fu.get_by_role("button", name="看已答复的").click()
    expect(fu.get_by_text("还没有答复过的申诉。")).to_be_visible()
