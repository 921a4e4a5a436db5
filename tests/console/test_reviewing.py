"""Doubtful reports, judged in the console: the queue, one case with all evidence on one page, and a verdict by two persons."""

import pytest
from playwright.sync_api import expect

from app.core.db import set_scope
from app.models.evidence import EvidenceFinding, ReviewCase
from app.models.feedback import Verification
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from tests.console.conftest import looked_at
from tests.factories import NOW, customer, grid, make_work_order, staff
from tests.truth import OCTOBER, make_call, make_feedback, make_sale

SPEED = Reason("speed", 1, "移动过快", "faster than a car", {"kmh": 400})


def commit(company):
    company.commit()
    set_scope(company, scope="all")


@pytest.fixture
def case(company):
    """A case about a report of Ana's, 400 metres or so off, with a call, an order, a finding and a note that is no script."""
    order = make_work_order(company)
    here = customer(company, "C01")
    place = {"latitude": here.latitude + 0.0036, "longitude": here.longitude, "accuracy_metres": 12, "elapsed_ms": 4_000}
    made = make_feedback(company, order, outcome="interested", note="<script>alert(1)</script>", **place)
    make_call(company, order, seconds=3)
    make_sale(company, order)
    found = {"rule": "speed", "rule_version": 1, "strength": 0.9, "facts": {"kmh": 400}, "found_at": NOW, "month": OCTOBER}
    company.add(EvidenceFinding(feedback_id=made.id, staff_id=made.staff_id, grid_id=made.grid_id, **found))
    about = Case(staff(company, "ana").id, grid(company, "G11").id, (SPEED,), made.id)
    open_cases(company, month=OCTOBER, cases=[about], now=NOW)
    commit(company)
    return company.query(ReviewCase).one().id


def go(page, place):
    page.goto(page.url.split("#")[0] + f"#/{place}")


def test_a_doubtful_feedback_is_judged_by_two_persons(console, company, case):
    chen = console("chen")
    go(chen, "cases")
    expect(chen.get_by_role("row").nth(1)).to_contain_text("移动过快")
    looked_at(chen, "cases")
    chen.get_by_role("link", name=str(case), exact=True).click()
    for seen in ("移动过快", "kmh 400", "<script>alert(1)</script>", "3 秒", "4 秒"):
        expect(chen.get_by_text(seen).first).to_be_visible()
    expect(chen.get_by_text("400 米")).to_be_visible()
    looked_at(chen, "case")
    chen.get_by_label("理由").fill("不行")
    chen.get_by_role("button", name="不属实").click()
    expect(chen.get_by_role("alert")).to_contain_text("请说明原因，至少 5 个字符")
    chen.get_by_label("理由").fill("没有人开得这么快")
    chen.get_by_role("button", name="不属实").click()
    expect(chen.get_by_role("main").get_by_text("须由另一人同意或退回")).to_be_visible()
    assert company.query(Verification).count() == 0
    bea = console("bea")
    go(bea, "cases?standing=to_second")
    bea.get_by_role("link", name=str(case), exact=True).click()
    expect(bea.get_by_text("没有人开得这么快").first).to_be_visible()
    bea.get_by_label("理由").fill("我看过地图")
    bea.keyboard.press("Tab")
    bea.keyboard.press("Enter")
    expect(bea.get_by_role("main").get_by_text("不属实，两人认定")).to_be_visible()
    expect(bea.get_by_role("row", name="第二人同意")).to_contain_text("我看过地图")
    commit(company)
    assert company.query(Verification).one().verdict == "contradicted"
    go(bea, "cases?standing=done")
    expect(bea.get_by_role("row")).to_have_count(2)


def test_a_case_that_was_sent_back_is_open_again_and_dismissed(console, case):
    chen, bea = console("chen"), console("bea")
    go(chen, f"cases/{case}")
    chen.get_by_label("理由").fill("没有人开得这么快")
    chen.get_by_role("button", name="不属实").click()
    expect(chen.get_by_role("main").get_by_text("须由另一人同意或退回")).to_be_visible()
    go(bea, f"cases/{case}")
    bea.get_by_label("理由").fill("先问问客户")
    bea.get_by_role("button", name="退回").click()
    expect(bea.get_by_role("button", name="没有问题")).to_be_visible()
    bea.get_by_label("理由").fill("客户记得她")
    bea.get_by_role("button", name="没有问题").click()
    expect(bea.get_by_role("row", name="认定无问题")).to_be_visible()


def test_a_case_of_another_grid_is_not_there(console, case):
    fu = console("fu")
    go(fu, "cases")
    expect(fu.get_by_text("没有待判断的案件")).to_be_visible()
    go(fu, f"cases/{case}")
    expect(fu.get_by_role("alert")).to_be_visible()
    expect(fu.get_by_role("button", name="不属实")).to_have_count(0)


def test_who_manages_nobody_has_no_such_page(console):
    pia = console("pia")
    expect(pia.get_by_role("link", name="核查案件")).to_have_count(0)
