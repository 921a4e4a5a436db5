"""A campaign evaluated: from the closed campaign to its page and its file, in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from app.core import clock
from tests.console.conftest import looked_at, serious, toast
from tests.factories import NOW
from tests.postgres import as_company
from tests.stages.evaluation.large import make_large_campaign
from tests.stages.evaluation.town import make_closed_campaign

PATH = "/dashboard/v1/campaigns"


@pytest.fixture(autouse=True)
def once_all_is_mature():
    with clock.shifted_to(NOW + timedelta(days=60)):
        yield


@pytest.fixture
def closed(sessions):
    """OCTOBER of the programme AUTUMN: 15,000 customers, closed and mature; TRIED, too small to say anything of."""
    with as_company(sessions) as session:
        make_large_campaign(session, "OCTOBER", customers=15_000, name="十月宽带提速", programme="AUTUMN")
        make_closed_campaign(session, "TRIED", name="小区试水", programme="AUTUMN")
        session.commit()


def open_list(console, login):
    page = console(login)
    page.get_by_role("link", name="后评估").click()
    return page


def test_nothing_evaluated_yet_says_what_makes_it_so(console):
    page = open_list(console, "pia")
    expect(page.get_by_text("还没有评估过的活动")).to_be_visible()


def test_a_closed_campaign_is_evaluated_and_read_and_sent(console, closed, as_person):
    lin = as_person("lin")
    for code in ("OCTOBER", "TRIED"):
        assert lin.post(f"{PATH}/{code}/evaluate").status_code == 200
    page = open_list(console, "pia")
    expect(page.get_by_role("row")).to_have_count(3)
    looked_at(page, "evaluations")
    page.get_by_role("link", name="十月宽带提速").click()
    expect(page.get_by_role("heading", name="十月宽带提速")).to_be_visible()
    expect(page.get_by_text("接触带来了增量")).to_be_visible()
    expect(page.get_by_role("img", name="漏斗")).to_be_visible()
    page.get_by_role("button", name="看表格").first.click()
    page.get_by_role("button", name="看图").first.click()
    page.evaluate("scrollTo(0, 0)")
    looked_at(page, "evaluation")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="打开文件").click()
    file = opened.value
    expect(file.get_by_role("heading", name="十月宽带提速")).to_be_visible()
    file.wait_for_load_state("load")
    assert file.evaluate("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")
    assert file.evaluate("document.scripts.length") == 0
    assert serious(file) == []
    assert len(file.pdf(format="A4")) > 20_000
    page.get_by_role("button", name="重新评估").click()
    expect(toast(page, "已生成第 2 版")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("与第 1 版相比")).to_be_visible()


def test_where_little_was_sold_nothing_is_claimed(console, closed, as_person):
    assert as_person("lin").post(f"{PATH}/TRIED/evaluate").status_code == 200
    page = open_list(console, "bea")
    page.get_by_role("link", name="小区试水").click()
    expect(page.get_by_text("太少，增量无法判断")).to_be_visible()
    expect(page.get_by_role("button", name="重新评估")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("nothing can be said of what the contacts added")).to_be_visible()


def test_a_programme_is_summed_up(console, closed, as_person):
    lin = as_person("lin")
    for code in ("OCTOBER", "TRIED"):
        assert lin.post(f"{PATH}/{code}/evaluate").status_code == 200
    page = open_list(console, "pia")
    page.get_by_role("link", name="AUTUMN", exact=True).click()
    expect(page.get_by_text("其中 1/2 个活动可判断")).to_be_visible()
    looked_at(page, "evaluated_programme")
