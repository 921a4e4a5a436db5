"""The secret under which a phone keeps its data: one for each log-in, told while that lives."""

from base64 import b64decode

from tests.cast import PASSWORD

PATH = "/mobile/v1/device-key"


def log_in(client, login):
    tokens = client.post("/auth/login", json={"login": login, "password": PASSWORD}).json()
    client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return tokens


def test_only_a_manager_of_customers_is_told_one(client_as):
    assert client_as(None).get(PATH).status_code == 401
    for login in ("chen", "pia", "payroll"):
        assert client_as(login).get(PATH).status_code == 403


def test_it_is_32_bytes_the_same_for_one_log_in_and_another_for_the_next(client_as):
    phone = client_as(None)
    log_in(phone, "ana")
    first = phone.get(PATH)
    assert first.headers["cache-control"] == "no-store"
    assert len(b64decode(first.json()["key"])) == 32
    assert phone.get(PATH).json() == first.json()
    log_in(phone, "ana")
    assert phone.get(PATH).json() != first.json()


def test_renewed_tokens_are_of_the_same_log_in(client_as):
    phone = client_as(None)
    tokens = log_in(phone, "ana")
    before = phone.get(PATH).json()
    renewed = phone.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).json()
    phone.headers["Authorization"] = f"Bearer {renewed['access_token']}"
    assert phone.get(PATH).json() == before


def test_it_dies_with_the_log_in(client_as):
    phone = client_as(None)
    tokens = log_in(phone, "ana")
    assert phone.get(PATH).status_code == 200
    phone.post("/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    assert phone.get(PATH).status_code == 401
