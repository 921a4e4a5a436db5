"""What every route does alike: problems, limits, and a commit before the answer."""

import re

import pytest
from sqlalchemy import text

from app.core.db import make_engine
from tests.cast import PASSWORD


def is_problem(answer, status):
    body = answer.json()
    return (
        answer.status_code == status == body["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and {"type", "title", "code", "detail"} <= body.keys()
    )


def test_unknown_routes_and_methods_are_problems(client_as):
    client = client_as(None)
    assert is_problem(client.get("/nowhere"), 404)
    assert is_problem(client.delete("/auth/login"), 405)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"login": 5, "password": "x"}',
        b'{"login": "ana"}',
        b'{"login": "ana", "password": "x", "admin": true}',
        b'{"login": "a\\u0000na", "password": "x"}',
        b'{"login": "\\ud800", "password": "x"}',
        b'{"login": NaN, "password": 1e400}',
        b'{"login": "' + b"a" * 5000 + b'", "password": "x"}',
    ],
)
def test_a_wrong_body_is_a_problem_that_repeats_nothing(client_as, body):
    answer = client_as(None).post("/auth/login", content=body, headers={"content-type": "application/json"})
    assert is_problem(answer, 422), answer.text
    assert "aaaa" not in answer.text


@pytest.mark.parametrize("body", [b'{"login": "\xff\xfe", "password": "x"}', b"[" * 5000], ids=["not UTF-8", "deep"])
def test_a_body_that_cannot_be_read_is_a_problem(client_as, body):
    answer = client_as(None).post("/auth/login", content=body, headers={"content-type": "application/json"})
    assert is_problem(answer, 400), answer.text


def test_a_body_over_the_limit_is_refused_whatever_it_says_of_its_length(client_as, api):
    client = client_as(None)
    big = b"x" * (api.state.settings.max_body_bytes + 1)
    assert is_problem(client.post("/auth/login", content=big), 413)
    chunks = (b"x" * 100_000 for _ in range(30))
    assert is_problem(client.post("/auth/login", content=chunks), 413)


def test_a_commit_that_fails_is_never_answered_as_done(client_as, database):
    client = client_as(None)
    owner = make_engine(database, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE unique_violation; END'"))
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER fails_late AFTER INSERT ON refresh_families DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION fail()"
            )
        )
    owner.dispose()
    answer = client.post("/auth/login", json={"login": "ana", "password": PASSWORD})
    assert is_problem(answer, 409)


def test_a_disabled_account_is_refused_from_the_next_request_on(client_as, company):
    ana = client_as("ana")
    assert ana.get("/auth/me").status_code == 200
    company.execute(text("UPDATE accounts SET disabled_at = now() WHERE login = 'ana'"))
    company.commit()
    assert is_problem(ana.get("/auth/me"), 401)


def test_a_changed_role_counts_from_the_next_request_on(client_as, company):
    ana = client_as("ana")
    company.execute(text("UPDATE staff SET role = 'grid_manager' WHERE staff_no = 'ANA'"))
    company.commit()
    assert ana.get("/auth/me").json()["role"] == "grid_manager"


def test_ready_means_that_the_schema_is_this_codes(client_as, database):
    client = client_as(None)
    assert client.get("/health/ready").status_code == 200
    owner = make_engine(database, as_app=False)
    with owner.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    owner.dispose()
    assert is_problem(client.get("/health/ready"), 503)


def test_metrics_count_requests_by_route(client_as):
    client = client_as("ana")
    client.get("/auth/me")
    assert 'route="/auth/me"' in client.get("/metrics").text


def test_the_documentation_needs_no_other_machine(client_as):
    client = client_as(None)
    page = client.get("/docs")
    assert page.status_code == 200
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert asked
    assert all(path.startswith("/docs/files/") and client.get(path).status_code == 200 for path in asked)
    assert is_problem(client.get("/docs/files/none.js"), 404)
