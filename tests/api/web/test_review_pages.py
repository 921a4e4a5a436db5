"""The console's pages of cases: one page of evidence, where it is decided by two persons."""

import pytest

from app.core import clock
from app.core.db import set_scope
from app.models.evidence import ReviewCase
from app.models.feedback import Verification
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from tests.api.web.test_console import OURS
from tests.cast import PASSWORD
from tests.factories import NOW, grid, make_work_order, staff
from tests.truth import CLOSING, OCTOBER, make_call, make_feedback


@pytest.fixture
def browser(client_as):
    """`browser("chen")` is signed in to the console as Chen."""

    def sign_in(login):
        client = client_as(None)
        client.follow_redirects = False
        client.headers.update(OURS)
        assert client.post("/console/session", json={"login": login, "password": PASSWORD}).status_code == 204
        return client

    with clock.shifted_to(CLOSING):
        yield sign_in


@pytest.fixture
def path(company):
    """Where a case about a report of Ana's is."""
    order = make_work_order(company)
    made = make_feedback(company, order, note="<script>alert(1)</script>")
    make_call(company, order)
    reason = Reason("speed", 1, "移动过快", "faster than a car", {"kmh": 400})
    case = Case(staff(company, "ana").id, grid(company, "G11").id, (reason,), made.id)
    open_cases(company, month=OCTOBER, cases=[case], now=NOW)
    company.commit()
    set_scope(company, scope="all")
    return f"/console/reviews/{company.query(ReviewCase).one().id}"


def test_a_case_is_read_on_one_page_and_decided_there_by_two_persons(browser, path, company):
    chen, bea = browser("chen"), browser("bea")
    assert "移动过快" in chen.get("/console/reviews").text
    page = chen.get(path).text
    assert "faster than a car" in page
    assert "CALL" in page
    assert "<script" not in page
    sent = chen.post(f"{path}/decision", data={"decision": "upheld", "reason": "nobody drives so fast"})
    assert (sent.status_code, sent.headers["location"]) == (303, path)
    assert chen.post(f"{path}/second", data={"agrees": "true", "reason": "nobody drives so fast"}).status_code == 403
    assert "nobody drives so fast" in bea.get(path).text
    assert bea.post(f"{path}/second", data={"agrees": "true", "reason": "I saw the map"}).status_code == 303
    assert company.query(Verification).one().verdict == "contradicted"
    assert "I saw the map" in bea.get(path).text


def test_the_pages_are_for_managers_of_the_grid(browser, path):
    statuses = {
        login: browser(login).get("/console/reviews").status_code for login in ("ana", "chen", "bea", "pia", "lin", "ada")
    }
    assert statuses == {"ana": 403, "chen": 200, "bea": 200, "pia": 403, "lin": 403, "ada": 200}
    fu = browser("fu")
    assert fu.get(path).status_code == 404
    assert fu.post(f"{path}/decision", data={"decision": "upheld", "reason": "because I can"}).status_code == 404
    other_site = {"sec-fetch-site": "cross-site"}
    data = {"decision": "upheld", "reason": "sent by another site"}
    assert browser("chen").post(f"{path}/decision", data=data, headers=other_site).status_code == 403
