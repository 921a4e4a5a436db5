"""Delta sync: what a phone holds is what the server believes it holds."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import set_scope
from app.core.paging import write_cursor
from app.dispatch.life import move_work_order
from app.dispatch.queries import lock_work_order
from app.dispatch.states import Event
from app.models.campaign import Product
from app.models.centre import TalkTrack
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.organisation import Account
from app.reports import phone as phone_report
from tests.factories import FEE_REASON, NOW, TODAY, customer, get, make_campaign, make_scores, make_work_order, staff
from tests.phones import Phone, report

URL = "/mobile/v1/work-orders"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def orders(company):
    """Three open work orders of Ana: C01, C02, C04."""
    campaign = make_campaign(company)
    made = [make_work_order(company, campaign=campaign, customer_no=number) for number in ("C01", "C02", "C04")]
    keep(company)
    return made


@pytest.fixture
def phone(client_as, orders):
    """Ana's, after its first pull."""
    made = Phone(client_as("ana"))
    made.pull()
    return made


def keep(session):
    session.commit()
    set_scope(session, scope="all")


def move(session, order, event, **more):
    move_work_order(session, work_order=lock_work_order(session, order.id), event=event, now=NOW, **more)


def held(phone):
    return {order["customer"]["customer_no"] for order in phone.orders.values()}


def test_the_first_pull_gives_all_live_orders_with_what_a_manager_needs(client_as, orders):
    phone = Phone(client_as("ana"))
    [answer] = phone.pull()
    assert answer["full"] is True
    assert answer["set_hash"] == phone.set_hash
    assert held(phone) == {"C01", "C02", "C04"}
    first = phone.orders[orders[0].id]
    assert first["customer"] == {
        "customer_no": "C01", "name": "Customer 1", "phone": "139****0001", "address": "1 Example Road",
        "latitude": 39.001, "longitude": 117.001, "segment": "home", "tags": [],
    }  # fmt: skip
    assert first["product"] == {"product_code": "FTTH1", "name": "Product FTTH1", "family": "broadband"}
    assert (first["state"], first["scheduled_on"], first["talk_track"]) == ("open", "2026-10-12", "Say hello.")
    assert first["reasons"] == []
    assert first["last_feedback"] is None
    assert "score" not in first


def test_the_reasons_of_the_campaigns_ranking_come_along(client_as, company):
    run = make_scores(company, ["C01"])
    order = make_work_order(company, campaign=make_campaign(company, scoring_run_id=run.id))
    keep(company)
    phone = Phone(client_as("ana"))
    phone.pull()
    assert phone.orders[order.id]["reasons"] == [FEE_REASON]
    assert phone.orders[order.id]["talk_track_en"] == "Say hello."


def test_what_to_say_is_the_reasons_line_else_the_products_else_the_campaigns(client_as, company):
    line = {"zh": "按用量说", "en": "Speak of usage"}
    run = make_scores(company, ["C01"], reasons=[FEE_REASON, FEE_REASON | {"talk_track": line}])
    with_line = make_work_order(company, campaign=make_campaign(company, scoring_run_id=run.id))
    product = get(company, Product, product_code="TV1")
    company.add(TalkTrack(product_id=product.id, feature=None, text_zh="说电视", text_en="Speak of television"))
    company.add(TalkTrack(product_id=product.id, feature="monthly_fee", text_zh="说月费", text_en="Speak of the fee"))
    general = make_work_order(company, campaign=make_campaign(company, product_code="TV1"), customer_no="C02")
    keep(company)
    phone = Phone(client_as("ana"))
    phone.pull()
    said = {number: (order["talk_track"], order["talk_track_en"]) for number, order in phone.orders.items()}
    assert said == {with_line.id: ("按用量说", "Speak of usage"), general.id: ("说电视", "Speak of television")}


def test_nothing_comes_where_nothing_changed(phone):
    [answer] = phone.pull()
    assert answer["items"] == []
    assert answer["full"] is False


