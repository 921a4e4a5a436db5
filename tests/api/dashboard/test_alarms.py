"""Alarms by HTTP: one's own thresholds, looked at by the job, told by a notice, and gone when it is over."""

from datetime import date

import pytest
from sqlalchemy import select, text

from app.core import clock
from app.core.db import set_scope
from app.figures.alarms.service import MOST, look_at_alarms
from app.models.figures import FigureAlarm
from app.models.notice import Notice
from app.models.organisation import Role
from tests.api.dashboard.test_bulk import make_second_grid_manager
from tests.factories import NOW, grid, staff
from tests.sums import add_up_days, matured, put_day

ALARMS = "/dashboard/v1/alarms"
LOW = {"unit_code": "G11", "metric": "success_rate", "side": "below", "threshold": "0.2", "days": 30}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


def put(company, won):
    set_scope(company, scope="all")
    company.execute(text("DELETE FROM daily_figures"))
    put_day(company, "ana", date(2026, 10, 5), **matured(won, 100, 20.0))
    add_up_days(company)
    company.commit()


def look(company):
    set_scope(company, scope="all")
    counts = look_at_alarms(company, now=NOW)
    company.commit()
    return counts


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ALARMS), ("POST", ALARMS), ("PUT", f"{ALARMS}/1"), ("DELETE", f"{ALARMS}/1")]
)
def test_alarms_are_for_those_who_lead(client_as, method, path):
    assert client_as(None).request(method, path).status_code == 401
    for login in ("ana", "payroll"):
        assert client_as(login).request(method, path, json=LOW).status_code == 403


def test_a_figure_beyond_ones_threshold_is_told_once_and_resolved_when_it_is_over(client_as, company):
    bea = client_as("bea")
    alarm = bea.post(ALARMS, json=LOW).json()
    put(company, won=10)
    assert look(company) == {"alarms": 1, "raised": 1, "resolved": 0}
    assert look(company) == {"alarms": 1, "raised": 0, "resolved": 0}
    (notice,) = bea.get("/dashboard/v1/notices").json()["items"]
    assert notice["text_en"] == "G11: Success rate of 30 days is 0.1000, below your 0.2"
    assert notice["text_zh"] == "G11：近 30 天目标客户营销成功率 0.1000，低于您设的 0.2"
    assert client_as("chen").get("/dashboard/v1/notices").json()["items"] == []
    shown = bea.get(ALARMS).json()["items"][0]
    assert (shown["id"], shown["value"], shown["raised_at"] is not None) == (alarm["id"], "0.10000000", True)
    put(company, won=30)
    assert look(company)["resolved"] == 1
    assert bea.get("/dashboard/v1/notices").json()["items"] == []
    assert bea.get(ALARMS).json()["items"][0]["raised_at"] is None


def test_an_alarm_is_told_to_who_set_it_and_to_no_colleague_of_the_same_role(client_as, company):
    make_second_grid_manager(company)
    chen, chan = client_as("chen"), client_as("chan")
    chen.post(ALARMS, json=LOW)
    put(company, won=10)
    look(company)
    (notice,) = chen.get("/dashboard/v1/notices").json()["items"]
    assert chan.get("/dashboard/v1/notices").json() == {"items": [], "unread": 0, "next_cursor": None}
    assert chan.post(f"/dashboard/v1/notices/{notice['id']}/read").status_code == 404
    for name, seen in (("chen", 1), ("chan", 0)):
        person = staff(company, name)
        set_scope(company, scope="grids", grid_ids=[person.unit_id], staff_id=person.id)
        assert len(company.scalars(select(Notice)).all()) == seen, name


def test_an_alarm_follows_who_set_it_to_another_unit_that_has_it_too(client_as, company):
    bea = client_as("bea")
    bea.post(ALARMS, json=LOW)
    put(company, won=10)
    look(company)
    set_scope(company, scope="all")
    staff(company, "bea").unit_id = grid(company, "G11").id
    staff(company, "bea").role = Role.GRID_MANAGER
    company.commit()
    assert bea.get("/dashboard/v1/notices").json()["items"] == []
    assert look(company) == {"alarms": 1, "raised": 1, "resolved": 0}
    assert len(bea.get("/dashboard/v1/notices").json()["items"]) == 1
    assert client_as("chen").get("/dashboard/v1/notices").json()["items"] == []


