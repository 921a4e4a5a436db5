"""A customer who does not want to be disturbed: one tap, also without a net; a mistake is taken back by asking."""

from playwright.sync_api import expect
from sqlalchemy import select

from app.models.customer import ContactPreference
from app.models.do_not_disturb import DoNotDisturb, DoNotDisturbUndo
from app.models.work_order import WorkOrder
from tests.factories import customer
from tests.phone.test_screens import check
from tests.phone.test_syncing import sync
from tests.postgres import as_company


def test_one_tap_stops_all_contact_and_the_work_order_is_gone_at_once(page, street, air, sessions):
    air.down()
    page.get_by_role("link", name="张伟", exact=True).click()
    page.get_by_text("其他操作").click()
    page.get_by_role("link", name="免打扰").click()
    page.get_by_role("button", name="什么都不要联系").click()
    page.get_by_role("link", name="回到今日").click()
    expect(page.get_by_text("11 位客户")).to_be_visible()
    air.up()
    sync(page)
    expect(page.get_by_role("heading", name="全部已上传")).to_be_visible()
    with as_company(sessions) as session:
        assert session.get_one(WorkOrder, street[1]).state == "withdrawn"
        wish = session.scalars(select(ContactPreference)).one()
        assert (wish.customer_id, wish.scope, wish.status) == (customer(session, "C102").id, "all", "refused")
    # a mistake is taken back by asking
    page.get_by_text("申请撤销").first.click()
    page.get_by_label("为什么撤销").fill("点错了客户")
    page.get_by_role("button", name="申请撤销").click()
    expect(page.get_by_text("已申请撤销，等网格经理决定")).to_be_visible()
    sync(page)
    with as_company(sessions) as session:
        asked = session.scalars(select(DoNotDisturbUndo)).one()
        assert (asked.reason, asked.decision) == ("点错了客户", None)
        assert asked.request_id == session.scalars(select(DoNotDisturb)).one().id


def test_a_customer_may_refuse_one_kind_of_product_and_the_phone_says_why_the_order_left(page, street, sessions):
    page.get_by_role("link", name="张伟", exact=True).click()
    page.get_by_text("其他操作").click()
    page.get_by_role("link", name="免打扰").click()
    check(page, "refuse")
    page.get_by_role("button", name="不要推荐这类产品（千兆宽带）").click()
    page.get_by_text("已上传。").wait_for()
    page.get_by_role("link", name="回到今日").click()
    sync(page)
    expect(page.locator("li.card", has_text="张伟").last).to_contain_text("客户要求免打扰")
    with as_company(sessions) as session:
        assert (session.get_one(WorkOrder, street[1]).close_reason) == "do_not_disturb"
        wish = session.scalars(select(ContactPreference)).one()
        assert (wish.scope, wish.status) == ("broadband", "refused")