def test_only_my_own_orders_come(phone, company, client_as):
    bos = make_work_order(company, customer_no="C05", manager="bo")
    keep(company)
    phone.pull()
    assert bos.id not in phone.orders
    theirs = Phone(client_as("bo"))
    theirs.pull()
    assert list(theirs.orders) == [bos.id]


def test_a_changed_order_and_a_changed_customer_come_again(phone, company, orders):
    move(company, orders[0], Event.CONTACTED)
    company.execute(text("UPDATE customers SET phone = '1', changed_xid = pg_current_xact_id() WHERE customer_no = 'C02'"))
    keep(company)
    [answer] = phone.pull()
    assert {item["id"] for item in answer["items"]} == {orders[0].id, orders[1].id}
    assert phone.orders[orders[0].id]["state"] == "in_progress"
    assert phone.orders[orders[1].id]["customer"]["phone"] == "****"
    assert phone.set_hash == answer["set_hash"]


def test_my_last_report_on_an_order_comes_with_it(phone, orders):
    first, second = report(orders[0].id, "not_reached"), report(orders[0].id, "interested", note="evenings")
    phone.send(first)
    phone.send(second | {"corrects_id": first["id"]})
    phone.pull()
    last = phone.orders[orders[0].id]["last_feedback"]
    assert (last["id"], last["outcome"], last["note"]) == (second["id"], "interested", "evenings")


def test_an_order_names_the_family_that_a_customer_may_refuse(phone, orders):
    phone.pull()
    assert phone.orders[orders[0].id]["product"]["family"] == "broadband"


def test_an_order_that_ended_leaves_the_phone_with_its_reason(phone, company, orders):
    ends = [(Event.COMPLETED, "done"), (Event.RETURNED, "returned"), (Event.EXPIRED, "expired"), (Event.WITHDRAWN, "withdrawn")]
    because = [(event, "because", reason) for event, reason in ends]
    for event, why, reason in [*because, (Event.WITHDRAWN, "do_not_disturb", "do_not_disturb")]:
        order = make_work_order(company, customer_no="C07")
        keep(company)
        phone.pull()
        move(company, order, event, reason=why)
        keep(company)
        [answer] = phone.pull()
        assert {"id": order.id, "gone": True, "reason": reason} in answer["items"]  # others may be sent once more
        assert order.id not in phone.orders
        assert phone.set_hash == answer["set_hash"]


def test_a_reassigned_order_leaves_one_phone_and_reaches_the_other_and_may_come_back(phone, company, orders, client_as):
    theirs = Phone(client_as("bo"))
    theirs.pull()
    move(company, orders[0], Event.REASSIGNED, to_staff_id=staff(company, "bo").id)
    keep(company)
    phone.pull()
    theirs.pull()
    assert orders[0].id not in phone.orders
    assert phone.reasons[orders[0].id] == "reassigned"
    assert list(theirs.orders) == [orders[0].id]
    move(company, orders[0], Event.REASSIGNED, to_staff_id=staff(company, "ana").id)
    keep(company)
    phone.pull()
    theirs.pull()
    assert orders[0].id in phone.orders
    assert theirs.orders == {}


def test_a_customer_who_refuses_is_gone_at_the_next_pull_before_any_job_ran(phone, company, client_as):
    left = {"C01", "C02", "C04"}
    for customer_no, scope in (("C01", "all"), ("C02", "call"), ("C04", "broadband")):
        refusal = {"status": PreferenceStatus.REFUSED, "recorded_at": NOW, "until": TODAY}
        company.add(ContactPreference(customer_id=customer(company, customer_no).id, scope=scope, **refusal))
        keep(company)
        [answer] = phone.pull()
        left.remove(customer_no)
        assert {item["reason"] for item in answer["items"] if item.get("gone")} == {"do_not_disturb"}
        assert held(phone) == left
        assert phone.set_hash == answer["set_hash"]
        fresh = Phone(client_as("ana"))
        [full] = fresh.pull()
        assert held(fresh) == left
        assert full["set_hash"] == phone.set_hash


