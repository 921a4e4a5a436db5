"""Why (not) this customer, over HTTP."""

from app.core import clock
from app.core.db import set_scope
from app.dispatch.service import dispatch_campaign
from tests.factories import NOW, make_scores
from tests.stages.dispatch.test_dispatching import make_list


def _path(customer_no):
    return f"/dashboard/v1/customers/{customer_no}/explanation"


def test_neither_strangers_nor_terminal_managers_nor_payroll_ask(client_as):
    assert client_as(None).get(_path("C01")).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).get(_path("C01")).status_code == 403, login


def test_a_customer_of_another_grid_is_as_absent_as_one_that_does_not_exist(client_as):
    fu = client_as("fu")
    elsewhere, nowhere = fu.get(_path("C01")), fu.get(_path("X99"))
    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.json() == nowhere.json()
    for login in ("chen", "bea", "pia", "lin", "ada"):
        assert client_as(login).get(_path("C01")).status_code == 200, login


def test_it_says_why_this_customer_this_manager_and_now(client_as, company):
    run = make_scores(company, ["C01", "C02"])
    campaign = make_list(company, ["C01"], scoring_run_id=run.id)
    dispatch_campaign(company, campaign_code=campaign.code, now=NOW)
    company.commit()
    set_scope(company, scope="all")
    chen = client_as("chen")
    with clock.shifted_to(NOW):
        answer = chen.get(_path("C01"), params={"campaign": campaign.code})
    assert answer.status_code == 200, answer.text
    (standing,) = answer.json()["campaigns"]
    assert standing["work_order"]["staff_no"] == "ANA"
    said = " ".join(standing["sentences"])
    assert "Rank 1 of 2 for FTTH1" in said
    assert "With Ana (ANA), because the customer is this manager's own." in said
    assert "Planned for 2026-10-12" in said
    assert "1390000" not in answer.text


def test_an_unknown_campaign_and_a_wrong_number_are_told(client_as):
    chen = client_as("chen")
    assert chen.get(_path("C01"), params={"campaign": "NONE"}).json()["code"] == "campaign.unknown"
    assert chen.get(_path("C01"), params={"campaign": "a b"}).status_code == 422
    assert chen.get(_path("%00")).status_code == 422
    assert chen.get(_path("x" * 300)).status_code == 422
