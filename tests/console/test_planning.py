"""The planner's console in a real browser: from a rule to an approval, a dispatch and its result, and the pictures on the way."""

import re
from datetime import timedelta
from threading import Event

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.core import clock
from app.dispatch import service as dispatching
from app.dispatch.preview import requests as plan_requests
from app.dispatch.run import requests as run_requests
from app.figures.keeping import keep_figures
from app.jobs.steps import run_in_steps
from app.models.work_order import WorkOrder, WorkOrderState
from tests.console.conftest import dialog, looked_at
from tests.console.town import furnish_town, working
from tests.factories import staff
from tests.phones import batch, report, stamp
from tests.postgres import as_company

LATE_MS = 30_000  # the worker is in this process, too


@pytest.fixture
def town(sessions):
    """The company, and the worker for what is left to it: everything of more than a hundred customers."""
    with as_company(sessions) as session:
        furnish_town(session)
        session.commit()
    with working(sessions):
        yield sessions


@pytest.fixture
def large(monkeypatch):
    """What a hundred customers or more have to do with is the worker's."""
    for module in (plan_requests, run_requests):
        monkeypatch.setattr(module, "LARGE", 100)


def plan(code, **changes):
    today = clock.local_date(clock.now())
    return {
        "code": code,
        "name": f"活动 {code}",
        "product_code": "FTTH1",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=4)).isoformat(),
        "list_size": 150,
        "unit_code": "B1",
    } | changes


def open_page(page, *parts):
    page.goto(page.url.split("#")[0] + "#/" + "/".join(parts))


def counted(page):
    """How many may be contacted, as the live count says it."""
    count = page.get_by_label("实时人数")
    expect(count).to_have_attribute("aria-busy", "false")
    said = count.get_by_role("status").inner_text()
    return int(re.search(r"[\d,]+", said).group().replace(",", ""))


def fill(page, **fields):
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(str(value))


def step(page, verb, comment=""):
    """Press what a step is called, say what is asked, and wait until it is done."""
    page.get_by_role("button", name=verb, exact=True).click()
    if comment:
        dialog(page).get_by_role("textbox").fill(comment)
    dialog(page).get_by_role("button", name=verb, exact=True).click()
    expect(dialog(page)).to_have_count(0, timeout=LATE_MS)