def test_planned_work_comes_with_its_morning_and_what_is_postponed_leaves(phone, company, orders):
    later = make_work_order(company, customer_no="C05", state="planned", scheduled_on=TODAY + timedelta(days=1))
    keep(company)
    [answer] = phone.pull()
    assert answer["items"] == []
    move(company, orders[0], Event.POSTPONED)
    move(company, later, Event.RELEASED)
    keep(company)
    [answer] = phone.pull()
    assert [item["reason"] for item in answer["items"] if item.get("gone")] == ["postponed"]
    assert held(phone) == {"C02", "C04", "C05"}
    assert phone.set_hash == answer["set_hash"]
    [answer] = phone.pull()
    assert answer["full"] is False


def test_a_refusal_that_is_over_or_of_another_kind_hides_nobody(phone, company):
    refusal = {"status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    company.add(
        ContactPreference(customer_id=customer(company, "C01").id, scope="all", until=TODAY - timedelta(days=1), **refusal)
    )
    company.add(ContactPreference(customer_id=customer(company, "C02").id, scope="visit", **refusal))
    company.add(ContactPreference(customer_id=customer(company, "C04").id, scope="tv", **refusal))
    keep(company)
    phone.pull()
    assert held(phone) == {"C01", "C02", "C04"}


def test_a_customer_who_moved_to_another_grid_is_gone(phone, company):
    company.execute(
        text("UPDATE customers SET grid_id = (SELECT id FROM units WHERE code = 'G12'), changed_xid = pg_current_xact_id()"
             " WHERE customer_no = 'C01'")
    )  # fmt: skip
    keep(company)
    [answer] = phone.pull()
    assert [item["reason"] for item in answer["items"]] == ["customer_moved"]
    assert held(phone) == {"C02", "C04"}


def test_a_change_that_commits_after_a_later_one_was_pulled_is_not_lost(phone, sessions, orders):
    """A cursor of the greatest time or transaction id seen would be past the first change when it commits."""
    with sessions() as slow, sessions() as quick:
        set_scope(slow, scope="all")
        move(slow, orders[0], Event.CONTACTED)  # has its transaction id now, commits last
        set_scope(quick, scope="all")
        move(quick, orders[1], Event.CONTACTED)
        quick.commit()
        phone.pull()
        assert phone.orders[orders[1].id]["state"] == "in_progress"
        assert phone.orders[orders[0].id]["state"] == "open"
        slow.commit()
    phone.pull()
    assert phone.orders[orders[0].id]["state"] == "in_progress"
    assert phone.set_hash == phone.told_hash


def test_the_set_hash_is_right_while_an_older_transaction_is_under_way(phone, sessions, company, orders):
    with sessions() as slow:
        set_scope(slow, scope="all")
        move(slow, orders[0], Event.CONTACTED)
        for _ in range(3):
            move(company, orders[1], Event.CONTACTED)
            company.execute(text("UPDATE work_orders SET rank = rank + 1 WHERE id = :id"), {"id": orders[1].id})
            keep(company)
            [answer] = phone.pull()
            assert answer["full"] is False
            assert phone.set_hash == answer["set_hash"]
        slow.rollback()
    assert [answer["full"] for answer in phone.pull()] == [False]


def test_a_damaged_set_is_noticed_at_the_next_pull_and_healed(phone, orders):
    for damage in (
        lambda: phone.orders.pop(orders[1].id),
        lambda: phone.orders[orders[1].id].update(version=7),
        lambda: phone.orders.update({999: {"version": 1}}),
    ):
        damage()
        [answer] = phone.pull()
        assert answer["full"] is True
        assert set(phone.orders) == {order.id for order in orders}
        assert phone.set_hash == answer["set_hash"]
        assert phone.pull()[0]["full"] is False


def test_a_long_list_comes_in_pages_with_changes_between_them(phone, company, orders, monkeypatch):
    monkeypatch.setattr(phone_report, "PAGE_ROWS", 2)
    phone.cursor = None
    first = phone.client.get(URL).json()
    phone.apply(first)
    assert (first["full"], first["more"], first["set_hash"], len(first["items"])) == (True, True, None, 2)
    move(company, orders[0], Event.WITHDRAWN)  # already on the phone
    extra = make_work_order(company, customer_no="C06")
    keep(company)
    answers = phone.pull()
    assert not any(answer["full"] for answer in answers)
    assert set(phone.orders) == {orders[1].id, orders[2].id, extra.id}
    assert phone.set_hash == answers[-1]["set_hash"]


