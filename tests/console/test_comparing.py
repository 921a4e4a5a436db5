"""A branch manager finds the weakest grid fairly, follows it to an order, sets an alarm and a target, takes a file along."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from app.core import clock
from app.core.clock import Month
from app.core.db import set_scope
from app.figures.alarms.service import look_at_alarms
from app.figures.keeping import keep_figures
from app.jobs.steps import run_in_steps
from app.models.figures import DailyFigures
from app.models.organisation import Role, Staff, Unit, UnitKind
from app.models.work_order import WorkOrderState
from tests import factories as make
from tests.console.conftest import held_back, looked_at, serious, settled
from tests.sums import HOME, add_up_days
from tests.truth import make_feedback

NAMES = ["和平", "河东", "河西", "南开", "河北", "红桥", "东丽", "津南"]


def last_month():
    return Month.of(clock.now()).previous


@pytest.fixture
def branch(sessions):
    """Ten grids over thirteen months. G11 has the best rate of customers of whom most is expected: it is the weakest of all."""
    with sessions() as session:
        set_scope(session, scope="all")
        work(session)
        session.commit()
    run_in_steps(sessions, "keep-figures", keep_figures)
    chance = random.Random(5)
    with sessions() as session:
        set_scope(session, scope="all")
        people = {name: make.staff(session, name) for name in HOME}
        people |= {f"T{n}": grid_with_manager(session, n, name) for n, name in enumerate(NAMES)}
        month = last_month()
        for _ in range(13):
            for name, person in people.items():
                put_month(session, chance, month, person, rich=HOME.get(name) == "G11")
            month = month.previous
        add_up_days(session)
        session.commit()


def work(session):
    """Ana's work orders of last month, one with a report."""
    day = clock.start_of_day(last_month().first_day + timedelta(days=4)) + timedelta(hours=9)
    campaign = make.make_campaign(session, name="宽带提速", opened_at=day)
    for number in range(1, 8):
        state = {"state": WorkOrderState.DONE, "closed_at": day + timedelta(days=2)} if number < 5 else {}
        days = {"dispatched_at": day, "due_on": last_month().first_day + timedelta(days=20 + number % 3)}
        order = make.make_work_order(session, campaign=campaign, customer_no=f"C{number:02d}", **days, **state)
        make_feedback(session, order, outcome="interested", contacted_at=day + timedelta(hours=5), note="下周再看")


def grid_with_manager(session, number, name):
    parent = make.grid(session, "B1")
    grid = Unit(code=f"G3{number}", kind=UnitKind.GRID, name=name, parent_id=parent.id)
    session.add(grid)
    session.flush()
    person = Staff(
        staff_no=f"T{number}", name=f"经理{number}", role=Role.TERMINAL_MANAGER, unit_id=grid.id, active_from=date(2020, 1, 1)
    )
    session.add(person)
    session.flush()
    return person


def put_month(session, chance, month, person, *, rich):
    matured = chance.randrange(180, 260)
    expected = matured * (0.35 if rich else 0.12)
    won = int(expected * (0.6 if rich else chance.uniform(0.8, 1.35)))
    due = chance.randrange(100, 140)
    values = {
        "dispatched": matured, "contacted": matured - 20, "reports": matured, "claimed": won, "refused": 60, "due": due,
        "due_met": due - chance.randrange(3, 30), "matured": Decimal(matured), "successes": Decimal(won), "sold": Decimal(won),
        "expected": Decimal(str(round(expected, 4))), "revenue": Decimal(won * 129), "cost": Decimal(matured * 4),
        "confirmed": 40, "contradicted": chance.randrange(6), "judged_weight": Decimal(45), "truthful_weight": Decimal(41),
        "judged_squares": Decimal(45), "truthful_squares": Decimal(41),
        "done": matured - 10, "done_seconds": matured * 86_400 * 4,
    }  # fmt: skip
    day = month.first_day + timedelta(days=chance.randrange(25))
    session.add(DailyFigures(grid_id=person.unit_id, day=day, staff_id=person.id, campaign_id=900_000, **values))


