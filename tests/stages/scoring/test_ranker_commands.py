"""`gridwork train`, `promote`, `revert`, `report`, `watch` and their kin, as an analyst types them."""

import pytest
from sqlalchemy import select

from app.commands import context
from app.models.score import RankerPromotion, RankerVersion
from tests.stages.scoring.market import keep_candidate, make_market


def promoted_by(company):
    company.rollback()
    return list(company.scalars(select(RankerPromotion.promoted_by).order_by(RankerPromotion.id)))


def test_rankers_are_promoted_by_a_person_and_one_command_goes_back(gridwork, company, tmp_path, monkeypatch):
    make_market(company, count=300, contacted=0)
    for seed in (1, 3):
        keep_candidate(company, seed=seed)
    company.commit()
    monkeypatch.setenv("LOGNAME", "li.na")
    code, said = gridwork("promote", "--product", "FTTH1", "--version", 1)
    assert (code, "li.na" in said) == (0, True)
    assert gridwork("promote", "--product", "FTTH1", "--version", 2, "--by", "wang.wei")[0] == 0
    assert gridwork("revert", "--product", "FTTH1")[0] == 0
    assert gridwork("revert", "--product", "FTTH1")[1].startswith("gridwork: product: expected one that had another champion")
    assert promoted_by(company) == ["li.na", "wang.wei", "li.na"]
    assert gridwork("watch")[0] == 0
    code, said = gridwork("watches", "--product", "FTTH1")
    assert (code, "none" in said) == (0, True)
    code, said = gridwork("rankers")
    assert all(word in said for word in ("FTTH1", "champion", "retired", "propensity"))
    page = tmp_path / "report.html"
    assert gridwork("report", "--product", "FTTH1", "--version", 1, "--out", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "li.na" in text
    assert text.count("<img ") == 4
    assert gridwork("unblock", "--product", "FTTH1", "--version", 1)[0] == 0


def test_training_promotes_in_one_go_and_keeps_the_candidate_where_a_gate_refuses_it(gridwork, company, monkeypatch):
    make_market(company, count=300)
    company.commit()
    monkeypatch.setenv("GRIDWORK_GATE_CALIBRATION_ERROR", "0.000001")
    asked = ("train", "--product", "FTTH1", "--allow", "usage", "--budget", "0.01", "--by", "lin", "--promote")
    code, said = gridwork(*asked)
    assert (code, "gridwork: gate calibration (" in said) == (1, True)
    monkeypatch.setenv("GRIDWORK_GATE_CALIBRATION_ERROR", "1")
    context.settings.cache_clear()
    code, said = gridwork(*asked)
    assert (code, promoted_by(company)) == (0, ["lin"])
    statuses = company.scalars(select(RankerVersion.status).order_by(RankerVersion.number)).all()
    assert statuses == ["candidate", "champion"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "--product", "NONE", "--version", 1), "product: there is no product NONE"),
        (("promote", "--product", "FTTH1", "--version", 1), "version: there is no ranker 1 of FTTH1"),
        (("revert", "--product", "FTTH1", "--by", ""), "by: expected the name of the person who answers for it"),
        (("revert", "--product", "FTTH1"), "product: expected one with a champion, FTTH1 has none; promote a ranker first"),
        (("train", "--product", "FTTH1", "--budget", "-1"), "budget: expected seconds above 0"),
        (("train", "--product", "FTTH1", "--budget", "nan"), "budget: expected seconds above 0"),
        (("train", "--product", "FTTH1", "--target", "joy"), "Invalid value for '--target'"),
        (("report", "--product", "FTTH1", "--version", 9, "--out", "x"), "version: there is no ranker 9 of FTTH1"),
        (("watch", "--product", "NONE"), "product: there is no product NONE"),
    ],
)
def test_what_is_wrong_is_one_line(gridwork, words, said):
    code, printed = gridwork(*words)
    assert code in {1, 2}
    assert said in printed
    assert "Traceback" not in printed


def test_a_report_that_cannot_be_written_says_where(gridwork, company, tmp_path):
    keep_candidate(company)
    company.commit()
    code, said = gridwork("report", "--product", "FTTH1", "--version", 1, "--out", tmp_path / "none" / "report.html")
    assert (code, said.startswith("gridwork: out: expected a file that can be written")) == (1, True)
