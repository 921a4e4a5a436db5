"""The console: logging in with a cookie that no script reads and no other site sends, and pages by role."""

import pytest

from tests.cast import PASSWORD
from tests.stages.scoring.market import keep

OURS = {"Sec-Fetch-Site": "same-origin"}
SESSION = "/console/session"


@pytest.fixture
def browser(client_as):
    """A browser on the console's own page."""
    client = client_as(None)
    client.follow_redirects = False
    client.headers.update(OURS)
    return client


def sign_in(browser, login, password=PASSWORD, **headers):
    return browser.post(SESSION, json={"login": login, "password": password}, headers=headers)


def test_who_is_not_logged_in_comes_to_the_console(browser):
    assert browser.get("/console").headers["location"] == "/console/"
    answer = browser.get("/console/rankers/FTTH1/1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


def test_the_cookies_are_for_this_site_and_for_no_script(browser):
    answer = sign_in(browser, "lin")
    assert answer.status_code == 204
    access, renewal = (cookie.lower() for cookie in answer.headers.get_list("set-cookie"))
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in access.split(";")}
    assert {"httponly", "samesite=strict", "path=/console/session"} <= {part.strip() for part in renewal.split(";")}
    assert "secure" not in access + renewal
    me = browser.get("/auth/me").json()
    assert (me["login"], me["unit_code"], me["unit_kind"]) == ("lin", "CO", "company")


def test_behind_https_the_cookies_are_secure(client_as):
    client = client_as(None)
    client.base_url = "https://testserver"
    cookies = sign_in(client, "lin", **OURS).headers.get_list("set-cookie")
    assert len(cookies) == 2
    assert all("secure" in cookie.lower() for cookie in cookies)


def test_a_wrong_password_gives_no_cookie(browser):
    answer = sign_in(browser, "lin", "wrong")
    assert (answer.status_code, answer.json()["code"], "set-cookie" in answer.headers) == (401, "login.wrong", False)


def test_a_log_in_is_renewed_by_its_other_cookie_alone(browser):
    sign_in(browser, "lin")
    before = browser.cookies["gridwork_console_renewal"]
    del browser.cookies["gridwork_console"]
    assert browser.get("/auth/me").status_code == 401
    assert browser.post(f"{SESSION}/renew").status_code == 204
    assert browser.cookies["gridwork_console_renewal"] != before
    assert browser.get("/auth/me").status_code == 200


def test_without_a_cookie_nothing_is_renewed_or_ended(browser):
    assert browser.post(f"{SESSION}/renew").json()["code"] == "refresh.wrong"
    assert browser.delete(SESSION).json()["code"] == "refresh.wrong"


def test_logging_out_ends_the_log_in_and_not_only_the_cookies(browser):
    sign_in(browser, "lin")
    token = browser.cookies["gridwork_console"]
    assert browser.delete(SESSION).status_code == 204
    assert "gridwork_console" not in browser.cookies
    browser.cookies.set("gridwork_console", token)
    assert browser.get("/auth/me").status_code == 401


@pytest.mark.parametrize(
    ("headers", "reading", "changing"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200, 200),
        ({"Sec-Fetch-Site": "none"}, 200, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403, 403),
        ({"Origin": "http://testserver"}, 200, 200),
        ({"Origin": "http://elsewhere.example"}, 200, 403),
        ({}, 200, 403),
    ],
)
def test_another_site_uses_nobodys_cookie(client_as, headers, reading, changing):
    client = client_as(None)
    sign_in(client, "chen", **OURS)
    assert client.get("/auth/me", headers=headers).status_code == reading
    assert client.post("/dashboard/v1/notices/read", headers=headers).status_code == changing


def test_another_site_logs_nobody_in(client_as):
    client = client_as(None)
    assert sign_in(client, "lin", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert sign_in(client, "lin").status_code == 403


def test_a_header_needs_no_site(client_as):
    assert client_as("chen").post("/dashboard/v1/notices/read").status_code == 200


@pytest.mark.parametrize("data", [{}, {"login": "", "password": "x"}, {"login": "a\x00", "password": "x"}])
def test_credentials_that_are_none_are_refused(browser, data):
    answer = browser.post(SESSION, json=data)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


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
    assert browser.get("/auth/me").status_code == 200
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
