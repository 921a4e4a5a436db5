"""The rules of evidence with their own rates, over HTTP and as a command."""

import pytest

from app.core import clock
from app.core.clock import local_date
from app.core.db import set_scope
from app.models.evidence import EvidenceRuleState
from app.verification.rules.every import RULES
from app.verification.scanning import scan_month
from tests.factories import NOW, make_campaign, make_work_order
from tests.truth import OCTOBER, declare_complete, make_call, make_feedback

URL = "/dashboard/v1/evidence-rules"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def october(company):
    """Ana claims nine calls that were none, Bo one that was."""
    campaign = make_campaign(company)
    for number in range(1, 10):
        order = make_work_order(company, campaign=campaign, customer_no=f"C{number:02d}")
        make_feedback(company, order, outcome="interested")
    order = make_work_order(company, campaign=campaign, customer_no="C10", manager="bo")
    make_feedback(company, order, outcome="interested")
    make_call(company, order)
    declare_complete(company, "calls", local_date(NOW), local_date(NOW))
    scan_month(company, month=OCTOBER, now=NOW)
    company.add(
        EvidenceRuleState(rule="note_copied", version=1, floor=0.5, decided=9, upheld=2, switched_off_at=NOW, because="2 of 9")
    )
    company.commit()
    set_scope(company, scope="all")


def _rules(client, **query):
    answer = client.get(URL, params=query)
    assert answer.status_code == 200, answer.text
    return {rule["code"]: rule for rule in answer.json()["items"]}


def test_each_rule_tells_its_own_rate_and_what_it_does_not_prove(client_as, october):
    rules = _rules(client_as("chen"), month="2026-10")
    assert set(rules) == set(RULES)
    missing = rules["call_missing"]
    assert (missing["kind"], missing["findings"], missing["share_of_reports"]) == ("contradiction", 9, 0.9)
    assert (missing["managers"], missing["share_of_managers"], missing["cases"]) == (1, 0.5, 1)
    assert "private phone" in missing["not_en"]
    assert (rules["visit_far"]["kind"], rules["visit_far"]["findings"]) == ("hint", 0)
    assert (rules["note_copied"]["because"], rules["note_copied"]["switched_off_at"] is None) == ("2 of 9", False)


def test_this_month_is_meant_where_none_is_named_and_an_empty_one_has_no_shares(client_as, october):
    assert _rules(client_as("ada"))["call_missing"]["findings"] == 9
    assert _rules(client_as("ada"), month="2026-09")["call_missing"]["share_of_reports"] is None


def test_a_manager_of_another_grid_counts_only_what_is_theirs(client_as, october):
    assert _rules(client_as("fu"), month="2026-10")["call_missing"]["findings"] == 0


@pytest.mark.parametrize(("who", "status"), [("ana", 403), ("pia", 403), (None, 401)])
def test_who_manages_nobody_is_not_asked(client_as, who, status):
    assert client_as(who).get(URL).status_code == status


def test_what_is_no_month_is_named(client_as):
    answer = client_as("chen").get(URL, params={"month": "october"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "month")
