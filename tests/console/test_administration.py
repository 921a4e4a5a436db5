"""The administrator's round: people, feeds with a rejected row, jobs and their failures, plans, settings, audit."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.access.job_requests import note_times, take_requests
from app.core import clock
from app.core.clock import Month
from app.core.db import set_scope
from app.models.device import Device
from app.models.evidence import EvidenceRuleState
from app.models.operations import ImportBatch, JobOutcome, JobRun, RejectedRow
from app.models.organisation import Staff
from app.points.plans.in_force import open_month
from tests.cast import LONG_AGO
from tests.console.conftest import dialog, looked_at
from tests.factories import grid, staff


def commit(company):
    company.commit()
    set_scope(company, scope="all")


def go(page, place):
    page.goto(page.url.split("#")[0] + f"#/{place}")


@pytest.fixture
def ada(console):
    return console("ada")


@pytest.fixture
def installation(company):
    """An import with a rejected row, a job that failed, Ana's phone, and somebody without an account."""
    now = clock.now()
    unit = grid(company, "G21").id
    company.add(Staff(staff_no="GIL", name="Gil", role="terminal_manager", unit_id=unit, active_from=LONG_AGO))
    counts = {"rows": 5, "inserted": 4, "rejected": 1}
    facts = {"header": ["order_no", "ordered_at"], "ignored_columns": [], "imported_at": now}
    batch = ImportBatch(feed="orders", file_name="orders.csv", sha256="1", counts=counts, **facts)
    company.add(batch)
    company.flush()
    reason = "expected an ISO 8601 time with offset such as 2026-10-01T09:30:00+08:00"
    facts = {"column_name": "ordered_at", "code": "not_a_time", "reason": reason, "cells": ["O3", "soon"]}
    company.add(RejectedRow(batch_id=batch.id, line=3, **facts))
    rows = [("purge", "hour 4, minute 30", now + timedelta(hours=3), True), ("rank-customers", "hour 3", now, False)]
    note_times(company, rows=rows, now=now)
    failed = {"outcome": JobOutcome.FAILED, "counts": {}, "error": "DiskFull: nothing is left on the device"}
    company.add(JobRun(job="rank-customers", started_at=now, finished_at=now, **failed))
    phone = {"device_id": "d1", "name": "Ana's phone", "app_version": "1.0.0", "registered_at": now, "last_sync_at": now}
    company.add(Device(staff_id=staff(company, "ana").id, queue_length=3, **phone))
    open_month(company, month=Month.of(now), now=now)
    commit(company)
    return batch.id


def test_an_account_is_opened_and_its_password_must_be_changed(ada, desk, installation):
    go(ada, "people")
    expect(ada.get_by_role("row")).to_have_count(12)
    looked_at(ada, "people")
    ada.get_by_label("工号、账号或姓名").fill("gil")
    ada.keyboard.press("Enter")
    expect(ada.get_by_role("row")).to_have_count(2)
    ada.get_by_role("button", name="开通").click()
    dialog(ada).get_by_label("原因").fill("新入职")
    ada.keyboard.press("Enter")
    expect(dialog(ada).get_by_text("只显示这一次")).to_be_visible()
    made = dialog(ada).locator("code").inner_text()
    dialog(ada).get_by_role("button", name="关闭", exact=True).last.click()
    expect(ada.get_by_role("row").nth(1)).to_contain_text("临时密码")
    gil = desk()
    gil.get_by_label("账号").fill("GIL")
    gil.get_by_label("密码").fill(made)
    gil.keyboard.press("Enter")
    expect(gil.get_by_role("alert")).to_contain_text("这是临时密码")
    gil.get_by_label("新密码").fill("my own long password")
    gil.keyboard.press("Enter")
    expect(gil.get_by_text("您的角色在这里没有页面")).to_be_visible()
    go(ada, "audit?who=ada")
    expect(ada.get_by_role("row", name="account.created")).to_contain_text("新入职")
    looked_at(ada, "audit")


def test_a_rejected_row_is_found_and_downloaded(ada, installation):
    go(ada, "feeds")
    expect(ada.get_by_role("link", name="orders.csv").first).to_be_visible()
    looked_at(ada, "feeds")
    ada.get_by_label("只看有退回行的").check()
    ada.get_by_role("link", name=f"{installation} · orders.csv").click()
    expect(ada.get_by_role("row", name="应为带时区的时间")).to_contain_text("O3 | soon")
    looked_at(ada, "import")
    with ada.expect_download() as waiting:
        ada.get_by_role("link", name="下载退回行").click()
    content = waiting.value.path().read_text(encoding="utf-8")
    assert "O3,soon" in content