def test_from_a_plan_to_its_approval_its_dispatch_and_its_result(console, town, large, as_person):
    pia = console("pia")
    open_page(pia, "campaigns")
    expect(pia.get_by_text("没有未结束的营销活动")).to_be_visible()
    pia.get_by_role("link", name="新建活动").click()

    pia.get_by_label("产品", exact=True).select_option("FTTH1")
    pia.get_by_label("分公司", exact=True).select_option("B1")
    expect(pia.get_by_label("实时人数").get_by_role("status")).to_contain_text("正好")
    everybody = counted(pia)
    pia.get_by_label("添加条件").select_option(label="客户群")
    expect(pia.get_by_role("row", name=re.compile("符合规则"))).to_be_visible()
    of_segment = counted(pia)
    assert 0 < of_segment < everybody
    pia.get_by_label("客户群", exact=True).select_option("firm")
    expect(pia.get_by_label("实时人数").get_by_role("status")).not_to_contain_text(f"正好 {of_segment} 人")
    assert of_segment < counted(pia) < everybody
    pia.get_by_label("添加条件").last.select_option(label="指标")
    pia.get_by_label("指标", exact=True).select_option("monthly_fee")
    pia.get_by_label("数值 不小于").fill("40")
    fill(pia, 编号="OCT", 名单人数=120, 开始日期=clock.local_date(clock.now()).isoformat())
    fill(pia, 结束日期=(clock.local_date(clock.now()) + timedelta(days=4)).isoformat())
    pia.get_by_role("button", name="保存").click()
    expect(pia.get_by_label("名称", exact=True)).to_have_attribute("aria-invalid", "true")
    fill(pia, 名称="十月千兆升级")
    looked_at(pia, "planning-plan")
    pia.get_by_role("button", name="保存").click()

    pia.get_by_role("button", name="现在预演").click()
    expect(pia.get_by_role("img", name="每位客户的去向")).to_be_visible(timeout=LATE_MS)
    looked_at(pia, "planning-preview")
    step(pia, "提交审批", "请审批")
    expect(pia.get_by_role("main").get_by_text("待审批", exact=True)).to_be_visible()

    bea = console("bea")
    open_page(bea, "campaigns", "OCT")
    step(bea, "退回", "名单太大，减到 60")
    expect(bea.get_by_role("main").get_by_text("草稿", exact=True)).to_be_visible()
    pia.reload()
    pia.get_by_role("link", name="修改方案").click()
    fill(pia, 名单人数=60, 这次改了什么="按意见减少")
    pia.get_by_role("button", name="保存").click()
    expect(pia.get_by_role("button", name="提交审批")).to_be_visible()
    step(pia, "提交审批")

    bea.reload()
    bea.get_by_role("link", name="修改对照").click()
    row = bea.get_by_role("row", name=re.compile("名单人数"))
    expect(row.get_by_role("cell").nth(0)).to_have_text("120")
    expect(row.get_by_role("cell").nth(1)).to_have_text("60")
    looked_at(bea, "planning-changes")
    step(bea, "批准")
    expect(bea.get_by_role("main").get_by_text("已审批", exact=True)).to_be_visible()

    pia.reload()
    pia.get_by_role("link", name="派单").click()
    pia.get_by_role("button", name="开始派单").click()
    dialog(pia).get_by_role("button", name="派单").click()
    expect(pia.get_by_text(re.compile("派单完成：新工单 60 张"))).to_be_visible(timeout=LATE_MS)
    expect(pia.get_by_role("img", name="客户去向图")).to_be_visible()
    pia.get_by_role("button", name="重算").click()
    expect(pia.get_by_role("columnheader", name="假如", exact=True)).to_be_visible()
    looked_at(pia, "planning-run")

    report_success(town, as_person)
    run_in_steps(town, "keep-figures", keep_figures)
    pia.get_by_role("link", name="结果").click()
    chart = pia.get_by_role("figure").filter(has_text="联系结果")
    expect(chart).to_be_visible()
    looked_at(pia, "planning-result")
    chart.get_by_role("button", name="看表格").click()
    expect(chart.get_by_role("row", name="已办理 1")).to_be_visible()


def report_success(sessions, as_person):
    """Ana tells of the first of her open work orders."""
    with as_company(sessions) as session:
        mine = select(WorkOrder.id, WorkOrder.dispatched_at).where(WorkOrder.staff_id == staff(session, "ana").id)
        mine = mine.where(WorkOrder.state == WorkOrderState.OPEN)
        order, since = session.execute(mine.order_by(WorkOrder.id)).first()
    now = clock.now()
    sent = batch(report(order, "bought", started_at=stamp(since), ended_at=stamp(now)), sent_at=now)
    answer = as_person("ana").post("/mobile/v1/feedback", json=sent)
    assert answer.status_code in (200, 207), answer.text
    assert answer.json()["items"][0]["status"] == "accepted", answer.text


def test_a_dispatch_under_way_is_stopped_and_leaves_nothing(console, town, large, as_person, monkeypatch):
    pia_api, bea_api = as_person("pia"), as_person("bea")
    assert pia_api.post("/dashboard/v1/campaigns", json=plan("NOV", list_size=60)).status_code == 201
    assert pia_api.post("/dashboard/v1/campaigns/NOV/submit").status_code == 200
    wait_for(bea_api, "NOV", "submitted")
    assert bea_api.post("/dashboard/v1/campaigns/NOV/approve").status_code == 200
    wait_for(bea_api, "NOV", "approved")
    goes_on, whole = Event(), dispatching.read_inputs

    def slowly(*args, **more):
        found = whole(*args, **more)
        assert goes_on.wait(4 * LATE_MS / 1000)  # until all below was looked at
        return found

    monkeypatch.setattr(dispatching, "read_inputs", slowly)
    pia = console("pia")
    open_page(pia, "campaigns", "NOV", "run")
    pia.get_by_role("button", name="开始派单").click()
    dialog(pia).get_by_role("button", name="派单").click()
    expect(pia.get_by_role("listitem").filter(has_text="读取客户")).to_have_attribute("aria-current", "step", timeout=LATE_MS)
    looked_at(pia, "planning-under-way")
    pia.get_by_role("button", name="停止派单").click()
    dialog(pia).get_by_role("button", name="停止派单").click()
    under_way = pia.get_by_role("region", name="派单进行中")
    expect(under_way.get_by_text("正在停止")).to_be_visible()
    goes_on.set()
    expect(under_way.get_by_text("已停止，没有留下任何工单")).to_be_visible(timeout=LATE_MS)
    with as_company(town) as session:
        assert session.scalars(select(WorkOrder.id)).all() == []
    assert pia_api.get("/dashboard/v1/campaigns/NOV").json()["campaign"]["status"] == "approved"


