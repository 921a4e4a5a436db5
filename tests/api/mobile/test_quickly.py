"""The short way of the two routes that every phone asks all day: the same answers and rows, and a way out of every trouble."""

import random
import re
import uuid
from datetime import timedelta

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.api.mobile import quick
from app.api.observe import REQUESTS
from app.api.router import SHORT_WAYS
from app.core import clock, hot
from app.core.db import make_engine, make_sessions, set_scope
from app.dispatch.life import move_work_order
from app.dispatch.queries import lock_work_order
from app.dispatch.states import Event
from app.feedback import quick as feedback_quick
from app.main import create_app
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrder, WorkOrderEvent
from app.settings import Settings
from tests.cast import PASSWORD
from tests.factories import NOW, make_campaign, make_scores, make_work_order, staff
from tests.phones import Phone, batch, report, stamp
from tests.postgres import clone

PULL, SEND = "/mobile/v1/work-orders", "/mobile/v1/feedback"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def orders(company):
    """Ana's on C01 to C06."""
    run = make_scores(company, ["C01"])
    campaign = make_campaign(company, scoring_run_id=run.id)
    made = [make_work_order(company, campaign=campaign, customer_no=f"C{n:02d}") for n in range(1, 7)]
    company.commit()
    set_scope(company, scope="all")
    return made


@pytest.fixture
def phone(client_as, orders):
    return Phone(client_as("ana"))


def only_quickly(api):
    """The ordinary way is closed: whatever is answered has come the short one."""
    api.state.sessions = None


def only_ordinarily(monkeypatch):
    """The short way gives nothing."""

    async def nothing(*_):
        return None

    monkeypatch.setattr("app.api.quick._try", nothing)


def test_every_short_way_is_of_a_route_and_counted_under_its_path(api, phone):
    paths = api.openapi()["paths"]
    assert all(way.method.lower() in paths[way.path] for way in SHORT_WAYS)
    only_quickly(api)
    counted = REQUESTS.labels("GET", PULL, "200")
    before = counted._value.get()
    assert phone.client.get(PULL).status_code == 200
    assert counted._value.get() == before + 1


def test_pulls_and_plain_reports_take_the_short_way(phone, orders, api):
    phone.client.get("/auth/me")
    only_quickly(api)
    assert [answer["full"] for answer in phone.pull()] == [True]
    items = [report(orders[0].id, "not_reached", order_sequence=1), report(orders[0].id, "bought", order_sequence=2, note="x")]
    items += [report(orders[1].id, "callback", reached=True, elapsed_ms=5_000, latitude=39.0, longitude=117.0)]
    assert [one["status"] for one in phone.send(*items)] == ["accepted"] * 3
    assert phone.send(*reversed(items)) == list(reversed(phone.send(*items)))
    assert [answer["full"] for answer in phone.pull()] == [False]
    assert len(phone.orders) == 5
    assert phone.set_hash == phone.told_hash


def test_what_is_pulled_the_short_way_is_to_the_letter_what_is_pulled_the_other_way(phone, orders, company, monkeypatch):
    phone.send(report(orders[0].id, "interested", note='"quoted" \\ and 中文\t'), report(orders[1].id, "bought"))
    phone.pull()
    cursor = phone.cursor
    move_work_order(company, work_order=lock_work_order(company, orders[2].id), event=Event.WITHDRAWN, now=NOW)
    bo = staff(company, "bo").id
    move_work_order(company, work_order=lock_work_order(company, orders[3].id), event=Event.REASSIGNED, now=NOW, to_staff_id=bo)
    company.commit()
    asked = [{}, {"cursor": cursor}, {"cursor": cursor, "set_hash": "0" * 64}, {"max_bytes": "4000"}, {"cursor": "x"}]
    asked += [{"max_bytes": "3"}, {"max_bytes": "x"}, {"set_hash": "x"}, {"cursor": ""}, {"more": "x"}]
    quickly = [phone.client.get(PULL, params=params) for params in asked]
    only_ordinarily(monkeypatch)
    ordinarily = [phone.client.get(PULL, params=params) for params in asked]
    said = [
        [(one.status_code, re.sub(r'"cursor":"[^"]*"', "", one.text)) for one in way] for way in (quickly, ordinarily)
    ]  # a cursor says when it was given
    assert said[0] == said[1]
    assert [one.status_code for one in quickly] == [200, 200, 200, 200, 422, 422, 422, 422, 422, 200]
    assert {item.get("reason") for item in quickly[1].json()["items"]} >= {"withdrawn", "reassigned"}


