"""People, their accounts and units: looked for, opened with a password that must be changed, switched off; all on record."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import set_scope
from app.models.organisation import Account, Staff
from tests.cast import LONG_AGO, PASSWORD
from tests.factories import get, grid

PEOPLE, ACCOUNTS = "/operations/v1/people", "/operations/v1/accounts"
OWN = "my own long password"


@pytest.fixture
def ada(client_as):
    return client_as("ada")


@pytest.fixture
def gil(company):
    """Somebody of the staff feed who cannot log in yet."""
    unit = grid(company, "G21")
    company.add(Staff(staff_no="GIL", name="Gil 100%", role="terminal_manager", unit_id=unit.id, active_from=LONG_AGO))
    company.commit()


def names(answer):
    assert answer.status_code == 200, answer.text
    return [one["staff_no"] for one in answer.json()["items"]]


def log_in(client, login, password):
    return client.post("/auth/login", json={"login": login, "password": password})


def choose(client, login, password, new=OWN):
    return client.post("/auth/password", json={"login": login, "password": password, "new_password": new})


def test_people_are_found_by_number_name_role_unit_and_account(ada, gil):
    assert names(ada.get(PEOPLE)) == ["ADA", "ANA", "BEA", "BO", "CHEN", "CY", "DEE", "FU", "GIL", "LIN", "PIA"]
    assert names(ada.get(PEOPLE, params={"text": "an"})) == ["ANA"]
    assert names(ada.get(PEOPLE, params={"text": "100%"})) == ["GIL"]
    assert names(ada.get(PEOPLE, params={"text": "%"})) == ["GIL"]
    assert names(ada.get(PEOPLE, params={"role": "grid_manager"})) == ["CHEN", "FU"]
    assert names(ada.get(PEOPLE, params={"unit": "B2"})) == ["DEE", "GIL"]
    assert names(ada.get(PEOPLE, params={"unit": "CO"})) == names(ada.get(PEOPLE))
    assert names(ada.get(PEOPLE, params={"account": "none"})) == ["GIL"]
    assert names(ada.get(PEOPLE, params={"unit": "NOWHERE"})) == []
    assert ada.get(PEOPLE, params={"role": "king"}).status_code == 422
    (shown,) = ada.get(PEOPLE, params={"text": "ada"}).json()["items"]
    assert (shown["login"], shown["works"], shown["last_log_in_at"] is None) == ("ada", True, False)


def test_pages_follow_one_another_and_a_cursor_is_of_its_own_search(ada):
    first = ada.get(PEOPLE, params={"limit": 4}).json()
    second = ada.get(PEOPLE, params={"limit": 4, "cursor": first["next_cursor"]})
    assert names(second) == ["CHEN", "CY", "DEE", "FU"]
    assert ada.get(PEOPLE, params={"text": "a", "cursor": first["next_cursor"]}).json()["code"] == "cursor.wrong"


def test_units_say_what_they_belong_to_and_who_works_there(ada):
    units = {one["code"]: one for one in ada.get("/operations/v1/units").json()["items"]}
    assert (units["G11"]["parent_code"], units["G11"]["people"], units["G11"]["managers"]) == ("B1", 3, 2)
    assert (units["CO"]["parent_code"], units["CO"]["kind"]) == (None, "company")


def test_an_account_opens_nothing_until_its_own_password_is_chosen(ada, gil, client_as):
    said = {"login": "gil", "staff_no": "GIL", "reason": "new in the grid"}
    made = ada.post(ACCOUNTS, json=said)
    assert made.status_code == 201, made.text
    temporary, nobody = made.json()["temporary_password"], client_as(None)
    refused = log_in(nobody, "gil", temporary)
    assert (refused.status_code, refused.json()["code"]) == (403, "login.password_temporary")
    assert choose(nobody, "gil", temporary, temporary).status_code == 422
    assert choose(nobody, "gil", temporary, "short").json()["errors"][0]["field"] == "new_password"
    assert choose(nobody, "gil", "another password").status_code == 401
    assert choose(nobody, "gil", temporary).status_code == 204
    assert log_in(nobody, "gil", temporary).status_code == 401
    assert log_in(nobody, "gil", OWN).status_code == 200
    assert ada.post(ACCOUNTS, json=said).json()["code"] == "login.taken"
    assert ada.post(ACCOUNTS, json=said | {"login": "gil2", "staff_no": "NOBODY"}).status_code == 404


def test_a_temporary_password_is_over_after_three_days(ada, client_as):
    made = ada.post(f"{ACCOUNTS}/bo/password", json={"reason": "forgot it"}).json()["temporary_password"]
    with clock.shifted_to(clock.now() + timedelta(hours=73)):
        assert choose(client_as(None), "bo", made).status_code == log_in(client_as(None), "bo", made).status_code == 401


def test_a_reset_ends_every_log_in_of_the_person(ada, client_as):
    bo = client_as("bo")
    assert bo.get("/auth/me").status_code == 200
    assert ada.post(f"{ACCOUNTS}/bo/password", json={"reason": "forgot it"}).status_code == 200
    assert bo.get("/auth/me").status_code == 401
    assert log_in(client_as(None), "bo", PASSWORD).status_code == 401


def test_a_system_is_given_no_temporary_password(ada):
    assert ada.post(f"{ACCOUNTS}/payroll/password", json={"reason": "why not"}).status_code == 422
    assert choose(ada, "payroll", PASSWORD).status_code == 401


def test_an_account_is_switched_off_at_once_and_on_again(ada, client_as):
    bo, why = client_as("bo"), {"reason": "left the company"}
    assert ada.post(f"{ACCOUNTS}/bo/disable", json=why).status_code == 200
    assert bo.get("/auth/me").status_code == log_in(client_as(None), "bo", PASSWORD).status_code == 401
    assert ada.post(f"{ACCOUNTS}/bo/disable", json=why).json()["code"] == "account.state"
    assert names(ada.get(PEOPLE, params={"account": "off"})) == ["BO"]
    assert ada.post(f"{ACCOUNTS}/bo/enable", json={"reason": "came back"}).json()["disabled_at"] is None
    assert bo.get("/auth/me").status_code == 401
    assert log_in(client_as(None), "bo", PASSWORD).status_code == 200
    assert ada.post(f"{ACCOUNTS}/ada/disable", json=why).json()["code"] == "account.own"
    assert ada.post(f"{ACCOUNTS}/nobody/disable", json=why).json()["code"] == "account.unknown"


def test_what_was_done_to_an_account_stays(ada, company):
    ada.post(f"{ACCOUNTS}/bo/disable", json={"reason": "left the company"})
    set_scope(company, scope="all")
    bo = get(company, Account, login="bo")
    rows = company.execute(text("SELECT act, reason FROM account_events WHERE account_id = :id"), {"id": bo.id}).all()
    assert [tuple(row) for row in rows] == [("disabled", "left the company")]
    with pytest.raises(DBAPIError, match=r"append|permission denied"):
        company.execute(text("DELETE FROM account_events"))


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "lin", "payroll"])
def test_only_an_administrator_does_any_of_this(client_as, login):
    client, why = client_as(login), {"reason": "because I can"}
    answers = [client.get(PEOPLE), client.get("/operations/v1/units"), client.get("/operations/v1/permissions")]
    answers += [client.post(f"{ACCOUNTS}/bo/{verb}", json=why) for verb in ("password", "disable", "enable")]
    answers.append(client.post(ACCOUNTS, json=why | {"login": "x", "staff_no": "BO"}))
    assert {one.status_code for one in answers} == {403}
