"""What else is asked for from the phone: a line of points, a number to dial; and what ends it all."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.core import clock
from app.models.device import Device
from app.models.dispute import PointsDispute
from tests.phone import shelf
from tests.phone.test_screens import check
from tests.phone.test_syncing import sync
from tests.postgres import as_company


def dispute(page, reason):
    page.get_by_role("link", name="积分").click()
    page.get_by_role("link", name="有异议").first.click()
    page.get_by_label("您认为应该是").fill("12")
    page.get_by_label("理由").fill(reason)
    page.get_by_label("凭据").fill("订单 SALE77")
    page.get_by_role("button", name="提交申诉").click()


def test_a_line_of_points_is_disputed_and_what_became_of_it_is_shown(page, sessions, as_person):
    dispute(page, "王建国的订单没有算进去")
    page.get_by_text("已上传。").wait_for()
    with as_company(sessions) as session:
        made = session.scalars(select(PointsDispute)).one()
        assert (made.component, made.expected, made.reason) == ("success", "12", "王建国的订单没有算进去")
        assert made.evidence == "订单 SALE77"
    page.get_by_role("link", name="回到今日").click()
    page.get_by_role("link", name="积分").click()
    expect(page.get_by_text("等待答复")).to_be_visible()
    said = {"decision": "accepted", "points": "2", "reason": "这一单查到了"}
    answer = as_person("chen").post(f"/dashboard/v1/disputes/{made.id}/decision", json=said)
    assert answer.status_code == 200, answer.text
    page.goto(re.sub("#.*", "#/sync", page.url))
    sync(page)
    page.goto(re.sub("#.*", "#/points", page.url))
    card = page.locator("section.card").filter(has_text="申诉成立")
    for seen in ("您认为应为 12", "网格经理 Chen", "这一单查到了", f"已补记 +2 分，计入 {made.month}"):
        expect(card).to_contain_text(seen)
    check(page, "dispute-decided", picture=False)
    card.get_by_role("link", name="看这一行").click()
    expect(page.get_by_text(re.compile("这一单查到了"))).to_be_visible()


def test_why_something_was_not_taken_is_said_in_the_language_of_the_phone(page):
    dispute(page, "王建国的订单没有算进去")
    page.get_by_text("已上传。").wait_for()
    page.get_by_role("link", name="回到今日").click()
    dispute(page, "还是没有算进去")
    page.get_by_text("服务器没有接收").wait_for()
    page.get_by_role("link", name="回到今日").click()
    page.get_by_role("link", name="上传").click()
    expect(page.get_by_text("这一行已经申诉，还没有决定")).to_be_visible()
    page.get_by_role("link", name="设置").click()
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Sync").click()
    expect(page.get_by_text("This line is disputed already, and nobody decided yet.")).to_be_visible()


def test_the_number_is_handed_out_for_a_call_and_kept_nowhere(page):
    called = []
    page.route("tel:*", lambda route: called.append(route.request.url))
    page.get_by_role("link", name="张伟", exact=True).click()
    expect(page.get_by_text("138****0102")).to_be_visible()
    with page.expect_response("**/call") as answered:
        page.get_by_role("button", name="拨打").click()
    assert answered.value.json()["dial"] == "13800130102"
    assert "13800130102" not in page.content()


def test_without_a_net_the_phone_says_why_it_cannot_call(page, air):
    air.down()
    page.get_by_role("link", name="张伟", exact=True).click()
    page.get_by_role("button", name="拨打").click()
    expect(page.get_by_role("alert")).to_contain_text("没有网络，查不到号码")


@pytest.fixture
def device(page, sessions):
    """Ana's phone as the server knows it, once it has said how it stands."""
    sync(page)
    with as_company(sessions) as session:
        return session.scalars(select(Device)).one().id


def test_the_server_knows_how_the_phone_stands(page, device, air, sessions):
    with as_company(sessions) as session:
        found = session.get_one(Device, device)
        assert (found.app_version, found.queue_length) == ("1.0.0", 0)
        assert "Linux" in found.name


def test_a_revoked_phone_forgets_everything_when_it_asks_next(page, device, air, as_person):
    air.down()
    page.get_by_role("link", name="今日").click()
    page.get_by_role("link", name="记录结果 张伟").click()
    page.get_by_role("button", name="有意向").click()
    page.get_by_text("还有 1 条在手机上").wait_for()
    answer = as_person("chen").post(f"/dashboard/v1/devices/{device}/revoke", json={"reason": "lost"})
    assert answer.status_code == 200, answer.text
    air.up()
    page.reload()  # it asks at its start; a button to press may be gone already
    expect(page.get_by_text("这台手机已被停用，数据已清除。")).to_be_visible()
    left = shelf.dump(page)
    assert [name for name, rows in left.items() if rows and name != "meta"] == []


def test_a_phone_that_slept_through_its_tokens_forgets_too(page, device, air, as_person, sessions):
    """Its access token is long over: it is told when it asks for another one."""
    as_person("chen").post(f"/dashboard/v1/devices/{device}/revoke", json={"reason": "lost"})
    page.clock.install(time=clock.now() + timedelta(hours=2))
    page.reload()
    expect(page.get_by_text("这台手机已被停用，数据已清除。")).to_be_visible()
