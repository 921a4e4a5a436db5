"""The page that tells a manager what pays."""

import re
from dataclasses import replace
from decimal import Decimal

from app.points.formula import ACCURACY, DEFAULT_PLAN, SUCCESS, ComponentRule, Pays, earn
from app.points.plans.document import PlanFrame, write_document

ALWAYS = PlanFrame(None, "1971-01", None, approved=True)


def _examples(page, heading):
    """(value, points) of a component's table."""
    section = page.split(f"## {heading}")[1].split("## ")[0]
    return re.findall(r"^\| ([0-9.]+) (?:% )?\| ([0-9.]+) \|$", section, re.MULTILINE)


def test_the_examples_are_what_the_formula_pays():
    found = _examples(write_document(DEFAULT_PLAN, ALWAYS).en, "Success: 20 points")
    assert found == [("2", "0"), ("6.5", "5"), ("11", "10"), ("15.5", "15"), ("20", "20")]
    for percent, points in found:
        assert earn(Decimal(percent) / 100, DEFAULT_PLAN.rule_of(SUCCESS)).points == Decimal(points)


def test_it_says_floors_targets_minima_and_fallbacks_in_two_languages():
    page = write_document(DEFAULT_PLAN, ALWAYS)
    assert "2 % and less is worth nothing, 20 % all 20 points" in page.en
    assert "With fewer than 5 feedbacks that could be judged 10 points are paid." in page.en
    assert "2 % 及以下得 0 分，20 % 得 20 分" in page.zh
    assert "可判定反馈不足 5 条时得 10 分" in page.zh
    assert "每月合计 100 分" in page.zh


def test_a_plan_that_pays_the_index_says_what_it_is_and_how_far_it_goes():
    success = ComponentRule(SUCCESS, Decimal(30), Decimal("0.5"), Decimal("1.5"), Decimal("1.2"), Decimal("0.4"))
    plan = replace(DEFAULT_PLAN, code="B1", version=3, pays=Pays.SUCCESS_INDEX, components=(success,))
    page = write_document(plan, PlanFrame("B1", "2027-01", "2027-06", approved=False))
    assert "For branch B1, from 2027-01 on, to 2027-06." in page.en
    assert "A draft: nobody is paid by it yet." in page.en
    assert "草案，尚未批准" in page.zh
    assert "(your sales + 5 x the company's ratio) / (what these customers promised + 5)" in page.en
    assert "no more than 36 points" in page.en
    assert _examples(page.en, "Success")[-1] == ("1.7", "36")
    assert ACCURACY not in page.en
    assert "Feedback accuracy" not in page.en