def wait_for(client, code, status):
    """Until the worker has brought a campaign there."""
    for _ in range(300):
        if client.get(f"/dashboard/v1/campaigns/{code}").json()["campaign"]["status"] == status:
            return
        Event().wait(0.1)
    raise AssertionError(f"{code} is not {status}")


@pytest.fixture
def plans(town, as_person):
    """Three campaigns that want some of the same customers: one approved, one submitted, one a draft; two are one programme."""
    pia, bea = as_person("pia"), as_person("bea")
    bodies = (
        plan("OCT", list_size=90),
        plan("NOV", list_size=60, programme="AUTUMN", starts_on=_day(3), ends_on=_day(12)),
        plan("TV", product_code="TV1", list_size=40, programme="AUTUMN", starts_on=_day(7), ends_on=_day(20)),
    )
    for body in bodies:
        assert pia.post("/dashboard/v1/campaigns", json=body).status_code == 201
    assert pia.post("/dashboard/v1/campaigns/OCT/submit").status_code == 200
    assert bea.post("/dashboard/v1/campaigns/OCT/approve").status_code == 200
    assert pia.post("/dashboard/v1/campaigns/NOV/submit").status_code == 200
    return pia


def _day(later):
    return (clock.local_date(clock.now()) + timedelta(days=later)).isoformat()


def test_campaigns_are_found_in_a_list_and_seen_in_a_calendar(console, plans):
    page = console("pia")
    open_page(page, "campaigns")
    expect(page.get_by_role("row")).to_have_count(4)
    looked_at(page, "planning-campaigns")
    page.get_by_label("查找活动").fill("tv1")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_label("查找活动").fill("")
    page.get_by_role("button", name="日历").click()
    expect(page.get_by_role("img", name="各活动的起止日期")).to_be_visible()
    looked_at(page, "planning-calendar")
    page.get_by_role("button", name="看表格").click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_capacity_and_conflicts_are_pictures_with_their_figures(console, plans):
    page = console("pia")
    open_page(page, "capacity?branch=B1&campaign=NOV")
    expect(page.get_by_role("img", name=re.compile("各网格每周的占用率"))).to_be_visible()
    looked_at(page, "planning-capacity")
    page.get_by_role("button", name="看表格").click()
    expect(page.get_by_role("row", name=re.compile("^G11")).first).to_be_visible()
    open_page(page, "conflicts")
    expect(page.get_by_role("img", name="重叠客户比例")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^NOV OCT"))).to_be_visible()
    looked_at(page, "planning-conflicts")


def test_a_programme_is_submitted_as_one(console, plans):
    page = console("pia")
    plans.post("/dashboard/v1/campaigns/NOV/revise", json={"comment": "Together with TV."})
    open_page(page, "programmes")
    step(page, "提交审批")
    expect(page.get_by_role("main").get_by_text("待审批", exact=True)).to_have_count(2, timeout=LATE_MS)
    looked_at(page, "planning-programmes")


def test_a_wrong_rule_is_said_where_it_stands(console, town):
    page = console("pia")
    open_page(page, "campaigns", "+new")
    page.get_by_label("产品", exact=True).select_option("FTTH1")
    page.get_by_label("添加条件").select_option(label="近期退订（天内）")
    page.get_by_role("spinbutton", name="近期退订（天内）").fill("0")
    expect(page.get_by_role("alert")).to_contain_text("应为 1 至 36500 的整数天数，现为 0")