def test_days_are_declared_complete_on_the_calendar(ada, installation):
    go(ada, "feeds")
    day = str(clock.local_date(clock.now()) - timedelta(days=1))
    ada.get_by_role("button", name="声明完整").click()
    dialog(ada).locator("select").select_option("calls")
    dialog(ada).get_by_label("从", exact=True).fill(day)
    dialog(ada).get_by_label("至", exact=True).fill(day)
    dialog(ada).get_by_role("button", name="确定").click()
    expect(ada.get_by_title(f"calls {day}")).to_have_text("是")


def test_a_failure_of_a_job_is_read_and_a_job_is_asked_for(ada, installation, company):
    go(ada, "jobs")
    expect(ada.get_by_text("DiskFull: nothing is left on the device").first).to_be_visible()
    looked_at(ada, "jobs")
    ada.get_by_role("button", name="现在运行 purge").click()
    expect(ada.get_by_role("row", name="purge").get_by_text("等待中", exact=True)).to_be_visible()
    assert take_requests(company, now=clock.now()) == ["purge"]
    ada.get_by_role("link", name="rank-customers").click()
    expect(ada.get_by_role("heading", level=1, name="rank-customers")).to_be_visible()
    expect(ada.get_by_role("row", name="DiskFull")).to_be_visible()


def test_a_phone_is_revoked(ada, installation, company):
    go(ada, "devices")
    expect(ada.get_by_role("row").nth(1)).to_contain_text("Ana's phone")
    looked_at(ada, "devices")
    ada.get_by_role("button", name="吊销", exact=True).click()
    dialog(ada).get_by_label("原因").fill("丢失")
    dialog(ada).get_by_role("button", name="吊销").click()
    expect(ada.get_by_role("main").get_by_text("没有手机")).to_be_visible()
    commit(company)
    assert company.scalar(select(Device.revoke_reason)) == "丢失"


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        ("units", "Grid G11"),
        ("settings", "GRIDWORK_QUIET_HOURS"),
        ("health", "no worker leads"),
        ("permissions", "还没有授予过特别权限"),
        ("plans", "内置"),
    ],
)
def test_the_rest_of_the_round(ada, installation, place, seen):
    go(ada, place)
    expect(ada.get_by_text(seen).first).to_be_visible()
    looked_at(ada, place)


def test_a_plan_is_read(ada, installation):
    go(ada, "plans")
    ada.get_by_role("link", name="default 1").click()
    expect(ada.get_by_role("row", name="营销成功")).to_contain_text("20")
    ada.get_by_text("方案全文").click()
    expect(ada.get_by_role("article")).to_contain_text("20 分")
    ada.get_by_role("button", name="重算最近三个月").click()
    expect(ada.get_by_role("alert")).to_contain_text("还没有关账的月份")


def test_the_days_of_a_rule_are_changed_and_a_rule_of_evidence_is_used_again(ada, installation, company):
    off = {"switched_off_at": clock.now(), "because": "12 个已决案件中仅 1 个成立 / only 1 of 12 was upheld"}
    company.add(EvidenceRuleState(rule="note_copied", version=1, floor=0.4, decided=12, upheld=1, **off))
    company.add(EvidenceRuleState(rule="visit_far", version=1, floor=0.3, decided=14, upheld=11))
    commit(company)
    go(ada, "rules")
    expect(ada.get_by_role("row", name="备注与另一客户")).to_contain_text("12 个案件成立 1 个")
    ada.get_by_role("button", name="修改 逾期").click()
    dialog(ada).get_by_label("几天后告诉网格经理").fill("6")
    dialog(ada).get_by_label("原因").fill("春节")
    dialog(ada).get_by_role("button", name="确定").click()
    expect(dialog(ada)).to_have_count(0)
    expect(ada.get_by_role("row", name="逾期")).to_contain_text("默认 3 天")
    looked_at(ada, "rules")
    ada.get_by_role("button", name="重新启用").click()
    dialog(ada).get_by_label("原因").fill("门限已调整")
    dialog(ada).get_by_role("button", name="确定").click()
    expect(ada.get_by_role("row", name="备注与另一客户")).not_to_contain_text("停用")
    go(ada, "audit?about=rule:overdue")
    expect(ada.get_by_role("row", name="rule.changed")).to_contain_text("春节")


def test_a_new_contact_policy_waits_for_another_person(ada, console):
    go(ada, "settings")
    ada.get_by_role("button", name="提出新版本").click()
    dialog(ada).get_by_label("规则（JSON）").fill('[{"kind": "sliding_window", "most": 1, "days": 20}]')
    dialog(ada).get_by_label("原因").fill("少打扰")
    dialog(ada).get_by_role("button", name="确定").click()
    expect(ada.get_by_role("main").get_by_text("等另一人批准")).to_be_visible()
    expect(ada.get_by_role("button", name="批准", exact=True)).to_have_count(0)


def test_who_administers_nothing_has_none_of_these_pages(console):
    pia = console("pia")
    for word in ("人员与账号", "数据接口", "任务", "审计", "健康"):
        expect(pia.get_by_role("link", name=word, exact=True)).to_have_count(0)
