"""Managers over time, and the months of payroll, as people look at them: behind their own permissions; each look is kept."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from app.access.grants import give_permission
from app.core import clock
from app.core.db import set_scope
from app.models.access import Permission
from app.models.evidence import ReviewCase
from app.points.closing.close import close_month
from app.reports.personnel.months import look_at_person
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from tests.factories import NOW, get, staff
from tests.truth import CLOSING, OCTOBER, make_anas_october, principal_of

PEOPLE, PAYROLL = "/dashboard/v1/personnel", "/dashboard/v1/payroll"


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


@pytest.fixture
def october(company):
    """Ana's October, closed, and Chen may look at people."""
    make_anas_october(company)
    ana = staff(company, "ana")
    open_cases(company, month=OCTOBER, cases=[Case(ana.id, ana.unit_id, (Reason("r", 1, "x", "x", {}),))], now=NOW)
    close_month(company, month=OCTOBER, now=CLOSING)
    give(company, "CHEN", Permission.PERSONNEL)
    company.commit()
    set_scope(company, scope="all")


def give(company, staff_no, permission):
    until = clock.local_date(CLOSING) + timedelta(days=9)
    by = principal_of(company, "ada")
    set_scope(company, scope="all", staff_id=by.staff_id)
    give_permission(company, staff_no=staff_no, permission=permission, reason="for the postings", until=until, by=by, now=CLOSING)


def test_a_manager_is_seen_month_by_month_with_what_is_sure_of_it(client_as, october):
    answer = client_as("chen").get(f"{PEOPLE}/ANA")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    (month,) = found["months"]
    assert (month["month"], month["successes"], month["matured"], month["cases"]) == ("2026-10", "1", "8", 1)
    index, accuracy = month["index"], month["accuracy"]
    assert float(index["low"]) < float(index["value"]) < float(index["high"])
    assert (accuracy["value"], index["few"], accuracy["few"]) == ("0.8000", True, False)
    assert found["together"]["months"] == 1
    assert client_as("chen").get(f"{PEOPLE}/ANA?months=61").status_code == 422


def test_people_of_a_unit_stand_side_by_side_and_who_closed_no_month_says_so(client_as, october, company):
    items = {one["staff_no"]: one["together"] for one in client_as("chen").get(f"{PEOPLE}?unit=G11").json()["items"]}
    assert list(items) == ["ANA", "BO"]
    assert Decimal(items["ANA"]["points"]) > 0
    assert items["BO"] is None or items["BO"]["index"]["few"]
    one = get(company, ReviewCase, staff_id=staff(company, "ana").id)
    chen, bea = (principal_of(company, who).account_id for who in ("chen", "bea"))
    one.decision, one.decision_reason, one.decided_at, one.decided_by_account_id = "upheld", "it is not true", NOW, chen
    one.seconded_by_account_id = bea
    one.seconded_at = NOW
    company.commit()
    assert client_as("chen").get(f"{PEOPLE}/ANA").json()["together"]["upheld"] == 1


def test_a_unit_or_person_elsewhere_is_not_there(client_as, october):
    chen = client_as("chen")
    for path in (
        f"{PEOPLE}?unit=G12",
        f"{PEOPLE}?unit=B1",
        f"{PEOPLE}?unit=NONE",
        f"{PEOPLE}/CY",
        f"{PEOPLE}/CHEN",
        f"{PEOPLE}/X",
    ):
        assert chen.get(path).status_code == 404, path
    assert chen.get(f"{PEOPLE}/CY").json() == chen.get(f"{PEOPLE}/NOBODY").json()


def test_months_elsewhere_of_who_came_to_my_grid_are_not_asked_for(october, company):
    fu = principal_of(company, "fu")
    staff(company, "ana").unit_id = fu.unit_id
    set_scope(company, scope="all", staff_id=fu.staff_id)
    assert look_at_person(company, staff_no="ANA", months=12, principal=fu, now=CLOSING).months == []


def test_each_look_is_kept_before_anything_is_shown(client_as, october):
    chen, ada = client_as("chen"), client_as("ada")
    chen.get(f"{PEOPLE}/ANA")
    chen.get(f"{PEOPLE}?unit=G11")
    chen.get(f"{PEOPLE}/CY")
    entries = ada.get("/operations/v1/audit", params={"who": "chen"}).json()["items"]
    assert [(one["act"], one["object"]) for one in entries] == [
        ("personnel.looked", "unit:G11"),
        ("personnel.looked", "staff:ANA"),
    ]


def test_nobody_looks_by_their_role_alone(client_as, october, company):
    for login in ("ana", "bea", "pia", "lin", "ada", "payroll"):
        client = client_as(login)
        found = {client.get(f"{PEOPLE}/ANA").status_code, client.get(f"{PEOPLE}?unit=G11").status_code}
        assert found == {403}, login
    assert client_as(None).get(f"{PEOPLE}/ANA").status_code == 401
    give(company, "LIN", Permission.PERSONNEL)
    give(company, "FU", Permission.PAYROLL_CONSOLE)
    company.commit()
    assert client_as("lin").get(f"{PEOPLE}?unit=CO").status_code == 200
    assert client_as("fu").get(f"{PEOPLE}?unit=G12").status_code == 403


def test_months_files_and_their_acknowledgement_are_shown(client_as, october):
    ada, payroll = client_as("ada"), client_as("payroll")
    months = ada.get(f"{PAYROLL}/months").json()["items"]
    assert [(one["month"], one["state"]) for one in months] == [("2026-11", "open"), ("2026-10", "closed")]
    assert (months[1]["files"], months[1]["held"], months[1]["row_count"]) == (1, 0, 12)
    (file,) = ada.get(f"{PAYROLL}/months/2026-10/files").json()["items"]
    content = ada.get(f"{PAYROLL}/months/2026-10/files/1/lines.csv").content
    assert content == payroll.get("/payroll/v1/months/2026-10/files/1/lines.csv").content
    said = ada.get(f"{PAYROLL}/months/2026-10/reconciliation").json()
    assert said == {"agrees": False, "waiting": 1, "differences": []}
    body = {"sha256": file["csv_sha256"], "row_count": file["row_count"]}
    assert payroll.post("/payroll/v1/months/2026-10/acknowledgement", json=body).status_code == 200
    assert ada.get(f"{PAYROLL}/months/2026-10/reconciliation").json()["agrees"] is True
    assert ada.get(f"{PAYROLL}/months").json()["items"][1]["held"] == 1
    assert ada.get(f"{PAYROLL}/months/2026-09/files").status_code == 409


def test_the_months_are_for_administrators_and_whom_they_let(client_as, october, company):
    for login in ("ana", "chen", "bea", "pia", "lin", "payroll"):
        client = client_as(login)
        paths = ("months", "months/2026-10/files", "months/2026-10/files/1/lines.csv", "months/2026-10/reconciliation")
        assert {client.get(f"{PAYROLL}/{path}").status_code for path in paths} == {403}, login
    give(company, "PIA", Permission.PAYROLL_CONSOLE)
    company.commit()
    assert client_as("pia").get(f"{PAYROLL}/months/2026-10/files").status_code == 200
    assert client_as("pia").get(f"{PEOPLE}?unit=G11").status_code == 403


def test_the_database_hides_the_months_of_others_from_who_may_look_at_people(company, october):
    set_scope(company, scope="grids", grid_ids=[staff(company, "cy").unit_id])
    assert company.scalar(text("SELECT count(*) FROM monthly_statements WHERE staff_id = 1")) == 0