def test_the_weakest_grid_is_found_fairly_and_followed_to_an_order(branch, console):
    page = console("bea")
    expect(page.get_by_role("heading", name="Branch B1")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="确定落后")).to_contain_text("Grid G11")
    table = page.get_by_role("region", name="分公司与网格对比")
    expect(table.get_by_role("row")).to_have_count(11)
    looked_at(page, "comparing")
    page.get_by_label("排序指标").select_option("success_rate")
    settled(page)
    table.get_by_role("button", name="按目标客户营销成功率排序").click()
    expect(table.get_by_role("row").nth(1)).to_contain_text("Grid G11")  # by the bare rate it would be the best
    weakest = table.get_by_role("link", name="Grid G11")
    with held_back(page, "**/dashboard/v1/comparing?*measure=success_index*"):
        page.get_by_label("排序指标").select_option("success_index")
        weakest.focus()
    expect(table.get_by_role("row").last).to_contain_text("Grid G11")  # the row moved from the first place to the last
    expect(weakest).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Grid G11")).to_be_visible()
    page.get_by_role("link", name="Ana ANA").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ANA 的工单")).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(8)
    looked_at(page, "comparing_orders")
    page.get_by_role("row").nth(1).get_by_role("button").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("有意向")
    expect(dialog).to_contain_text("下周再看")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="逾期").click()
    expect(page.get_by_role("row")).to_have_count(4)


def test_an_alarm_of_ones_own_is_set_raised_and_taken_away_with_a_way_back(branch, console, sessions):
    page = console("bea")
    page.get_by_role("button", name="我的提醒").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("还没有提醒")
    dialog.get_by_label("单位").select_option("G11")
    dialog.get_by_label("最近几天").fill("90")
    dialog.get_by_label("界线").fill("1.2")
    dialog.get_by_role("button", name="保存").click()
    expect(dialog.get_by_role("row")).to_have_count(2)
    with sessions() as session:
        set_scope(session, scope="all")
        assert look_at_alarms(session, now=clock.now())["raised"] == 1
        session.commit()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="我的提醒").click()
    expect(dialog).to_contain_text("越线")
    looked_at_dialog(page)
    dialog.get_by_role("button", name="删除").click()
    expect(dialog).to_contain_text("还没有提醒")


def looked_at_dialog(page):
    """What is behind a dialog cannot be pressed, so the theme is not switched here."""
    assert serious(page) == []


def test_a_target_is_set_and_shown_with_who_met_it(branch, console):
    page = console("bea")
    page.get_by_label("排序指标").select_option("success_rate")
    settled(page)
    page.get_by_role("button", name="设定目标").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("目标客户营销成功率")
    dialog.get_by_label("Grid G11").fill("0.1")
    dialog.get_by_label("Grid G12").fill("0.9")
    dialog.get_by_role("button", name="保存").click()
    table = page.get_by_role("region", name="分公司与网格对比")
    expect(table.get_by_role("row").filter(has_text="Grid G11")).to_contain_text("10.0 % 达标")
    expect(table.get_by_role("row").filter(has_text="Grid G12")).to_contain_text("90.0 % 未达标")


@pytest.mark.parametrize(("form", "begins"), [("CSV", b"\xef\xbb\xbf"), ("XLSX", b"PK")])
def test_what_is_on_the_screen_is_taken_along_as_a_file(branch, console, form, begins):
    page = console("bea")
    with page.expect_download() as started:
        page.get_by_role("link", name=f"导出 {form}").click()
    content = started.value.path().read_bytes()
    assert content.startswith(begins)
    if form == "CSV":
        lines = content.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("编号,名称,成功指数,派单数")
        assert len(lines) == 11


def test_a_definition_is_one_click_away(branch, console):
    page = console("bea")
    page.locator(".figure").first.get_by_role("button").click()
    expect(page.get_by_text("(successes + k x company_ratio) / (expected + k)")).to_be_visible()
