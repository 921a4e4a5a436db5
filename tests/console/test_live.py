"""The grid manager at the desk: sees who is stuck, helps from the page, and sees what phones report without asking again."""

import uuid
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from app.core import clock
from app.core.clock import Month
from app.dispatch.escalation.service import escalate
from app.models.device import Device
from app.models.evidence import ReviewCase
from app.models.work_order import WorkOrder
from tests import factories as make
from tests.console.conftest import dialog, log_in, looked_at, toast
from tests.phone.street import furnish
from tests.postgres import as_company
from tests.truth import make_feedback

DAY = timedelta(days=1)


@pytest.fixture
def grid_at_ten(sessions):
    """Ana has not begun: eight orders, three of them late for days. Bo is at work: four orders, one interested already."""
    with as_company(sessions) as session:
        now, today = clock.now(), clock.local_date(clock.now())
        late = furnish(session, count=8)
        bos = furnish(session, count=4, manager="bo", first=201)
        for order in session.scalars(text("SELECT id FROM work_orders WHERE id = ANY (:ids)").bindparams(ids=late[:3])):
            found = session.get(WorkOrder, order)
            found.scheduled_on, found.rolls, found.dispatched_at = today - 4 * DAY, 4, now - 9 * DAY
            found.due_on = today + 3 * DAY
        report = session.get(WorkOrder, bos[0])
        place = {"latitude": 39.205, "longitude": 117.205}
        feedback = make_feedback(session, report, outcome="interested", contacted_at=now - timedelta(minutes=20), **place)
        make_feedback(session, session.get(WorkOrder, bos[1]), contacted_at=now - timedelta(minutes=9), latitude=39.21,
                      longitude=117.21)  # fmt: skip
        staff = {name: make.staff(session, name).id for name in ("ana", "bo")}
        for name, hours, queued in (("ana", 5, 4), ("bo", 0, 0)):
            seen = {"last_sync_at": now - timedelta(hours=hours), "queue_length": queued}
            session.add(
                Device(staff_id=staff[name], device_id=name, name=name, app_version="1", registered_at=now - 9 * DAY, **seen)
            )
        session.add(
            ReviewCase(
                kind="feedback",
                staff_id=staff["bo"],
                grid_id=report.grid_id,
                month=Month.of(now),
                feedback_id=feedback.id,
                reasons=[
                    {
                        "rule": "speed",
                        "version": 1,
                        "zh": "两次上报之间走得太快",
                        "en": "too fast between two reports",
                        "facts": {},
                    }
                ],
                opened_at=now,
            )
        )
        escalate(session, now=now)
        session.commit()
    return bos


def report(client, order_id, outcome):
    now = clock.now().isoformat()
    item = {"id": str(uuid.uuid4()), "work_order_id": order_id, "channel": "call", "outcome": outcome, "started_at": now}
    answer = client.post("/mobile/v1/feedback", json={"sent_at": now, "items": [item]})
    assert answer.json()["items"][0]["status"] == "accepted", answer.text


def row(page, table, name):
    return page.get_by_role("region", name=table).get_by_role("row").filter(has_text=name)


