"""The console: signing in with a cookie that no script reads, pages by role, and no way in from another site."""

import pytest

from tests.cast import PASSWORD
from tests.stages.scoring.market import keep


@pytest.fixture
def browser(client_as):
    client = client_as(None)
    client.follow_redirects = False
    return client


def sign_in(browser, login, password=PASSWORD, **headers):
    return browser.post("/console/sign-in", data={"login": login, "password": password}, headers=headers)


def test_who_is_not_signed_in_comes_to_the_form(browser):
    for path in ("/console", "/console/rankers", "/console/rankers/FTTH1/1"):
        answer = browser.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    form = browser.get("/console/sign-in")
    assert form.status_code == 200
    assert "default-src 'none'" in form.headers["content-security-policy"]
    assert "script" not in form.text


def test_the_cookie_is_for_this_site_and_for_no_script(browser):
    answer = sign_in(browser, "lin")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/console"} <= {part.strip() for part in cookie.split(";")}
    assert "secure" not in cookie
    assert "lin" in browser.get("/console").text


def test_behind_https_the_cookie_is_secure(client_as):
    client = client_as(None)
    client.base_url, client.follow_redirects = "https://testserver", False
    assert "secure" in sign_in(client, "lin").headers["set-cookie"].lower()


def test_a_wrong_password_shows_the_form_again_and_says_so(browser):
    answer = sign_in(browser, "lin", "wrong")
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "Login or password is wrong." in answer.text


def test_signing_out_ends_the_log_in_and_not_only_the_cookie(browser):
    sign_in(browser, "lin")
    token = browser.cookies["gridwork_console"]
    assert browser.post("/console/sign-out").headers["location"] == "/console/sign-in"
    browser.cookies.clear()
    browser.cookies.set("gridwork_console", token, path="/console")
    assert browser.get("/console").status_code == 303


def test_a_form_of_another_site_signs_nobody_in(browser):
    assert sign_in(browser, "lin", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sign_in(browser, "lin", **{"Sec-Fetch-Site": "same-origin"}).status_code == 303


@pytest.mark.parametrize("data", [{}, {"login": "", "password": "x"}, {"login": "a\x00", "password": "x"}])
def test_a_form_that_is_wrong_gets_a_page(browser, data):
    answer = browser.post("/console/sign-in", data=data)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")


def test_an_analyst_sees_the_rankers_and_the_report_of_each(browser, company):
    keep(company)
    company.commit()
    sign_in(browser, "lin")
    page = browser.get("/console/rankers").text
    assert '<a href="/console/rankers/FTTH1/1">1</a>' in page
    report = browser.get("/console/rankers/FTTH1/1")
    assert report.status_code == 200
    assert 'href="/console/rankers"' in report.text
    assert browser.get("/console/rankers/FTTH1/9").status_code == 404
    assert browser.get("/console/rankers/FTTH1/0").status_code == 422


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia"])
def test_nobody_else_sees_them(browser, login):
    sign_in(browser, login)
    assert browser.get("/console").status_code == 200
    for path in ("/console/rankers", "/console/rankers/FTTH1/1"):
        answer = browser.get(path)
        assert (answer.status_code, "role.wrong" in answer.text) == (403, True)


def test_hostile_addresses_get_a_page_that_says_what_is_wrong(browser):
    sign_in(browser, "lin")
    for hostile in ("%00", "%ED%A0%80", "' OR 1=1 --", "a" * 600, "<script>", "%2e%2e%2f"):
        for path in (f"/console/rankers/{hostile}/1", f"/console/rankers/FTTH1/{hostile}"):
            answer = browser.get(path)
            assert answer.status_code in {307, 404, 422}, path
            assert "<script" not in answer.text
