"""An analyst's day at the console, by mouse and keyboard, and the pages that others look things up on."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import expect

from app.centre.computing import compute_tags
from app.centre.definitions import TagOptions
from app.centre.service import define_tags
from app.centre.starters import STARTER_TAGS
from app.core import clock
from app.core.db import set_scope
from app.models.campaign import Product
from app.models.customer import Complaint, Holding, Order
from app.models.score import RankerWatch
from tests.console.conftest import dialog, looked_at, serious, toast
from tests.factories import FEE_REASON, customer, get, grid, make_campaign, make_scores, make_work_order, staff
from tests.figures import put_figures
from tests.rollups import add_sums
from tests.stages.scoring.market import keep, keep_candidate, small_judged
from tests.truth import make_feedback


def go(page, *parts):
    page.goto(page.url.split("#")[0] + "#/" + "/".join(parts))


@pytest.fixture
def rankers(company):
    """A champion whose inputs drift, and a challenger that tells buyers apart better on the same rows."""
    judged = small_judged(1)
    noise = np.random.default_rng(5).normal(0, 0.25, judged.height)
    worse = judged.with_columns(_score=(pl.col("_score") + pl.Series(noise)).clip(0.01, 0.99))
    champion = keep(company, judged=worse)
    keep_candidate(company)
    today = clock.local_date(clock.now())
    for back in range(28, 0, -1):
        psi = 0.02 + 0.4 * max(0, 10 - back) / 10
        drift = [{"feature": "usage", "psi": round(psi, 3)}, {"feature": "plan", "psi": 0.03}]
        labels = {"rows": 400, "rate": 0.3 - back / 300, "expected_rate": 0.3, "calibration_error": 0.01 + (28 - back) / 900}
        figures = {"rows": 600, "drift": drift, "scores": {"feature": "score", "psi": round(psi * 0.6, 3)}, "labels": labels}
        said = {"kind": "input_drift", "says": "PSI of usage is high.", "says_zh": "字段 usage 的 PSI 过高。"}
        company.add(
            RankerWatch(
                ranker_version_id=champion.id,
                as_of=today - timedelta(days=back),
                figures=figures,
                alarms=[said] if psi > 0.25 else [],
                consequence="none",
                watched_at=clock.now() - timedelta(days=back),
            )
        )
    company.commit()


@pytest.fixture
def sums(company):
    """Successes by month of this year in three grids."""
    call, visit = (
        make_campaign(company, name="宽带提速"),
        make_campaign(company, name="电视", product_code="TV1", channel="visit"),
    )
    year = clock.local_date(clock.now()).year
    for month in range(1, 10):
        for at, (code, who) in enumerate((("G11", "ana"), ("G12", "cy"), ("G21", "dee"))):
            for campaign in (call, visit):
                keys = {"grid_id": grid(company, code).id, "staff_id": staff(company, who).id, "campaign_id": campaign.id}
                won, matured = (3 if campaign is call else 1) * (3 + month) + 2 * at, 60 + 3 * month
                add_sums(company, day=f"{year}-{month:02d}-15", **keys, successes=won, matured=matured, left_out=1)
    company.commit()


def test_an_analyst_compares_and_promotes_a_ranker_and_looks_into_drift(console, rankers):
    page = console("lin")
    go(page, "rankers")
    expect(page.get_by_role("heading", name="FTTH1")).to_be_visible()
    looked_at(page, "rankers")
    page.get_by_role("link", name="第 2 版").click()
    auc = page.get_by_role("row", name="AUC")
    expect(auc).to_contain_text("明显更好")
    page.get_by_role("button", name="“AUC”是什么").first.click()
    expect(page.get_by_text("0.5 random .. 1")).to_be_visible()
    page.keyboard.press("Escape")
    looked_at(page, "ranker")
    page.get_by_role("button", name="设为冠军").focus()
    page.keyboard.press("Enter")
    dialog(page).get_by_role("button", name="确定").click()
    expect(toast(page, "现在是冠军")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("由 lin 设为冠军")).to_be_visible()
    expect(page.get_by_role("button", name="退回上一个冠军")).to_be_visible()
    go(page, "rankers", "FTTH1", "1")
    page.get_by_role("link", name="训练以来的变化").click()
    expect(page.get_by_text("字段 usage 的 PSI 过高。").first).to_be_visible()
    expect(page.locator(".drawn canvas")).to_have_count(2)
    page.get_by_role("button", name="看表格").click()
    expect(page.get_by_role("cell", name="0.380")).to_be_visible()
    page.get_by_role("button", name="看图").click()
    looked_at(page, "drift")


def test_a_promotion_that_a_gate_refuses_says_why_and_changes_nothing(console, company):
    keep(company)
    keep_candidate(company).positive_count = 3
    company.commit()
    page = console("lin")
    go(page, "rankers", "FTTH1", "2")
    page.get_by_role("button", name="设为冠军").click()
    dialog(page).get_by_role("button", name="确定").click()
    expect(dialog(page).get_by_role("alert")).to_contain_text("有一道关卡没有通过，冠军不变：样本")
    dialog(page).get_by_role("button", name="取消").click()
    expect(page.locator(".tag", has_text="候选")).to_be_visible()


def test_a_cube_is_pivoted_saved_and_shared_and_another_sees_their_own_grid_by_it(console, sums, tmp_path):
    page = console("lin")
    go(page, "cube")
    expect(page.get_by_role("rowheader", name="Branch B1")).to_be_visible()
    page.get_by_label("按（第 1 层）").select_option("grid")
    page.get_by_label("横向").select_option("month")
    page.get_by_role("checkbox", name="到期工单").uncheck()
    expect(page.get_by_role("rowheader", name="Grid G21")).to_be_visible()
    looked_at(page, "cube")
    page.get_by_role("button", name="图", exact=True).click()
    expect(page.locator(".drawn canvas")).to_be_visible()
    page.get_by_label("横向").select_option("")
    page.get_by_label("按（第 1 层）").select_option("month")
    page.get_by_label("横向").select_option("product")
    expect(page.locator(".drawn canvas")).to_be_visible()
    looked_at(page, "cube-picture")
    page.get_by_label("横向").select_option("")
    page.get_by_label("按（第 1 层）").select_option("grid")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "cube.csv")
    assert "G21,Grid G21" in (tmp_path / "cube.csv").read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="保存视图").click()
    dialog(page).get_by_label("名称").fill("各网格成功")
    dialog(page).get_by_label("分享给角色").select_option("grid_manager")
    dialog(page).get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", name="各网格成功")).to_be_visible()
    other = console("chen")
    go(other, "cube")
    other.get_by_role("link", name="各网格成功").click()
    expect(other.get_by_role("rowheader", name="Grid G11")).to_be_visible()
    expect(other.get_by_role("rowheader", name="Grid G21")).to_have_count(0)


def test_a_tag_is_tried_defined_changed_and_retired(console, company):
    page = console("pia")
    go(page, "tags")
    expect(page.get_by_text("还没有标签")).to_be_visible()
    page.get_by_role("button", name="新建标签").first.click()
    form = dialog(page)
    form.get_by_label("编码").fill("home")
    form.get_by_label("中文名").fill("家庭客户")
    form.get_by_label("英文名").fill("Home")
    form.get_by_label("条件 1").select_option("segment")
    form.get_by_label("值 1").fill("home")
    form.get_by_role("button", name="估算客户数").click()
    expect(form.get_by_text("15 位客户中有 15 位符合")).to_be_visible()
    looked_at_dialog(page, "tag")
    form.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("row", name="家庭客户")).to_contain_text("今晚计算")
    set_scope(company, scope="all")
    define_tags(
        company,
        definitions=[TagOptions(**tag, owner="pia") for tag in STARTER_TAGS if "feature" not in str(tag["rule"])],
        now=clock.now(),
    )
    compute_tags(company, now=clock.now())
    company.commit()
    page.reload()
    expect(page.get_by_role("row", name="家庭客户")).to_contain_text("15")
    looked_at(page, "tags")
    page.get_by_role("button", name="修改 家庭客户").click()
    form.get_by_label("是否 1").select_option(label="不是")
    form.get_by_role("button", name="保存为新版本").click()
    page.get_by_role("button", name="查看 家庭客户").click()
    expect(dialog(page).get_by_text("第 2 版", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="停用 家庭客户").click()
    dialog(page).get_by_role("button", name="停用").click()
    expect(page.get_by_role("row", name="家庭客户")).to_have_count(0)


def looked_at_dialog(page, name):
    """A dialog is over the page: nothing serious in it as it stands."""
    assert serious(page) == [], name


TALK = {"zh": "流量翻倍，价格不变。", "en": "Twice the data for the same price."}
WHY = [
    FEE_REASON | {"talk_track": TALK},
    {"feature": "data_gb", "value": 42, "contribution": 0.2, "zh": "月流量：42GB（有利）", "en": "Data: 42 GB (speaks for it)"},
    {"feature": "age", "value": 71, "contribution": -0.1, "zh": "年龄：71岁（不利）", "en": "Age: 71 (speaks against it)"},
]


@pytest.fixture
def known_customer(company):
    """C01 with figures, ranks, a work order, and a past."""
    make_scores(company, ["C02", "C01"], reasons=WHY)
    make_scores(company, ["C01", "C02"], product_code="TV1", reasons=WHY[1:])
    one, now = customer(company, "C01"), clock.now()
    put_figures(
        company,
        clock.local_date(now) - timedelta(days=9),
        pl.DataFrame({"customer_id": [one.id], "data_gb": [42.0], "age": [71]}),
    )
    ftth, tv = (get(company, Product, product_code=code).id for code in ("FTTH1", "TV1"))
    company.add(Holding(customer_id=one.id, product_id=ftth, from_date=date(2024, 3, 1)))
    for number, days, product_id in (("B1", 200, tv), ("B2", 90, ftth)):
        company.add(
            Order(order_no=number, customer_id=one.id, product_id=product_id, ordered_at=now - timedelta(days=days), amount=99)
        )
    company.add(Complaint(complaint_no="Q1", customer_id=one.id, opened_at=now - timedelta(days=60), topic="billing"))
    make_feedback(company, make_work_order(company, campaign=make_campaign(company, code="OCT", name="宽带提速")))
    company.commit()


def test_a_customer_is_found_and_shown_whole_with_what_the_role_may_see(console, known_customer):
    page = console("chen")
    go(page, "customers")
    page.get_by_label("客户编号").fill("C01")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="客户 C01")).to_be_visible()
    expect(page.get_by_text("139****0001")).to_be_visible()
    expect(page.get_by_text("月费：99元（有利）")).to_be_visible()
    expect(page.get_by_text("流量翻倍，价格不变。")).to_be_visible()
    expect(page.get_by_text("投诉 billing")).to_be_visible()
    looked_at(page, "customer")
    planner = console("pia")
    go(planner, "customers", "C01")
    expect(planner.get_by_text("月费：99元（有利）")).to_be_visible()
    assert "139****" not in planner.content()
    assert "Customer 1<" not in planner.content()
    go(page, "customers", "C11")
    expect(page.get_by_role("alert").first).to_be_visible()


def test_the_metric_library_is_searched_and_walked_from_a_metric_to_what_it_comes_from(console):
    page = console("chen")
    go(page, "metrics")
    page.get_by_label("查找指标").fill("success_index")
    page.get_by_role("link", name="预期成功").click()
    expect(page.get_by_label("查找指标")).to_have_value("expected")
    expect(page.get_by_role("row").filter(has_text="sum of the calibrated scores")).to_be_visible()
    page.get_by_label("查找指标").fill("zzz")
    expect(page.get_by_text("没有这样的指标")).to_be_visible()
