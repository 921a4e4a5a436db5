"""The console's customers, tags and metrics: by role, escaped, and one customer as the API gives him."""

import pytest

from app.centre.definitions import TagOptions
from app.centre.service import define_tag
from app.core.db import set_scope
from tests.api.web.test_console import OURS
from tests.cast import PASSWORD
from tests.factories import FEE_REASON, NOW, customer, make_scores


@pytest.fixture
def browse(client_as):
    """`browse("chen", path)` is the page as Chen sees it."""

    def get(login, path):
        client = client_as(None)
        client.follow_redirects = False
        assert client.post("/console/session", json={"login": login, "password": PASSWORD}, headers=OURS).status_code == 204
        return client.get(path)

    return get


def test_a_customer_is_found_by_number_and_shown_whole(browse, company):
    make_scores(company, ["C02", "C01"])
    customer(company, "C01").name = "<script>alert(1)</script>"
    company.commit()
    set_scope(company, scope="all")
    sent = browse("chen", "/console/customers/find?customer_no=C01")
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/customers/C01")
    page = browse("chen", "/console/customers/C01")
    assert page.status_code == 200
    assert FEE_REASON["zh"] in page.text
    assert "139****0001" in page.text
    assert "<script" not in page.text
    assert browse("fu", "/console/customers/C01").status_code == 404
    assert "1390000" not in page.text


def test_who_plans_sees_no_name(browse, company):
    page = browse("pia", "/console/customers/C01")
    assert page.status_code == 200
    assert "Customer 1<" not in page.text
    assert "Example Road" not in page.text


@pytest.mark.parametrize(
    ("path", "seen_by"),
    [
        ("/console/customers", {"chen", "bea", "pia", "lin", "ada"}),
        ("/console/customers/C01", {"chen", "bea", "pia", "lin", "ada"}),
        ("/console/metrics", {"chen", "bea", "pia", "lin", "ada"}),
        ("/console/tags", {"pia", "lin", "ada"}),
    ],
)
def test_a_page_is_for_its_roles(browse, path, seen_by):
    statuses = {login: browse(login, path).status_code for login in ("ana", "chen", "bea", "pia", "lin", "ada")}
    assert statuses == {login: 200 if login in seen_by else 403 for login in statuses}


def test_the_tag_library_and_the_metric_library_are_pages(browse, company):
    define_tag(company, options=TagOptions("home", "家庭", "Home & all", {"segment": "<b>"}, "pia"), now=NOW)
    company.commit()
    page = browse("lin", "/console/tags").text
    assert "Home &amp; all" in page
    assert "<b>" not in page
    metrics = browse("chen", "/console/metrics").text
    assert "目标客户营销成功率" in metrics
    assert "app.points.formula:success_rate" in metrics


@pytest.mark.parametrize("path", ["/console/customers/%00", "/console/customers/find", "/console/customers/" + "x" * 300])
def test_a_wrong_number_gets_a_page(browse, path):
    assert browse("chen", path).status_code == 422
