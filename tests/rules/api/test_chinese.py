"""What the domain refuses is said in Chinese, whatever it is: held against the code that refuses."""

import importlib
import json
import pkgutil
import re

import pytest

import app
from app.api.chinese.rows import Refusable
from app.api.chinese.saying import CODES, PHRASES, say_failure, say_phrase, say_refusal
from app.api.chinese.values import VALUES
from app.api.errors import from_app_error
from app.core.errors import AppError, Invalid
from tests.refusing_code import APP, expected_things, kinds, said_by_statements, sentences, written

CHINESE = re.compile("[\u4e00-\u9fff]")
LEFT_ENGLISH = re.compile("[a-z]{2,} [a-z]{2,}")
COMMANDS = {"gridwork migrate"}  # what is typed is typed as it is
# Says on what another part of the code said, which is found there.
PASSED_ON = {
    "api/types.py",
    "campaigns/plan_checks.py",
    "campaigns/plan_content.py",
    "campaigns/policy/as_json.py",
    "centre/definitions.py",
    "devices/quiet_hours.py",
    "dispatch/escalation/service.py",
    "feedback/attachments/service.py",
    "feedback/intake.py",
    "ingest/scan.py",
    "points/plans/service.py",
    "reports/planning/list_counts.py",
    "verification/asking.py",
}
NAMED = {"{} or {}": "same or any"}  # two names that are imported


@pytest.fixture(scope="module", autouse=True)
def everything_is_imported():
    for module in pkgutil.walk_packages(app.__path__, "app."):
        importlib.import_module(module.name)


def own_words(kind):
    return (kind.__doc__ or "").strip().splitlines()[0]


def test_every_code_has_a_sentence():
    screens = [kind for kind in kinds() if not kind.__module__.startswith("app.commands")]
    assert len(screens) > 200
    assert {kind.code for kind in screens} - CODES.keys() == set()


def test_every_code_of_a_row_has_a_sentence():
    text = "".join(path.read_text(encoding="utf-8") for stage in ("dispatch", "feedback") for path in (APP / stage).rglob("*.py"))
    found = set(re.findall(r'(?:Refusal|Decision|_ENDED|WAITS)\b[^"]*"((?:feedback|work_order)\.[a-z_]+)"', text))
    assert len(found) > 12
    assert found - CODES.keys() == set()


def test_every_thing_that_is_expected_is_said_in_chinese():
    found = expected_things()
    assert len(found) > 200
    assert len(said_by_statements()) > 8
    assert {text for text in said_by_statements() if not say_phrase(text)} == set()
    assert {text: places for text, places in found.items() if not say_phrase(NAMED.get(text, text))} == {"{}": PASSED_ON}


def test_nothing_english_is_left_over():
    said = {text: say_phrase(text) or "" for text in (*expected_things(), *sentences())}
    left = {text: chinese for text, chinese in said.items() if LEFT_ENGLISH.search(re.sub("|".join(COMMANDS), "", chinese))}
    assert left == {}
    everything = [*CODES.values(), *PHRASES.values(), *VALUES.values()]
    assert [chinese for chinese in everything if not CHINESE.search(chinese) and "JSON" not in chinese] == []


def test_what_is_filled_in_stays_in_it():
    holes = {english: (english.count("{}"), len(re.findall(r"\{\d?\}", chinese))) for english, chinese in PHRASES.items()}
    assert {english: counts for english, counts in holes.items() if counts[0] != counts[1]} == {}


def test_the_catalogue_has_nothing_that_nobody_says():
    said = expected_things().keys() | sentences().keys() | said_by_statements() | written()
    assert PHRASES.keys() - said - {*NAMED.values()} == set()


@pytest.mark.parametrize(
    ("code", "detail", "chinese"),
    [
        ("invalid", "until: expected a day from 2026-11-26 to 2027-11-26", "until：应为 2026-11-26 至 2027-11-26 的日期"),
        ("invalid", "channel: expected one of call, visit", "channel：应为其中之一：电话、上门"),
        (
            "campaign.wrong_status",
            "The campaign C1 is running: expected approved or draft.",
            "活动 C1 现为“执行中”，要先是“已审批或草稿”",
        ),
        ("work_order.wrong_state", "It is in progress: pull back is not possible.", "工单现为“进行中”，不能“收回”"),
        ("device.unknown", "A sentence that nobody wrote.", "没有这台设备"),
        ("feedback.unreadable", "callback_at: expected when to call back, for the outcome callback",
         "callback_at：结果为“约好再联系”时要填写再联系的时间"),
        ("month.blocked", "The month 2026-10 stays open: calls_incomplete, reviews_open.",
         "2026-10 不能关账，没有通过的检查：有通话反馈的日期缺少完整的通话数据、待核查的案件未决定"),
        ("nobody.knows", "A sentence that nobody wrote.", None),
    ],
)  # fmt: skip
def test_a_sentence_says_what_its_detail_says(code, detail, chinese):
    assert say_refusal(code, detail) == chinese


def test_a_job_keeps_its_refusal_and_says_it():
    assert say_failure("job.running: The job rank is running already.") == "任务 rank 正在运行"
    assert say_failure("ValueError: of nobody's making") is None
    assert say_failure(None) is None


def test_what_somebody_sent_is_said_as_it_is():
    assert say_phrase("one of a, b, got " + "x" * 5_000) is None
    assert say_phrase("one of a, b, got {0}{}") == "应为其中之一：a、b；现为 {0}{}"


def test_the_english_answer_is_as_it_was():
    body = json.loads(from_app_error(Invalid("reason", "why, in at least 10 characters", least=10)).body)
    assert body["detail_zh"] == "reason：请说明原因，至少 10 个字符"
    assert body["errors"][0].pop("expected_zh") == "请说明原因，至少 10 个字符"
    del body["detail_zh"]
    assert body == {
        "errors": [{"field": "reason", "expected": "why, in at least 10 characters"}],
        "least": 10,
        "type": "urn:gridwork:problem:invalid",
        "title": "Invalid input",
        "status": 422,
        "code": "invalid",
        "detail": "reason: expected why, in at least 10 characters",
    }


def test_every_kind_says_itself():
    for kind in kinds():
        if kind is not AppError and not kind.__module__.startswith("app.commands"):
            assert CHINESE.search(say_refusal(kind.code, own_words(kind)) or ""), kind


def test_a_row_without_a_refusal_says_nothing():
    class Row(Refusable):
        code: str | None
        detail: str | None

    assert Row(code=None, detail=None).model_dump() == {"code": None, "detail": None, "detail_zh": None}
    assert Row(code="return.decided", detail="Somebody.").model_dump()["detail_zh"] == "这张退单已有人决定"
