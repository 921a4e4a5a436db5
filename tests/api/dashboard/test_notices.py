"""Notices reach whoever has the role in the unit, and nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.db import set_scope
from app.models.notice import Notice
from app.models.organisation import Role
from app.notices.inbox import Told, put_notices, settle_notices
from tests import factories as make
from tests.factories import NOW

NOTICES = "/dashboard/v1/notices"


def tell(session, unit="G11", role=Role.GRID_MANAGER, subject="a", orders=4, now=NOW):
    data = {"level": "grid", "rule": "overdue", "grid_code": unit, "unit_code": unit, "orders": orders, "since": "2026-10-09"}
    ana = make.staff(session, "ana").id
    (notice_id,) = put_notices(session, [Told("escalation", make.grid(session, unit).id, role, subject, data, ana)], now=now)
    return notice_id


@pytest.fixture
def told(company):
    """Notices: two to Chen's grid, one to Fu's, one to Bea's branch; ids by subject."""
    ids = {
        "first": tell(company, subject="first"),
        "second": tell(company, subject="second"),
        "other": tell(company, unit="G12"),
        "branch": tell(company, unit="B1", role=Role.BRANCH_MANAGER),
    }
    company.commit()
    return ids


CALLS = [("GET", NOTICES), ("POST", f"{NOTICES}/read"), ("POST", f"{NOTICES}/1/read")]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_notices_are_for_those_who_manage(client_as, method, path):
    assert client_as(None).request(method, path).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).request(method, path).status_code == 403


@pytest.mark.parametrize(
    ("login", "subjects"),
    [("chen", ["second", "first"]), ("fu", ["other"]), ("bea", ["branch"]), ("pia", []), ("lin", []), ("ada", [])],
)
def test_everybody_sees_those_to_their_role_in_their_unit(client_as, told, login, subjects):
    shown = client_as(login).get(NOTICES).json()
    assert [notice["id"] for notice in shown["items"]] == [told[subject] for subject in subjects]
    assert shown["unread"] == len(subjects)


@pytest.mark.parametrize("login", ["fu", "bea", "pia", "ada"])
def test_anothers_notice_is_as_if_it_were_not_there(client_as, told, login):
    answers = [client_as(login).post(f"{NOTICES}/{n}/read") for n in (told["first"], 999_999)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "notice.unknown")}
    assert client_as("chen").get(NOTICES).json()["unread"] == 2


def test_a_notice_says_in_chinese_and_english_what_is_open(client_as, told):
    notice = client_as("chen").get(NOTICES).json()["items"][0]
    assert notice["text_zh"] == "G11 Ana：已逾期的工单 4 张，最早自 2026-10-09"
    assert notice["text_en"] == "G11 Ana: 4 work orders overdue, the oldest since 2026-10-09"
    assert (notice["staff_no"], notice["read"]) == ("ANA", False)


def test_what_is_read_is_read_until_it_is_raised_again(client_as, told, company):
    chen = client_as("chen")
    assert chen.post(f"{NOTICES}/{told['first']}/read").json()["read"] is True
    assert chen.get(NOTICES).json()["unread"] == 1
    assert chen.post(f"{NOTICES}/read").json() == {"read": 1}
    assert chen.post(f"{NOTICES}/read").json() == {"read": 0}
    set_scope(company, scope="all")
    again = tell(company, subject="first", orders=5, now=NOW + timedelta(days=900))
    company.commit()
    assert again == told["first"]
    shown = chen.get(NOTICES).json()
    assert (shown["unread"], len(shown["items"])) == (1, 2)


def test_what_is_resolved_is_shown_only_to_who_asks(client_as, told, company):
    set_scope(company, scope="all")
    settle_notices(company, counts={told["first"]: 0, told["second"]: 3}, now=NOW)
    company.commit()
    chen = client_as("chen")
    shown = chen.get(NOTICES).json()
    assert ([n["id"] for n in shown["items"]], shown["unread"]) == ([told["second"]], 1)
    assert shown["items"][0]["data"]["orders"] == 3
    everything = chen.get(NOTICES, params={"resolved": True}).json()["items"]
    assert [n["id"] for n in everything] == [told["second"], told["first"]]


def test_notices_are_leafed_through_by_ones_own_cursor(client_as, told):
    chen = client_as("chen")
    first = chen.get(NOTICES, params={"limit": 1}).json()
    rest = chen.get(NOTICES, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [n["id"] for n in first["items"] + rest["items"]] == [told["second"], told["first"]]
    assert client_as("fu").get(NOTICES, params={"cursor": first["next_cursor"]}).status_code == 422


def test_the_database_itself_shows_a_notice_to_its_role_in_its_unit_alone(company, told):
    set_scope(company, scope="all")
    people = {name: make.staff(company, name) for name in ("ana", "chen", "fu", "bea")}
    seen = {}
    for name, person in people.items():
        scope = "own" if name == "ana" else "grids"
        set_scope(company, scope=scope, grid_ids=[make.grid(company, code).id for code in ("G11", "G12")], staff_id=person.id)
        seen[name] = set(company.scalars(select(Notice.id)))
    assert seen == {
        "ana": set(),
        "chen": {told["first"], told["second"]},
        "fu": {told["other"]},
        "bea": {told["branch"]},
    }
