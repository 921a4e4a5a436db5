"""Rankers over HTTP: seen and promoted by analysts and administrators alone."""

import re
from base64 import b64decode

import pytest
from sqlalchemy import select, update

from app.models.campaign import Product
from app.models.score import RankerPromotion, RankerVersion, RankerWatch
from tests.factories import NOW, TODAY
from tests.stages.scoring.market import keep, small_ranker

RANKERS = "/operations/v1/rankers"


@pytest.fixture
def three(company):
    for product, seed in (("FTTH1", 1), ("FTTH1", 3), ("TV1", 1)):
        keep(company, product_code=product, seed=seed)
    company.commit()


def test_the_newest_comes_first_page_by_page_and_of_one_product_if_asked(client_as, three):
    lin = client_as("lin")
    page = lin.get(RANKERS, params={"limit": 2}).json()
    assert [(item["product_code"], item["number"], item["status"]) for item in page["items"]] == [
        ("TV1", 1, "champion"),
        ("FTTH1", 2, "candidate"),
    ]
    rest = lin.get(RANKERS, params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [(item["product_code"], item["number"]) for item in rest["items"]] == [("FTTH1", 1)]
    assert rest["next_cursor"] is None
    assert len(lin.get(RANKERS, params={"product_code": "FTTH1"}).json()["items"]) == 2
    borrowed = lin.get(RANKERS, params={"product_code": "FTTH1", "cursor": page["next_cursor"]})
    assert (borrowed.status_code, borrowed.json()["code"]) == (422, "cursor.wrong")


def test_a_ranker_says_what_it_learned_from_and_how_well(client_as, three):
    found = client_as("ada").get(f"{RANKERS}/FTTH1/1").json()
    ranker = small_ranker()
    assert found["parameters"] == ranker.parameters
    assert found["metrics"]["auc"] == pytest.approx(ranker.metrics.auc)
    assert found["metrics"]["plain"]["log_loss"] == pytest.approx(ranker.plain_metrics.log_loss)
    assert (found["example_count"], found["data_from"], found["as_of"]) == (300, "2026-08-05", "2026-10-12")
    assert len(found["checksum"]) == 64
    assert "artifact" not in found


def test_an_analyst_promotes_a_ranker_and_the_one_before_retires_and_comes_back(client_as, three, company):
    lin = client_as("lin")
    for _ in range(2):
        promoted = lin.post(f"{RANKERS}/FTTH1/2/promote")
        assert (promoted.status_code, promoted.json()["status"]) == (200, "champion")
    assert lin.get(f"{RANKERS}/FTTH1/1").json()["status"] == "retired"
    assert lin.get(f"{RANKERS}/TV1/1").json()["status"] == "champion"
    assert company.scalars(select(RankerPromotion.promoted_by)).all() == ["lin"]
    reverted = client_as("ada").post(f"{RANKERS}/FTTH1/revert", json={})
    assert (reverted.status_code, reverted.json()["number"]) == (200, 1)
    again = lin.post(f"{RANKERS}/FTTH1/revert", json={"target": "order"})
    assert (again.status_code, again.json()["code"]) == (409, "ranker.nothing_to_revert")


def test_a_gate_that_refuses_is_named_with_all_figures_and_the_champion_stays(client_as, three, company):
    company.execute(update(RankerVersion).where(RankerVersion.number == 2).values(positive_count=3))
    company.commit()
    lin = client_as("lin")
    refused = lin.post(f"{RANKERS}/FTTH1/2/promote")
    assert (refused.status_code, refused.json()["code"]) == (409, "ranker.gate_failed")
    assert refused.json()["detail"].startswith("gate data (3, limit 30)")
    assert [gate["name"] for gate in refused.json()["gates"]] == ["bytes", "data", "leak", "auc", "calibration", "champion"]
    assert lin.get(f"{RANKERS}/FTTH1/1").json()["status"] == "champion"


def test_what_the_watch_saw_is_listed_and_a_block_is_lifted(client_as, three, company):
    version = company.scalars(select(RankerVersion).where(RankerVersion.number == 1).order_by(RankerVersion.id)).first()
    version.blocked_at, version.block_reason = NOW, "The column usage is missing for everybody."
    figures = {"rows": 3, "drift": [], "scores": None, "labels": None}
    company.add(
        RankerWatch(ranker_version_id=version.id, as_of=TODAY, figures=figures, alarms=[], consequence="blocked", watched_at=NOW)
    )
    company.commit()
    lin = client_as("lin")
    seen = lin.get(f"{RANKERS}/FTTH1/1/watches").json()["items"]
    assert [(item["number"], item["consequence"], item["figures"]) for item in seen] == [(1, "blocked", figures)]
    assert lin.get(f"{RANKERS}/FTTH1/1").json()["block_reason"] == "The column usage is missing for everybody."
    assert lin.post(f"{RANKERS}/FTTH1/1/unblock").json()["blocked_at"] is None


def test_the_report_is_a_page_that_runs_nothing_and_escapes_what_it_shows(client_as, three, company):
    hostile = "<script>alert(1)</script>"
    product = company.scalars(select(Product).where(Product.product_code == "FTTH1")).one()
    product.name = hostile
    version = company.scalars(
        select(RankerVersion).where(RankerVersion.product_id == product.id).order_by(RankerVersion.id)
    ).first()
    version.report = {
        **version.report,
        "columns": {"refused": [{"name": hostile, "reason": hostile}]},
        "importance": [{"feature": hostile, "share": 1.0}],
    }
    company.commit()
    answer = client_as("lin").get(f"{RANKERS}/FTTH1/1/report")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert answer.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    pictures = [b64decode(found).decode() for found in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", answer.text)]
    assert len(pictures) == 3
    assert not any("<script" in picture for picture in pictures)
    assert "&lt;script&gt;" in pictures[2]


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "payroll"])
def test_nobody_else_sees_or_promotes_them(client_as, three, login):
    client = client_as(login)
    one = f"{RANKERS}/FTTH1/2"
    answers = [client.get(path) for path in (RANKERS, one, f"{one}/report", f"{one}/watches")]
    answers += [client.post(f"{one}/promote"), client.post(f"{one}/unblock"), client.post(f"{RANKERS}/FTTH1/revert", json={})]
    assert [answer.status_code for answer in answers] == [403] * 7
    assert client_as("lin").get(f"{RANKERS}/FTTH1/2").json()["status"] == "candidate"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/NONE/1", 404, "product.unknown"),
        ("/FTTH1/3", 404, "ranker.unknown"),
        ("/FTTH1/0", 422, "request.invalid"),
        ("/FTTH1/2147483648", 422, "request.invalid"),
        ("/FTTH1/one", 422, "request.invalid"),
        ("/%00/1", 422, "request.invalid"),
    ],
)
def test_what_is_not_there_is_said(client_as, three, path, status, code):
    lin = client_as("lin")
    asked = [lin.get(RANKERS + path + more) for more in ("", "/report", "/watches")]
    for answer in (*asked, lin.post(f"{RANKERS}{path}/promote"), lin.post(f"{RANKERS}{path}/unblock")):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
