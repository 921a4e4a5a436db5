"""A full day of a phone: no net, forty results, two sudden deaths, others who change the work meanwhile; then the net is back."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from app.models.feedback import ContactFeedback, QuarantinedFeedback
from tests.phone.conftest import log_in
from tests.phone.serving import serving
from tests.phone.street import furnish
from tests.postgres import as_company

RESULTS = 40
OUTCOMES = ("有意向", "未联系上", "已办理", "约好再联系", "拒绝", "已搬离")
MORE = {"约好再联系": "明天 09:30", "拒绝": "太贵", "已搬离": "否"}
REPORT = re.compile(r"#/saved/([0-9a-f-]{36})$")


@pytest.fixture
def service(built, database, tmp_path):
    """Here the service is a process of its own."""
    with serving(database, tmp_path) as address:
        yield address


@pytest.fixture
def orders(sessions):
    with as_company(sessions) as session:
        ids = furnish(session, count=RESULTS + 4)
        session.commit()
    return ids


def record(page, order_id, outcome):
    """Record a result from the list; the id under which the phone says that it is safe."""
    page.locator(f'a[href="#/result/{order_id}"]').click()
    page.get_by_role("button", name=outcome, exact=True).click()
    if outcome in MORE:
        page.get_by_role("button", name=MORE[outcome]).click()
    expect(page).to_have_url(REPORT)
    page.get_by_role("heading", name="已存到手机").wait_for()
    report = REPORT.search(page.url)[1]
    page.get_by_role("link", name="回到今日").click()
    page.get_by_role("button", name="推荐").wait_for()
    return report


def open_again(browser, air):
    """The phone was killed: the app opens from its own files, without a net, at today's list."""
    page = browser.restart()
    browser.context.set_offline(True)
    page.goto(f"{air.address}/phone/")
    page.get_by_role("button", name="推荐").wait_for()
    return page


def test_a_day_without_a_net_loses_nothing_and_tells_the_two_conflicts(browser, air, orders, sessions, as_person):
    page = log_in(browser.page, air)
    expect(page.get_by_text(f"{len(orders)} 位客户")).to_be_visible()
    air.down()
    browser.context.set_offline(True)
    reports = {}

    def work(some):
        for order_id in some:
            reports[order_id] = record(page, order_id, OUTCOMES[order_id % len(OUTCOMES)])

    work(orders[:13])
    page = open_again(browser, air)
    expect(page.get_by_text("还有 13 条在手机上")).to_be_visible()
    work(orders[13:20])
    # what others do in the meantime
    reassigned, refused = orders[30], orders[31]
    action = {"verb": "reassign", "reason": "ill", "to_staff_nos": ["BO"]}
    moved = as_person("chen").post("/dashboard/v1/work-orders/bulk", json={"action": action, "ids": [reassigned]})
    assert moved.json()["items"][0]["done"], moved.text
    line = f"C{101 + 31},all,refused,2026-01-02T00:00:00+08:00,,\n"
    feed = {"file": ("wishes.csv", f"customer_no,scope,status,recorded_at,until,source\n{line}".encode())}
    withdrawn = as_person("ada").post("/operations/v1/imports/contact_preferences", files=feed)
    assert withdrawn.json()["counts"]["withdrawn"] == 1, withdrawn.text
    work(orders[20:33])
    page = open_again(browser, air)
    work(orders[33:RESULTS])
    expect(page.get_by_text(f"还有 {RESULTS} 条在手机上")).to_be_visible()

    air.up()
    browser.context.set_offline(False)
    page.get_by_role("link", name="上传").click()
    expect(page.get_by_role("heading", name="全部已上传")).to_be_visible()
    expect(page.get_by_role("heading", name="没有被接收（2）")).to_be_visible()
    conflicts = page.locator("li.card.wrong")
    expect(conflicts).to_have_count(2)
    expect(conflicts.filter(has_text="已转给别的经理")).to_have_count(1)
    expect(conflicts.filter(has_text="已撤回（如客户要求免打扰）")).to_have_count(1)
    with as_company(sessions) as session:
        taken = {str(one) for one in session.scalars(select(ContactFeedback.id))}
        aside = dict(session.execute(select(QuarantinedFeedback.feedback_id, QuarantinedFeedback.code)).all())
        assert session.scalar(select(func.count()).select_from(ContactFeedback)) == RESULTS - 2
    assert len(set(reports.values())) == RESULTS
    assert taken == {report for order, report in reports.items() if order not in {reassigned, refused}}
    assert aside == {reports[reassigned]: "feedback.after_reassignment", reports[refused]: "feedback.after_withdrawal"}
    # what is understood goes, and stays gone
    conflicts.first.get_by_role("button", name="知道了").click()
    expect(conflicts).to_have_count(1)