def make_world(url):
    """The same orders, with the same ids, in a database of its own."""
    engine = make_engine(url)
    with make_sessions(engine)() as session:
        set_scope(session, scope="all")
        campaign = make_campaign(session, code="SAME")
        for n in range(1, 9):
            state = {"state": "withdrawn", "closed_at": NOW - timedelta(hours=1)} if n == 8 else {}
            make_work_order(session, campaign=campaign, customer_no=f"C{n:02d}", id=1_000 + n, **state)
        make_work_order(session, campaign=campaign, customer_no="C11", manager="cy", id=2_000)
        session.commit()
    engine.dispose()


def written(url):
    """What reports left behind."""
    engine = make_engine(url)
    kept = {
        ContactFeedback: "SELECT * FROM contact_feedback ORDER BY id",
        WorkOrder: "SELECT id, state, closed_at, close_reason, pooled_at, staff_id, version > 1 FROM work_orders ORDER BY id",
        WorkOrderEvent: "SELECT work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id,"
        " actor_account_id, reason FROM work_order_events ORDER BY 1, 2, 3, 4, 5, 9",
        "aside": "SELECT feedback_id, code, waits_for_id, released_at FROM feedback_quarantine ORDER BY 1, 2",
        "outbox": "SELECT count(*) FROM outbox_events",
    }
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('gridwork.scope', 'all', true)"))
        found = {table: connection.execute(text(sql)).all() for table, sql in kept.items()}
    engine.dispose()
    return found


def queue_of(chance):
    """A phone's day: plain reports, corrections, retries, conflicts, orders of others, poison; it overtakes itself."""
    made = []
    for _ in range(60):
        order = chance.choice([*range(1_001, 1_009), 2_000, 9_999])
        outcome = chance.choice(["interested", "not_reached", "callback", "bought", "refused", "moved"])
        minutes = timedelta(minutes=chance.choice([5, 30, 90]))
        item = report(
            order, outcome, id=str(uuid.UUID(int=chance.getrandbits(128))), started_at=stamp(NOW - minutes), ended_at=None
        )
        match chance.randrange(12):
            case 0 if made:
                item = chance.choice(made)
            case 1 if made:
                item = {**item, "id": chance.choice(made)["id"]}
            case 2 if made:
                item = {**item, "corrects_id": chance.choice(made)["id"], "work_order_id": chance.choice(made)["work_order_id"]}
            case 3:
                item = {**item, "outcome": "sold"}
            case 4 | 5:
                item = {**item, "order_sequence": chance.randint(1, 3)}
        made.append(item)
    return made


@pytest.mark.parametrize("seed", range(6))
def test_a_day_of_reports_leaves_the_same_behind_whichever_way_it_is_taken(server, template, tmp_path, monkeypatch, seed):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    answers, left = [], []
    for way in ("quickly", "ordinarily"):
        chance = random.Random(seed)
        with clone(server, template) as url:
            make_world(url)
            app = create_app(Settings(database_url=url, home=tmp_path / way, log_level="ERROR", pool_size=4))
            with TestClient(app) as client:
                token = client.post("/auth/login", json={"login": "ana", "password": PASSWORD}).json()["access_token"]
                client.headers["Authorization"] = f"Bearer {token}"
                if way == "ordinarily":
                    only_ordinarily(monkeypatch)
                queue, said = queue_of(chance), []
                while queue:
                    some = queue[: chance.choice([1, 1, 2, 5])]
                    queue = queue[len(some) :]
                    answer = client.post(SEND, json=batch(*some))
                    said.append((answer.status_code, answer.json()))
            answers.append(said)
            left.append(written(url))
    assert answers[0] == answers[1]
    assert left[0] == left[1]


def test_a_report_whose_id_another_manager_has_used_goes_the_long_way_and_is_a_conflict(phone, orders, company, client_as):
    elsewhere = make_work_order(company, customer_no="C15", manager="dee")
    company.commit()
    item = report(elsewhere.id)
    assert Phone(client_as("dee")).send(item)[0]["status"] == "accepted"
    mine = {**item, "work_order_id": orders[0].id}
    assert phone.send(mine, report(orders[1].id))[0]["code"] == "feedback.id_conflict"
    assert phone.send(mine)[0]["code"] == "feedback.id_conflict"


def test_what_fails_at_the_end_of_the_short_way_is_undone_and_taken_the_long_way_once(phone, orders, company, monkeypatch):
    whole = feedback_quick.settle_plain

    def failing(*given, **more):
        settled = whole(*given, **more)
        return feedback_quick.Settled(settled.answers, [*settled.writes, ("SELECT 1 / 0", {})])

    monkeypatch.setattr(quick, "settle_plain", failing)
    assert phone.send(report(orders[0].id, "bought"))[0]["status"] == "accepted"
    set_scope(company, scope="all")
    for table in ("contact_feedback", "work_order_events"):
        assert company.scalar(text(f"SELECT count(*) FROM {table}")) == 1
    assert company.scalar(text("SELECT state FROM work_orders WHERE id = :id"), {"id": orders[0].id}) == "done"