def test_a_stuck_manager_is_helped_and_what_a_phone_reports_meanwhile_appears_by_itself(desk, as_person, grid_at_ten):
    page, asked = desk(), Counter()
    page.on("request", lambda sent: asked.update([urlsplit(sent.url).path]))
    page.clock.install()
    page.clock.pause_at(clock.now() + timedelta(seconds=10))  # a stream that is late to begin is waited for
    log_in(page, "chen")
    expect(page.get_by_role("heading", name="今日网格")).to_be_visible()
    expect(page.get_by_text("实时", exact=True)).to_be_visible()
    page.clock.resume()
    ana = row(page, "末端营销经理", "Ana")
    expect(ana).to_contain_text("小时前")
    stuck = page.get_by_role("region", name="停滞的工单")
    expect(stuck.get_by_role("row")).to_have_count(4)
    looked_at(page, "live")
    parts = {path: times for path, times in asked.items() if path.startswith("/dashboard/v1/")}
    assert len(parts) > 8
    assert parts == dict.fromkeys(parts, 1)

    for place in (1, 2):
        stuck.get_by_role("row").nth(place).get_by_role("checkbox").check()
    page.get_by_role("button", name="处理").click()
    form = dialog(page)
    form.get_by_label("给谁").select_option("BO")
    form.get_by_role("button", name="先试算").click()
    expect(form.get_by_text("可以处理 2 张")).to_be_visible()
    form.get_by_role("button", name="确定").click()
    expect(toast(page, "已处理 2 张")).to_be_visible()
    expect(stuck.get_by_role("row")).to_have_count(2)
    page.locator(".toasts").get_by_role("button", name="撤销").click()
    expect(stuck.get_by_role("row")).to_have_count(4)

    bo = row(page, "末端营销经理", "Bo").get_by_role("cell")
    expect(bo.nth(3)).to_have_text("2")
    report(as_person("bo"), grid_at_ten[2], "bought")  # from the field, while the page lies open
    expect(bo.nth(3)).to_have_text("3")
    expect(bo.nth(4)).to_have_text("1")


def test_a_word_to_a_manager_is_on_the_phone_and_the_page_says_when_it_was_seen(console, as_person, grid_at_ten):
    page = console("chen")
    row(page, "末端营销经理", "Ana").get_by_role("checkbox").check()
    page.get_by_role("button", name="发消息").click()
    dialog(page).get_by_label("内容").fill("先做到期的三张")
    dialog(page).get_by_role("button", name="发消息").click()
    expect(toast(page, "已发给 1 人")).to_be_visible()
    said = page.get_by_role("listitem").filter(has_text="先做到期的三张")
    expect(said).to_contain_text("未看")
    ana = as_person("ana")
    (message,) = ana.get("/mobile/v1/day").json()["messages"]
    assert ana.post(f"/mobile/v1/messages/{message['id']}/seen").status_code == 204
    expect(said).to_contain_text("已看")


def test_a_doubtful_feedback_is_judged_from_the_page(console, as_person, grid_at_ten):
    page = console("chen")
    card = page.locator("section").filter(has=page.get_by_role("heading", name="存疑的反馈"))
    expect(card).to_contain_text("两次上报之间走得太快")
    href = card.get_by_role("link", name="查看并判断").get_attribute("href")
    case_id = href.removeprefix("#/cases/")
    decision = {"decision": "dismissed", "reason": "the map was wrong"}
    answer = as_person("chen").post(f"/dashboard/v1/reviews/{case_id}/decision", json=decision)
    assert answer.status_code in {200, 204}, answer.text
    expect(card).to_contain_text("没有存疑的反馈")


def test_the_work_of_one_manager_is_moved_by_keyboard(console, grid_at_ten):
    page = console("chen")
    row(page, "末端营销经理", "Ana").get_by_role("link", name="Ana").press("Enter")
    expect(page.get_by_role("heading", name="末端营销经理 ANA")).to_be_visible()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(9)
    looked_at(page, "manager")
    rows.nth(1).get_by_role("checkbox").press("Space")
    page.get_by_role("button", name="处理").press("Enter")
    dialog(page).get_by_label("做什么").select_option("pool")
    dialog(page).get_by_role("button", name="确定").press("Enter")
    expect(rows).to_have_count(8)


def test_the_map_shows_customers_and_where_reports_were_made(console, grid_at_ten):
    page = console("chen")
    page.get_by_role("link", name="地图").first.click()
    expect(page.get_by_role("region", name="今天的上报").get_by_role("row")).to_have_count(3)
    map_ = page.get_by_role("img", name="客户、今天的上报和路线")
    expect(map_.locator("canvas")).to_be_visible()
    looked_at(page, "map")
