"""`gridwork plan`, as a planner types it."""

import json
import re

from app.points.closing.close import close_month
from tests.truth import CLOSING, OCTOBER, make_anas_october


def test_a_plan_is_shown_drafted_signed_by_two_replayed_and_read(gridwork, company, tmp_path):
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    code, said = gridwork("plan", "show")
    assert (code, "built_in" in said) == (0, True)
    built_in = re.search(r"│ (\d+) +│ default", said)[1]
    plan = json.loads(gridwork("plan", "show", built_in)[1])
    plan |= {"effective_from": "2027-01", "pays": "success_index", "note": "fairer"}
    plan["components"] = [one | {"floor": "0.5", "target": "1.5"} for one in plan["components"] if one["component"] == "success"]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    code, said = gridwork("plan", "draft", "plan.json", "--by", "pia")
    number = re.search(r"number +│ +(\d+)", said)[1]
    assert gridwork("plan", "submit", number, "--by", "pia")[0] == 0
    assert gridwork("plan", "approve", number, "--by", "pia") == (
        1,
        "gridwork: This plan is not yours to write, submit, approve or send back.\n",
    )
    assert gridwork("plan", "approve", number, "--by", "ada")[0] == 0
    assert gridwork("plan", "approve", number, "--by", "ada")[0] == 1
    code, said = gridwork("plan", "replay", number)
    assert (code, "2026-10: " in said, "managers gain" in said, "ANA" in said) == (0, True, True, True)
    assert gridwork("plan", "document", number)[1].startswith("# 积分方案 default 第 2 版")
    assert "Success: 20 points" in gridwork("plan", "document", number, "--language", "en")[1]


def test_what_is_wrong_is_said_in_one_line(gridwork, tmp_path):
    (tmp_path / "plan.json").write_text("{", encoding="utf-8")
    assert gridwork("plan", "draft", "plan.json", "--by", "pia") == (1, "gridwork: plan.json: expected a JSON file in UTF-8\n")
    (tmp_path / "plan.json").write_text('{"code": "x"}', encoding="utf-8")
    assert gridwork("plan", "draft", "plan.json", "--by", "pia") == (1, "gridwork: components: expected to be there\n")
    assert gridwork("plan", "show", 99) == (1, "gridwork: number: there is no points plan 99\n")
    assert gridwork("plan", "submit", 99, "--by", "nobody")[0] == 1