def test_a_certain_alarm_waits_until_the_whole_interval_is_beyond(client_as, company):
    client_as("bea").post(ALARMS, json=LOW | {"threshold": "0.12", "certain": True})
    put(company, won=10)
    assert look(company)["raised"] == 0
    put(company, won=3)
    assert look(company)["raised"] == 1


def test_everybody_sees_and_changes_only_their_own(client_as):
    bea = client_as("bea")
    alarm = bea.post(ALARMS, json=LOW).json()
    for login in ("chen", "ada", "pia"):
        other = client_as(login)
        assert other.get(ALARMS).json()["items"] == []
        answers = [other.put(f"{ALARMS}/{alarm['id']}", json=LOW | {"days": 1}), other.delete(f"{ALARMS}/{alarm['id']}")]
        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "alarm.unknown")}
    changed = bea.put(f"{ALARMS}/{alarm['id']}", json=LOW | {"side": "above", "unit_code": "B1"}).json()
    assert (changed["side"], changed["unit_code"], changed["days"]) == ("above", "B1", 30)
    assert bea.delete(f"{ALARMS}/{alarm['id']}").status_code == 204
    assert bea.get(ALARMS).json()["items"] == []


def test_the_database_shows_nobody_the_alarms_of_another(client_as, company):
    client_as("bea").post(ALARMS, json=LOW)
    for name, seen in (("bea", 1), ("chen", 0)):
        set_scope(company, scope="grids", grid_ids=[1, 2, 3, 4, 5, 6, 7], staff_id=staff(company, name).id)
        assert len(company.scalars(select(FigureAlarm)).all()) == seen


def test_what_is_taken_away_or_changed_leaves_no_notice(client_as, company):
    bea, ids = client_as("bea"), []
    for metric in ("success_rate", "success_index"):
        ids.append(bea.post(ALARMS, json=LOW | {"metric": metric, "threshold": "9"}).json()["id"])
    put(company, won=10)
    assert look(company)["raised"] == 2
    bea.delete(f"{ALARMS}/{ids[0]}")
    bea.put(f"{ALARMS}/{ids[1]}", json=LOW | {"threshold": "0"})
    set_scope(company, scope="all")
    assert company.scalars(select(Notice).where(Notice.resolved_at.is_(None))).all() == []


def test_who_no_longer_leads_the_unit_is_not_told_of_it(client_as, company):
    client_as("bea").post(ALARMS, json=LOW)
    put(company, won=10)
    set_scope(company, scope="all")
    staff(company, "bea").unit_id = staff(company, "fu").unit_id
    company.commit()
    assert look(company) == {"alarms": 1, "raised": 0, "resolved": 0}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"unit_code": "G21"}, "unit.unknown"),
        ({"unit_code": "CO"}, "unit.unknown"),
        ({"metric": "auc"}, "invalid"),
        ({"days": 0}, "request.invalid"),
        ({"side": "beside"}, "request.invalid"),
        ({"threshold": "1e400"}, "request.invalid"),
        ({"more": 1}, "request.invalid"),
    ],
)
def test_what_cannot_be_watched_is_said(client_as, wrong, code):
    answer = client_as("bea").post(ALARMS, json=LOW | wrong)
    assert answer.status_code in (404, 422)
    assert answer.json()["code"] == code


def test_nobody_has_more_alarms_than_one_person_looks_at(client_as, company):
    bea = staff(company, "bea")
    company.add_all(
        FigureAlarm(
            staff_id=bea.id, unit_id=bea.unit_id, metric="cost", side="above", threshold=n, days=1, certain=False, created_at=NOW
        )
        for n in range(MOST)
    )
    company.commit()
    answer = client_as("bea").post(ALARMS, json=LOW)
    assert (answer.status_code, answer.json()["code"]) == (409, "alarm.too_many")
