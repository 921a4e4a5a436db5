"""The phone's set is the server's: what went, what came, what was lost on the way; and what is not reported is done too."""

import json
import re

from playwright.sync_api import expect
from sqlalchemy import select

from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrderReturn
from tests.phone import shelf
from tests.phone.chromium import PATIENCE_MS
from tests.phone.conftest import without_background_sync
from tests.postgres import as_company


def sync(page):
    page.get_by_role("link", name="上传").click()
    page.get_by_role("button", name="立即同步").click()
    page.get_by_role("button", name="立即同步").wait_for()


def test_what_went_to_another_leaves_the_phone_with_its_reason(page, street, as_person):
    action = {"verb": "reassign", "reason": "ill", "to_staff_nos": ["BO"]}
    as_person("chen").post("/dashboard/v1/work-orders/bulk", json={"action": action, "ids": [street[1]]})
    sync(page)
    expect(page.locator("li.card", has_text="张伟")).to_contain_text("已转给别的经理")
    page.get_by_role("link", name="今日").click()
    expect(page.get_by_text("11 位客户")).to_be_visible()
    expect(page.get_by_role("link", name="张伟", exact=True)).to_have_count(0)


def test_a_phone_that_lost_a_work_order_gets_it_again(page, street):
    shelf.delete(page, "orders", street[3])
    page.reload()
    expect(page.get_by_text("12 位客户")).to_be_visible()
    assert len(shelf.dump(page)["orders"]) == 12


def test_an_expired_cursor_means_everything_anew(page, street):
    asked = []

    def expired(route):
        asked.append(route.request.url)
        problem = {"type": "about:blank", "title": "Gone", "status": 410, "code": "cursor.too_old", "detail": "Too old."}
        route.fulfill(status=410, body=json.dumps(problem), content_type="application/problem+json")

    page.route(re.compile(r"/mobile/v1/work-orders\?cursor="), expired, times=1)
    shelf.delete(page, "orders", street[3])
    page.reload()
    expect(page.get_by_text("12 位客户")).to_be_visible()
    assert len(asked) == 1
    assert len(shelf.dump(page)["orders"]) == 12


def test_a_correction_replaces_what_was_said_before(page, sessions):
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="未联系上").click()
    page.get_by_role("link", name="更正刚才的结果").click()
    page.get_by_role("button", name="有意向").click()
    page.get_by_text("已上传。").wait_for()
    with as_company(sessions) as session:
        first, second = session.scalars(
            select(ContactFeedback).order_by(ContactFeedback.received_at, ContactFeedback.device_sequence)
        )
        assert (first.outcome, second.outcome, second.corrects_id) == ("not_reached", "interested", first.id)


def test_a_work_order_is_given_back_without_a_net(page, street, air, sessions):
    air.down()
    page.get_by_role("link", name="张伟", exact=True).click()
    page.get_by_text("其他操作").click()
    page.get_by_role("link", name="退回工单").click()
    page.get_by_role("button", name="客户已搬离").click()
    expect(page.get_by_role("button", name="退回")).to_be_disabled()
    page.get_by_label("说明").fill("邻居说上个月搬走了")
    page.get_by_role("button", name="退回").click()
    page.get_by_role("link", name="回到今日").click()
    expect(page.get_by_text("11 位客户")).to_be_visible()
    air.up()
    sync(page)
    expect(page.get_by_role("heading", name="全部已上传")).to_be_visible()
    with as_company(sessions) as session:
        made = session.scalars(select(WorkOrderReturn)).one()
        assert (made.work_order_id, made.reason, made.note) == (street[1], "moved", "邻居说上个月搬走了")


def test_more_work_is_taken_from_the_pool_as_far_as_there_is_time_for_it(page, street, as_person):
    action = {"verb": "pool", "reason": "too many"}
    as_person("chen").post("/dashboard/v1/work-orders/bulk", json={"action": action, "ids": street[:4]})
    page.get_by_role("button", name="再领 5 张工单").click()
    expect(page.get_by_text("领到 2 张新工单")).to_be_visible()
    expect(page.get_by_text("10 位客户")).to_be_visible()
    page.get_by_role("button", name="再领 5 张工单").click()
    expect(page.get_by_text("今天的量已满")).to_be_visible()


def test_the_worker_sends_what_waits_when_the_net_is_back_and_no_window_is_open(page, air, sessions):
    air.down()
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="有意向").click()
    page.get_by_text("还有 1 条在手机上").wait_for()
    tools = page.context.new_cdp_session(page)
    found = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    page.goto("about:blank")
    air.up()
    while not found:
        page.wait_for_timeout(20)
    tools.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": air.address, "registrationId": found[0]["registrationId"], "tag": "queue", "lastChance": False},
    )
    for _ in range(PATIENCE_MS // 100):
        page.wait_for_timeout(100)
        with as_company(sessions) as session:
            if session.scalar(select(ContactFeedback.outcome)) == "interested":
                return
    raise AssertionError("it was not sent")


def test_what_is_asked_for_while_a_round_is_under_way_is_done_after_it(page):
    without_background_sync(page)
    held = []
    page.route(
        re.compile(r"/mobile/v1/points$"), lambda route: held.append(route), times=1
    )  # asked when what waits was sent already
    page.get_by_role("link", name="上传").click()
    page.get_by_role("button", name="立即同步").click()
    while not held:
        page.wait_for_timeout(20)
    page.get_by_role("link", name="今日").click()
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="有意向").click()
    page.get_by_text("还有 1 条在手机上").wait_for()
    held[0].continue_()
    expect(page.get_by_text("已上传。")).to_be_visible()
