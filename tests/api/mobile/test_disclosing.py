"""Least data by HTTP: numbers are given one by one with a purpose and a quota; whoever looks elsewhere is seen doing so."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import make_engine, set_scope
from app.disclosure.relays import Dial
from app.disclosure.service import MOST_OPENINGS, resolve_old_news
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.disclosure import Disclosure
from app.models.notice import Notice, OutboxEvent
from app.models.organisation import Staff
from tests.factories import NOW, customer, make_work_order, staff

MINE, AUDIT = "/mobile/v1/customers/{}", "/dashboard/v1/disclosures"
WHY = {"purpose": "call back about the bill"}
URGENT = {"reason": "her neighbour says the line is burning"}


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def few(api):
    """A quota of two customers a day."""
    api.state.settings = api.state.settings.model_copy(update={"reveals_per_day": 2})


def reveal(client, number, body=WHY):
    return client.post(MINE.format(number) + "/reveal", json=body)


def open_up(client, number, body=URGENT):
    return client.post(MINE.format(number) + "/break-glass", json=body)


def own(company, *numbers, name="ana"):
    """These customers are hers."""
    for number in numbers:
        customer(company, number).owner_staff_id = staff(company, name).id
    company.commit()
    set_scope(company, scope="all")


def kept(company):
    set_scope(company, scope="all")
    return [(row.kind.value, row.customer_no, row.purpose) for row in company.query(Disclosure).order_by(Disclosure.id)]


def test_a_number_is_given_for_a_purpose_which_is_kept_for_ever(client_as, company):
    answer = reveal(client_as("ana"), "C01")
    assert (answer.status_code, answer.json()) == (200, {"phone": "13900000001", "reveals_left_today": 59})
    (shown,) = client_as("chen").get(AUDIT).json()["items"]
    assert (shown["kind"], shown["staff_no"], shown["customer_no"], shown["purpose"]) == ("reveal", "ANA", "C01", WHY["purpose"])
    for statement in ("UPDATE disclosures SET purpose = 'x'", "DELETE FROM disclosures", "TRUNCATE disclosures"):
        set_scope(company, scope="all")
        with pytest.raises(DBAPIError, match="permission denied"):
            company.execute(text(statement))
        company.rollback()


def test_not_even_the_owner_of_the_table_changes_what_was_kept(client_as, company, database):
    reveal(client_as("ana"), "C01")
    owner = make_engine(database, as_app=False)
    with owner.connect() as connection:
        connection.execute(text("SET gridwork.scope = 'all'"))
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("UPDATE disclosures SET purpose = 'x'"))
    owner.dispose()


def test_without_a_purpose_nothing_is_shown(client_as, company):
    ana = client_as("ana")
    for body in ({}, {"purpose": ""}, {"purpose": "   "}, {"purpose": None}, {"purpose": "x" * 300}, {"purpose": "a\x00b"}):
        answer = reveal(ana, "C01", body)
        assert (answer.status_code, "purpose" in answer.text, "139000" in answer.text) == (422, True, False), body
    assert kept(company) == []


@pytest.mark.parametrize(
    ("login", "number", "status"),
    [
        ("ana", "C01", 200), ("ana", "C03", 404), ("ana", "C11", 404), ("bo", "C01", 404), ("dee", "C01", 404),
        ("ana", "X99", 404), ("chen", "C01", 403), ("pia", "C01", 403), ("ada", "C01", 403), ("payroll", "C01", 403),
        (None, "C01", 401),
    ],
)  # fmt: skip
def test_who_is_given_whose_number_on_a_phone(client_as, company, login, number, status):
    assert reveal(client_as(login), number).status_code == status
    assert len(kept(company)) == (status == 200)


@pytest.mark.parametrize(
    ("login", "number", "status"),
    [
        ("chen", "C01", 200), ("chen", "C11", 404), ("fu", "C01", 404), ("bea", "C11", 200), ("bea", "C15", 404),
        ("ada", "C15", 200), ("ana", "C01", 403), ("pia", "C01", 403), ("lin", "C01", 403), ("payroll", "C01", 403),
        (None, "C01", 401),
    ],
)  # fmt: skip
def test_who_is_given_whose_number_on_the_dashboard(client_as, company, login, number, status):
    answer = client_as(login).post(f"/dashboard/v1/customers/{number}/reveal", json={"purpose": "back-check"})
    assert answer.status_code == status
    assert len(kept(company)) == (status == 200)


def test_the_same_customer_again_counts_once_and_is_kept_twice(client_as, company, few):
    ana = client_as("ana")
    assert [reveal(ana, "C01").json()["reveals_left_today"] for _ in range(2)] == [1, 1]
    assert len(kept(company)) == 2


def test_the_quota_ends_with_an_alarm_to_the_manager_and_to_other_systems(client_as, company, few):
    own(company, "C03")
    ana = client_as("ana")
    assert [reveal(ana, number).json()["reveals_left_today"] for number in ("C01", "C02")] == [1, 0]
    over = reveal(ana, "C03")
    assert (over.status_code, over.json()["code"]) == (429, "reveal.quota_reached")
    assert 13 * 3600 < int(over.headers["retry-after"]) <= 14 * 3600 + 1
    assert reveal(ana, "C01").status_code == 200
    (told,) = client_as("chen").get("/dashboard/v1/notices").json()["items"]
    assert "2 phone numbers shown, all that one person may see in a day, on 2026-10-12" in told["text_en"]
    assert "G11 Ana：已用完当日查看号码额度 2 个" in told["text_zh"]
    set_scope(company, scope="all")
    events = {str(event.payload) for event in company.query(OutboxEvent)}
    assert events == {str({"reveals": 2, "unit_code": "G11"})}
    with clock.shifted_to(NOW + timedelta(hours=14)):
        assert reveal(client_as("ana"), "C03").json()["reveals_left_today"] == 1


@pytest.mark.parametrize("trial", range(4))
def test_two_who_ask_at_once_for_the_last_number_get_one(client_as, company, few, trial):
    own(company, "C03", "C04")
    reveal(client_as("ana"), "C01")
    clients, together = [client_as("ana"), client_as("ana")], Barrier(2)

    def ask(number):
        together.wait()
        return reveal(clients[number], f"C0{number + 2}").status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(ask, range(2))) == [200, 429]


def test_a_call_hands_out_what_to_dial_for_a_live_order_and_counts_as_a_reveal(client_as, company):
    order = make_work_order(company, customer_no="C05", manager="ana")
    others = make_work_order(company, customer_no="C06", manager="bo")
    done = make_work_order(company, customer_no="C01", manager="ana", state="done")
    company.commit()
    ana = client_as("ana")
    answer = ana.post(MINE.format("C05") + "/call", json={"work_order_id": order.id})
    assert (answer.status_code, answer.json()) == (200, {"dial": "13900000005"})
    for number, order_id in (("C01", order.id), ("C05", others.id), ("C01", done.id), ("C05", 2**62)):
        wrong = ana.post(MINE.format(number) + "/call", json={"work_order_id": order_id})
        assert (wrong.status_code, wrong.json()["code"]) == (404, "work_order.unknown")
    assert kept(company) == [("call", "C05", "call")]
    assert reveal(ana, "C01").json()["reveals_left_today"] == 58


@pytest.mark.parametrize(
    ("login", "status"),
    [
        ("bo", 404),
        ("cy", 404),
        ("dee", 404),
        ("chen", 403),
        ("bea", 403),
        ("pia", 403),
        ("ada", 403),
        ("payroll", 403),
        (None, 401),
    ],
)
def test_who_may_not_call_by_a_work_order_of_anas(client_as, company, login, status):
    order = make_work_order(company, customer_no="C01", manager="ana")
    company.commit()
    answer = client_as(login).post(MINE.format("C01") + "/call", json={"work_order_id": order.id})
    assert (answer.status_code, "139" in answer.text) == (status, False)
    assert kept(company) == []


def test_through_a_relay_nobody_sees_the_number_and_the_quota_stays(client_as, company, api):
    calls = []

    def relay(call):
        calls.append(call)
        return Dial("95000,,417#", reveals=False)

    api.state.call_relay = relay
    order = make_work_order(company, customer_no="C01", manager="ana")
    company.commit()
    ana = client_as("ana")
    answer = ana.post(MINE.format("C01") + "/call", json={"work_order_id": order.id})
    assert (answer.json(), "139" in answer.text) == ({"dial": "95000,,417#"}, False)
    assert [(call.phone, call.customer_no, call.staff_no) for call in calls] == [("13900000001", "C01", "ANA")]
    assert kept(company) == [("relayed_call", "C01", "call")]
    assert reveal(ana, "C01").json()["reveals_left_today"] == 59


def test_a_relay_that_fails_is_busy_and_nothing_is_shown_or_kept(client_as, company, api):
    def relay(_):
        raise RuntimeError("13900000001 is engaged")

    api.state.call_relay = relay
    order = make_work_order(company, customer_no="C01", manager="ana")
    company.commit()
    answer = client_as("ana").post(MINE.format("C01") + "/call", json={"work_order_id": order.id})
    assert (answer.status_code, answer.json()["code"]) == (503, "call.relay_unavailable")
    assert "139" not in answer.text
    assert kept(company) == []


@pytest.mark.parametrize(
    ("scope", "revealed", "called"), [("all", 403, 403), ("call", 403, 403), ("broadband", 200, 403), ("sms", 200, 200)]
)
def test_who_does_not_want_to_be_called_is_not_called(client_as, company, scope, revealed, called):
    order = make_work_order(company, customer_no="C01", manager="ana")
    refusal = {"scope": scope, "status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    company.add(ContactPreference(customer_id=customer(company, "C01").id, **refusal))
    company.commit()
    ana = client_as("ana")
    assert reveal(ana, "C01").status_code == revealed
    assert ana.post(MINE.format("C01") + "/call", json={"work_order_id": order.id}).status_code == called
    managers = client_as("chen").post("/dashboard/v1/customers/C01/reveal", json={"purpose": "her complaint"})
    assert managers.status_code == 200


def test_a_customer_without_a_number_is_told(client_as, company):
    customer(company, "C01").phone = None
    company.commit()
    assert reveal(client_as("ana"), "C01").json()["code"] == "customer.no_phone"


def test_an_emergency_opens_a_customer_elsewhere_for_three_hours_and_both_managers_are_told(client_as, company):
    ana = client_as("ana")
    assert ana.get(MINE.format("C11")).status_code == 404
    opened = open_up(ana, "C11")
    assert opened.status_code == 200
    ends_at = datetime.fromisoformat(opened.json()["ends_at"])
    assert timedelta(0) <= ends_at - NOW - timedelta(hours=3) < timedelta(minutes=1)
    seen = ana.get(MINE.format("C11"))
    assert (seen.status_code, seen.json()["customer"]["phone"]) == (200, "139****0011")
    assert set(seen.json()["customer"]) == {"customer_no", "name", "phone", "address", "segment", "opened_on"}
    assert reveal(ana, "C11").json()["phone"] == "13900000011"
    assert client_as("bo").get(MINE.format("C11")).status_code == 404
    assert ana.get(MINE.format("C12")).status_code == 404
    for login in ("chen", "fu"):
        (told,) = client_as(login).get("/dashboard/v1/notices").json()["items"]
        assert "Ana: 1 customers elsewhere opened in an emergency" in told["text_en"], login
        kinds = [item["kind"] for item in client_as(login).get(AUDIT, params={"customer_no": "C11"}).json()["items"]]
        assert kinds == ["reveal", "view", "opening"], login
    assert client_as("chen").get("/dashboard/v1/notices").json()["unread"] == 1
    with clock.shifted_to(NOW + timedelta(hours=3, minutes=1)):
        late = client_as("ana")
        assert late.get(MINE.format("C11")).status_code == 404
        assert reveal(late, "C11").status_code == 404


def test_opening_again_while_it_is_open_changes_nothing(client_as, company):
    ana = client_as("ana")
    first = open_up(ana, "C11").json()
    with clock.shifted_to(NOW + timedelta(hours=1)):
        assert open_up(client_as("ana"), "C11").json() == first
    assert len(kept(company)) == 1
    set_scope(company, scope="all")
    assert company.query(Notice).count() == 2


def test_what_may_not_be_opened_is_said(client_as, company):
    ana = client_as("ana")
    for body in ({}, {"reason": "  "}, {"reason": "why"}, {"reason": "x" * 300}):
        answer = open_up(ana, "C11", body)
        assert (answer.status_code, "reason" in answer.text) == (422, True), body
    assert open_up(ana, "C01").json()["code"] == "break_glass.not_needed"
    assert open_up(ana, "X99").json()["code"] == "customer.unknown"
    for login, status in (("chen", 403), ("pia", 403), ("payroll", 403), (None, 401)):
        assert open_up(client_as(login), "C11").status_code == status, login
    assert kept(company) == []


def test_nobody_opens_the_whole_town(client_as, company):
    own(company, *[f"C{n:02d}" for n in range(1, 11)], name="bo")
    ana = client_as("ana")
    answers = [open_up(ana, f"C{n:02d}").status_code for n in range(1, MOST_OPENINGS + 2)]
    assert answers == [200] * MOST_OPENINGS + [429]
    (told,) = client_as("chen").get("/dashboard/v1/notices").json()["items"]
    assert f"Ana: {MOST_OPENINGS} customers" in told["text_en"]


def test_where_a_grid_has_no_manager_the_branch_manager_is_told(client_as, company):
    open_up(client_as("dee"), "C01")
    set_scope(company, scope="all")
    assert {notice.role.value for notice in company.query(Notice)} == {"grid_manager", "branch_manager"}
    company.execute(text("UPDATE staff SET active_to = '2026-10-01' WHERE staff_no = 'CHEN'"))
    company.commit()
    open_up(client_as("cy"), "C02")
    (told,) = client_as("bea").get("/dashboard/v1/notices").json()["items"]
    assert "Cy: 1 customers" in told["text_en"]


def test_who_reads_what_was_shown(client_as):
    reveal(client_as("ana"), "C01")
    for login, count in (("chen", 1), ("bea", 1), ("ada", 1), ("fu", 0)):
        assert len(client_as(login).get(AUDIT).json()["items"]) == count, login
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).get(AUDIT).status_code == 403, login
    assert client_as(None).get(AUDIT).status_code == 401
    chen = client_as("chen")
    assert chen.get(AUDIT, params={"staff_no": "BO"}).json()["items"] == []
    assert len(chen.get(AUDIT, params={"kind": "reveal", "staff_no": "ANA"}).json()["items"]) == 1
    assert chen.get(AUDIT, params={"kind": "all"}).status_code == 422
    reveal(client_as("ana"), "C02")
    first = chen.get(AUDIT, params={"limit": 1}).json()
    second = chen.get(AUDIT, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [page["items"][0]["customer_no"] for page in (first, second)] == ["C02", "C01"]


def test_row_level_security_keeps_what_was_shown_from_others_and_lets_nobody_write_for_another(client_as, company):
    reveal(client_as("ana"), "C01")
    open_up(client_as("cy"), "C01")
    ana, bo = staff(company, "ana"), staff(company, "bo")
    g12 = company.query(Staff).filter_by(staff_no="FU").one().unit_id
    for scope, grids, person, seen in (
        ("grids", [ana.unit_id], None, 2), ("grids", [g12], None, 1), ("own", [ana.unit_id], ana.id, 1),
        ("own", [ana.unit_id], bo.id, 0), ("", [], None, 0),
    ):  # fmt: skip
        set_scope(company, scope=scope, grid_ids=grids, staff_id=person)
        assert company.scalar(text("SELECT count(*) FROM disclosures")) == seen, (scope, grids)
    columns = "kind, staff_id, unit_id, customer_no, customer_grid_id, purpose, happened_at"
    set_scope(company, scope="own", grid_ids=[bo.unit_id], staff_id=bo.id)
    with pytest.raises(DBAPIError, match="row-level security"):
        company.execute(
            text(f"INSERT INTO disclosures ({columns}) VALUES ('reveal', :other, :unit, 'C01', :unit, 'x', now())"),
            {"other": ana.id, "unit": ana.unit_id},
        )
    company.rollback()


def test_news_of_openings_is_resolved_after_three_days_and_what_happened_stays(client_as, company):
    open_up(client_as("ana"), "C11")
    set_scope(company, scope="all")
    assert resolve_old_news(company, now=NOW + timedelta(days=2)) == 0
    assert resolve_old_news(company, now=NOW + timedelta(days=4)) == 2
    company.commit()
    assert client_as("chen").get("/dashboard/v1/notices").json()["items"] == []
    assert len(client_as("chen").get(AUDIT).json()["items"]) == 1