def test_a_short_way_that_is_closed_costs_nobody_an_answer(phone, orders, monkeypatch):
    async def away(*_):
        raise psycopg.OperationalError("the database went away")

    monkeypatch.setattr(hot, "_ask", away)
    phone.pull()
    assert len(phone.orders) == 6
    assert phone.send(report(orders[0].id))[0]["status"] == "accepted"


def test_connections_that_the_database_ended_are_replaced_unnoticed(phone, orders, server):
    phone.pull()
    plain = make_engine(server, as_app=False)
    for n in range(3):
        with plain.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            ended = connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE '%phone_pulls%' AND pid <> pg_backend_pid()"
                )
            ).all()
        assert ended or n
        phone.pull()
        assert phone.send(report(orders[n].id))[0]["status"] == "accepted"
    plain.dispose()


def test_who_may_not_act_is_refused_the_short_way_as_the_other(client_as, phone, orders, company):
    token = phone.client.headers["Authorization"]
    bodies = [("GET", PULL, None), ("POST", SEND, batch(report(orders[0].id)))]
    for method, url, body in bodies:
        for login, status in ((None, 401), ("chen", 403), ("payroll", 403)):
            assert client_as(login).request(method, url, json=body).status_code == status, (url, login)
        for wrong in ("Bearer x", token + "x", "Basic x", "Bearer"):
            assert phone.client.request(method, url, json=body, headers={"Authorization": wrong}).status_code == 401, wrong
        with clock.shifted_to(NOW + timedelta(minutes=16)):
            assert phone.client.request(method, url, json=body).status_code == 401
    company.execute(text("UPDATE accounts SET disabled_at = now() WHERE login = 'ana'"))
    company.commit()
    assert [phone.client.request(method, url, json=body).status_code for method, url, body in bodies] == [401, 401]


def test_a_revoked_device_and_an_app_that_is_too_old_are_refused_the_short_way_as_the_other(phone, orders, company, api):
    company.execute(
        text(
            "INSERT INTO revoked_devices (account_id, device_id, revoked_at)"
            " SELECT id, 'lost', now() FROM accounts WHERE login = 'ana'"
        )
    )
    company.commit()
    api.state.settings = api.state.settings.model_copy(update={"minimum_app_version": "2.0"})
    for method, url, body in [("GET", PULL, None), ("POST", SEND, batch(report(orders[0].id)))]:
        said = [
            phone.client.request(method, url, json=body, headers=headers)
            for headers in ({"X-Device-Id": "lost"}, {"X-App-Version": "1.9"}, {"X-App-Version": "two"}, {"X-Device-Id": "a b"})
        ]
        assert [(one.status_code, one.json()["code"]) for one in said] == [
            (401, "device.revoked"), (426, "app.too_old"), (422, "invalid"), (422, "request.invalid"),
        ]  # fmt: skip
    only_quickly(api)
    good = {"X-Device-Id": "kept", "X-App-Version": "2.0.1"}
    assert phone.client.get(PULL, headers=good).status_code == 200


def test_a_plain_report_for_which_others_wait_takes_them_with_it(phone, orders, company):
    first, second = report(orders[0].id, order_sequence=1), report(orders[0].id, order_sequence=2)
    base = report(orders[1].id)
    correction = report(orders[1].id, "bought", corrects_id=base["id"])
    assert [phone.send(item)[0]["status"] for item in (second, correction, first, base)] == ["held", "held"] + ["accepted"] * 2
    set_scope(company, scope="all")
    assert company.scalar(text("SELECT count(*) FROM contact_feedback")) == 4
    assert company.scalar(text("SELECT count(*) FROM feedback_quarantine WHERE released_at IS NULL")) == 0


def test_a_report_that_waits_on_one_work_order_does_not_lengthen_the_way_of_those_on_others(phone, orders, api):
    assert phone.send(report(orders[0].id, order_sequence=2))[0]["status"] == "held"
    only_quickly(api)
    assert phone.send(report(orders[1].id))[0]["status"] == "accepted"


def test_a_contact_by_another_channel_than_the_campaigns_goes_the_long_way_on_which_limits_are_asked(phone, orders, api):
    phone.client.get("/auth/me")
    only_quickly(api)
    assert phone.send(report(orders[0].id))[0]["status"] == "accepted"
    with pytest.raises(AssertionError):
        phone.send(report(orders[1].id, channel="visit"))
