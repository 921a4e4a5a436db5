"""The console's shell: logging in, the menu of one's role, both languages, light and dark, and nothing from elsewhere."""

from playwright.sync_api import expect

from tests.cast import PASSWORD
from tests.console.conftest import looked_at, serious


def test_somebody_logs_in_by_keyboard_alone_and_out_again(desk):
    page = desk()
    page.get_by_label("账号").wait_for()
    assert serious(page) == []
    page.get_by_label("账号").focus()
    page.keyboard.type("lin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("数据分析 · Company")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_label("账号")).to_be_visible()
    page.reload()
    expect(page.get_by_label("账号")).to_be_visible()


def test_a_wrong_password_is_said(desk):
    page = desk()
    page.get_by_label("账号").fill("lin")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("账号或密码不对")


def test_the_log_in_outlives_its_access_token(console):
    page = console("lin")
    page.context.clear_cookies(name="gridwork_console")
    page.get_by_role("link", name="指标库").click()
    expect(page.get_by_role("button", name="按指标排序")).to_be_visible()


def test_no_script_reads_the_log_in(console):
    assert console("lin").evaluate("document.cookie") == ""


def test_the_language_and_the_light_are_kept(console):
    page = console("lin")
    page.get_by_role("button", name="English").click()
    page.get_by_label("Light or dark").select_option("dark")
    page.reload()
    expect(page.get_by_role("link", name="Metrics")).to_be_visible()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == ["en", "dark"]


def test_the_metric_library_is_searched(console):
    page = console("lin")
    page.goto(page.url.split("#")[0] + "#/metrics")
    page.get_by_label("查找指标").fill("success_index")
    expect(page.get_by_role("row")).to_have_count(2)
    looked_at(page, "metrics")


def test_nothing_comes_from_another_origin_and_the_first_view_is_light(desk, service):
    page = desk()
    sizes = {}

    def note(answer):
        assert answer.url.startswith(service), answer.url
        sizes[answer.url] = int(answer.headers.get("content-length", 0))

    page.on("response", note)
    page.reload()
    page.get_by_label("账号").wait_for()
    assert 10_000 < sum(sizes.values()) <= 250_000
