"""Rankers over HTTP: seen and promoted by analysts and administrators alone."""

import pytest

from tests.stages.scoring.market import keep, small_ranker

RANKERS = "/operations/v1/rankers"


@pytest.fixture
def three(company):
    for product, seed in (("FTTH1", 1), ("FTTH1", 2), ("TV1", 1)):
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


def test_an_analyst_promotes_a_ranker_and_the_one_before_retires(client_as, three):
    lin = client_as("lin")
    for _ in range(2):
        promoted = lin.post(f"{RANKERS}/FTTH1/2/promotion")
        assert (promoted.status_code, promoted.json()["status"]) == (200, "champion")
    assert lin.get(f"{RANKERS}/FTTH1/1").json()["status"] == "retired"
    assert lin.get(f"{RANKERS}/TV1/1").json()["status"] == "champion"


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "payroll"])
def test_nobody_else_sees_or_promotes_them(client_as, three, login):
    client = client_as(login)
    answers = [client.get(RANKERS), client.get(f"{RANKERS}/FTTH1/1"), client.post(f"{RANKERS}/FTTH1/2/promotion")]
    assert [answer.status_code for answer in answers] == [403] * 3
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
    for answer in (lin.get(RANKERS + path), lin.post(f"{RANKERS}{path}/promotion")):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