def test_a_page_ends_before_it_grows_too_long_and_has_one_item_at_least(phone, company, orders):
    phone.cursor, sizes = None, []
    for number in range(5, 8):
        make_work_order(company, customer_no=f"C0{number}", campaign=make_campaign(company, talk_track="x" * 3_000))
    make_work_order(company, customer_no="C08", campaign=make_campaign(company, talk_track="x" * 9_000))
    keep(company)
    while True:
        asked = {"max_bytes": 15_000, **({"cursor": phone.cursor} if phone.cursor else {})}
        answer = phone.client.get(URL, params=asked)
        sizes.append((len(answer.json()["items"]), len(answer.content) < 16_000))
        phone.apply(answer.json())
        if not answer.json()["more"] and answer.json()["set_hash"]:
            break
    assert sizes == [(5, True), (1, True), (1, False), (0, True)]
    assert len(phone.orders) == 7
    assert phone.set_hash == phone.told_hash
    for wrong in (3_999, 1_000_001, "x", ""):
        answer = phone.client.get(URL, params={"max_bytes": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "max_bytes")


def test_a_manager_who_was_moved_gets_the_set_of_the_new_grid(phone, company):
    company.execute(text("UPDATE staff SET unit_id = (SELECT id FROM units WHERE code = 'G12') WHERE staff_no = 'ANA'"))
    keep(company)
    [answer] = phone.pull()
    assert answer["full"] is True
    assert phone.orders == {}


def test_a_cursor_from_before_the_database_was_restored_gives_everything(phone, company, api):
    me = get(company, Account, login="ana")
    grids = ",".join(map(str, phone.client.get("/auth/me").json()["grid_ids"]))
    position = {"since": 2**60, "after": 0, "base": 0, "set_hash": "", "issued": int(NOW.timestamp()), "grids": grids}
    phone.cursor = write_cursor(api.state.secret, f"work-orders/{me.id}", position)
    [answer] = phone.pull()
    assert answer["full"] is True
    assert len(answer["items"]) == 3


def test_an_expired_cursor_is_gone(phone):
    with clock.shifted_to(NOW + timedelta(days=31)):
        client = phone.client
        tokens = client.post("/auth/login", json={"login": "ana", "password": "correct horse battery"}).json()
        answer = client.get(URL, params={"cursor": phone.cursor}, headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 410
    assert answer.json()["code"] == "cursor.too_old"


def test_a_made_up_altered_or_borrowed_cursor_and_a_wrong_hash_are_refused_by_name(phone, client_as):
    middle = len(phone.cursor) // 2
    altered = phone.cursor[:middle] + ("A" if phone.cursor[middle] != "A" else "B") + phone.cursor[middle + 1 :]
    for cursor in ["", "x", "\x00", "\u00e9", "A" * 400, "A" * 501, "bm90IG91cnM", altered]:
        answer = phone.client.get(URL, params={"cursor": cursor})
        assert answer.status_code == 422, cursor
        assert answer.json()["errors"][0]["field"] == "cursor"
    borrowed = client_as("bo").get(URL, params={"cursor": phone.cursor})
    assert (borrowed.status_code, borrowed.json()["code"]) == (422, "cursor.wrong")
    for set_hash in ["", "x", "A" * 64, "\u0660" * 64]:
        answer = phone.client.get(URL, params={"cursor": phone.cursor, "set_hash": set_hash})
        assert answer.status_code == 422, set_hash
        assert answer.json()["errors"][0]["field"] == "set_hash"


def test_only_terminal_managers_have_work_orders_on_a_phone(client_as):
    assert client_as(None).get(URL).status_code == 401
    for login in ["chen", "bea", "pia", "lin", "ada", "payroll"]:
        assert client_as(login).get(URL).status_code == 403
