"""Logging in, refreshing and out, over HTTP."""

from datetime import timedelta

from app.core import clock
from tests.cast import PASSWORD


def _log_in(client, login="ana", password=PASSWORD):
    return client.post("/auth/login", json={"login": login, "password": password})


def test_a_person_logs_in_and_is_known(client_as):
    me = client_as("ana").get("/auth/me")
    assert me.status_code == 200
    assert me.json()["role"] == "terminal_manager"


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(client_as):
    client = client_as(None)
    wrong, unknown = _log_in(client, password="no"), _log_in(client, login="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["content-type"] == "application/problem+json"


def test_nobody_is_known_without_a_token_or_with_an_altered_one(client_as):
    client = client_as(None)
    assert client.get("/auth/me").status_code == 401
    assert client.get("/auth/me", headers={"Authorization": "Bearer x.y.z"}).status_code == 401


def test_a_lost_answer_to_a_refresh_can_be_asked_for_again(client_as):
    client = client_as(None)
    token = _log_in(client).json()["refresh_token"]
    first = client.post("/auth/refresh", json={"refresh_token": token})
    again = client.post("/auth/refresh", json={"refresh_token": token})
    assert first.status_code == again.status_code == 200
    assert first.json()["refresh_token"] == again.json()["refresh_token"]


def test_a_refresh_token_used_again_later_ends_the_family(client_as):
    client = client_as(None)
    token = _log_in(client).json()["refresh_token"]
    newest = client.post("/auth/refresh", json={"refresh_token": token}).json()
    with clock.shifted_to(clock.now() + timedelta(seconds=61)):
        assert client.post("/auth/refresh", json={"refresh_token": token}).json()["code"] == "refresh.replayed"
    assert client.post("/auth/refresh", json={"refresh_token": newest["refresh_token"]}).json()["code"] == "refresh.wrong"
    assert client.get("/auth/me", headers={"Authorization": f"Bearer {newest['access_token']}"}).status_code == 401


def test_logging_out_ends_the_access_token_too(client_as):
    client = client_as(None)
    tokens = _log_in(client).json()
    assert client.post("/auth/logout", json={"refresh_token": tokens["refresh_token"]}).status_code == 204
    assert client.get("/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401


def test_a_system_logs_in_by_client_credentials_only(client_as):
    assert client_as("payroll").get("/auth/me").json()["role"] == "payroll"
    assert _log_in(client_as(None), login="payroll").status_code == 401
