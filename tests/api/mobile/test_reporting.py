"""Reporting over HTTP: batches with poison in them, retries, races, and who sees what was set aside."""

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.core import clock
from app.core.db import set_scope
from app.dispatch.life import move_work_order
from app.dispatch.queries import lock_work_order
from app.dispatch.states import Event
from app.feedback.service import Batch, record_feedback
from app.models.feedback import ContactFeedback, QuarantinedFeedback
from app.models.work_order import WorkOrder
from tests.factories import NOW, make_campaign, make_work_order, staff
from tests.phones import Phone, batch, principal_of, report, stamp
from tests.rules.feedback.test_intake import POISON

URL = "/mobile/v1/feedback"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def orders(company):
    """Ana's on C01 to C10."""
    campaign = make_campaign(company)
    made = [make_work_order(company, campaign=campaign, customer_no=f"C{n:02d}") for n in range(1, 11)]
    keep(company)
    return made


@pytest.fixture
def phone(client_as, orders):
    return Phone(client_as("ana"))


def keep(session):
    session.commit()
    set_scope(session, scope="all")


def count(session, table):
    keep(session)
    return session.scalar(select(func.count()).select_from(table))


def post_raw(phone, body):
    return phone.client.post(URL, content=body, headers={"Content-Type": "application/json"})


def test_a_report_is_answered_in_the_order_sent_and_the_order_leaves_the_phone(phone, orders):
    phone.pull()
    items = [report(order.id, "bought") for order in orders[:3]]
    answers = phone.send(*items)
    assert [answer["id"] for answer in answers] == [item["id"] for item in items]
    assert {answer["status"] for answer in answers} == {"accepted"}
    assert phone.send(*reversed(items)) == list(reversed(answers))
    phone.pull()
    assert len(phone.orders) == 7


def test_poison_of_every_kind_never_blocks_the_good_items_around_it(phone, orders, company):
    """Written by hand as JSON, because a client library would refuse to send some of it."""
    place = {"latitude": 39.0, "longitude": 117.0}
    bad = [{**report(orders[0].id), **place, field: value} for field, values in POISON.items() for value in values]
    bad += [None, 5, "x", [], {}, [[]], True]
    random.Random(7).shuffle(bad)
    good = [report(orders[n % 10].id) for n in range(60)]
    while bad:
        some, bad = bad[:50], bad[50:]
        mixed = [json.dumps(item) for item in (*some, *good[:15])] + ['{"id": NaN}', '{"work_order_id": 1e400}', "9" * 5_000]
        random.Random(8).shuffle(mixed)
        answer = post_raw(phone, f'{{"sent_at": "{stamp(NOW)}", "items": [{",".join(mixed)}]}}')
        assert answer.status_code == 207, answer.text
        by_status = Counter(item["status"] for item in answer.json()["items"])
        assert by_status["accepted"] == 15
        assert by_status["rejected"] + by_status["held"] == len(some) + 3
        assert all(item["detail"] for item in answer.json()["items"] if item["status"] == "rejected")
        good = good[15:]
    assert count(company, ContactFeedback) == 60 - len(good)


def test_a_bad_item_sent_again_is_kept_once_and_answered_alike(phone, orders, company):
    bad = {**report(orders[0].id), "note": "a\x00\ud800b" + "x" * 100_000, "outcome": "sold"}
    first = post_raw(phone, json.dumps(batch(bad))).json()
    assert post_raw(phone, json.dumps(batch(bad))).json() == first
    assert count(company, QuarantinedFeedback) == 1
    kept = company.scalars(select(QuarantinedFeedback)).one()
    assert kept.content["item"]["note"] == "a\\u0000\\ud800b" + "x" * 100_000  # whole


def test_a_body_that_is_no_batch_is_refused_whole(phone):
    for body in ["", "x", "{", "[]", "null", "5", '"x"', "{}", "\x00", "[" * 5_000, b"\xff\xfe\xfd", '{"items": []}']:
        answer = post_raw(phone, body)
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"]


def test_a_wrong_envelope_is_refused_by_name_and_nothing_is_kept(phone, orders, company):
    good = batch(report(orders[0].id))
    for field, value in [
        ("sent_at", None), ("sent_at", "now"), ("sent_at", 1_760_000_000), ("sent_at", "1970-01-01T00:00:00Z"),
        ("sent_at", "2099-01-01T00:00:00Z"), ("device_id", "\x00"), ("device_id", "\ud800"), ("device_id", "x" * 201),
        ("items", []), ("items", {}), ("items", [1] * 201), ("points", 5),
    ]:  # fmt: skip
        answer = post_raw(phone, json.dumps({**good, field: value}))
        assert answer.status_code == 422, (field, value)
        assert answer.json()["errors"][0]["field"] == field
    assert count(company, ContactFeedback) == count(company, QuarantinedFeedback) == 0


def test_a_body_over_the_limit_is_refused(phone):
    assert post_raw(phone, "[" + " " * 2_000_001 + "]").status_code == 413


def test_a_phone_that_is_a_year_off_is_corrected(phone, orders, company):
    error = timedelta(days=-365)
    item = report(orders[0].id, started_at=stamp(NOW - timedelta(hours=2) + error), ended_at=None)
    assert phone.send(item, sent_at=NOW + error)[0]["status"] == "accepted"
    kept = company.scalars(select(ContactFeedback)).one()
    assert abs(kept.contacted_at - (NOW - timedelta(hours=2))) < timedelta(seconds=120)
    assert kept.clock_doubtful


def at_once(number, work):
    """Run `work(n)` in so many threads, released together; their results."""
    barrier = threading.Barrier(number)

    def run(n):
        barrier.wait()
        return work(n)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def test_the_same_batch_eight_times_at_once_is_stored_once_and_every_answer_is_good(phone, orders, company):
    for _ in range(3):
        items = [report(order.id) for order in orders]
        answers = at_once(8, lambda n, items=items: phone.send(*random.Random(n).sample(items, len(items))))
        said = Counter(json.dumps(one, sort_keys=True) for answer in answers for one in answer)
        assert set(said.values()) == {8}  # every one of them got the same answer
        assert {(json.loads(one)["id"], json.loads(one)["status"]) for one in said} == {(i["id"], "accepted") for i in items}
    assert count(company, ContactFeedback) == 30


def test_the_same_id_with_different_content_at_once_is_stored_once_and_the_others_are_conflicts(phone, orders, company):
    ids = [report(orders[0].id)["id"] for _ in range(6)]
    answers = at_once(6, lambda n: phone.send(*(report(orders[n].id, id=id_, note=str(n)) for id_ in ids)))
    by_id = Counter((one["id"], one["status"]) for answer in answers for one in answer)
    assert by_id == Counter({(id_, "accepted"): 1 for id_ in ids} | {(id_, "conflict"): 5 for id_ in ids})
    assert count(company, QuarantinedFeedback) == 30


def test_a_correction_and_what_it_corrects_at_once_are_both_taken(phone, orders, company):
    for order in orders[:6]:
        base = report(order.id, "bought")
        pair = [base, report(order.id, "callback", corrects_id=base["id"])]
        at_once(2, lambda n, pair=pair: phone.send(pair[n]))
    assert count(company, ContactFeedback) == 12
    waiting = company.scalars(select(QuarantinedFeedback.id).where(QuarantinedFeedback.released_at.is_(None))).all()
    assert waiting == []
    assert Counter(company.scalars(select(WorkOrder.state))) == {"in_progress": 6, "open": 4}


def test_a_report_at_the_moment_of_a_reassignment_is_judged_by_its_contact(phone, orders, company, sessions):
    """The report waits for the reassignment's lock, and must then see who left whom."""
    bo = staff(company, "bo").id
    item = report(orders[0].id)
    with sessions() as session:
        set_scope(session, scope="all")
        order = lock_work_order(session, orders[0].id)
        move_work_order(session, work_order=order, event=Event.REASSIGNED, now=clock.now(), to_staff_id=bo)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(phone.send, item)
            for _ in range(1_000):
                if company.scalar(text("SELECT count(*) FROM pg_locks, pg_sleep(0.01) WHERE NOT granted")):
                    break
            session.commit()
            assert [one["status"] for one in answer.result()] == ["accepted"]


def test_twenty_phones_with_lost_answers_lose_nothing_and_double_nothing(company, sessions):
    """The short form of the soak: each item one to four times, in random batches, four phones at once, against an oracle."""
    owners = ["ana", "bo", "cy", "dee"]
    customers = {"ana": "C01", "bo": "C02", "cy": "C11", "dee": "C15"}
    campaign = make_campaign(company)
    orders = {name: make_work_order(company, campaign=campaign, customer_no=customers[name], manager=name).id for name in owners}
    people = {name: principal_of(company, name) for name in owners}
    keep(company)
    sent = {}

    def play(n):
        chance, name = random.Random(n), owners[n % 4]
        items = []
        for _ in range(8):
            items.append(report(orders[name], "not_reached"))
            if chance.random() < 0.3:
                items.append(report(orders[name], "interested", corrects_id=items[-1]["id"]))
        queue = [item for item in items for _ in range(chance.randint(1, 4))]
        chance.shuffle(queue)
        sent[n] = items
        final = {}
        while queue:
            some, queue = queue[:5], queue[5:]
            with sessions() as session:
                me = people[name]
                set_scope(session, scope="own", grid_ids=me.grid_ids, staff_id=me.staff_id)
                answers = record_feedback(session, principal=me, batch=Batch(NOW, str(n), some), now=NOW)
                session.commit()
            final.update({answer.id: answer.status for answer in answers if final.get(answer.id) != "accepted"})
        return Counter(final.values())

    results = [result for start in range(0, 20, 4) for result in at_once(4, lambda n, start=start: play(start + n))]
    expected = {item["id"]: item["outcome"] for items in sent.values() for item in items}
    keep(company)
    stored = {str(id_): outcome for id_, outcome in company.execute(select(ContactFeedback.id, ContactFeedback.outcome))}
    assert stored == expected
    assert set().union(*results) <= {"accepted", "held"}
    assert company.scalar(select(func.count()).where(QuarantinedFeedback.released_at.is_(None))) == 0


def test_what_was_set_aside_is_shown_to_its_sender_and_to_the_grid_manager_alone(phone, orders, client_as):
    items = [report(orders[0].id, "sold"), {"id": "x\x00"}, report(10**12), report(orders[0].id, corrects_id=report(1)["id"])]
    phone.send(*items)
    mine = phone.client.get(f"{URL}/set-aside").json()["items"]
    assert {one["code"] for one in mine} == {"feedback.waits", "feedback.unknown_order", "feedback.unreadable"}
    assert {one["feedback_id"] for one in mine} == {items[0]["id"], "x\\u0000", items[2]["id"], items[3]["id"]}
    assert next(one for one in mine if one["code"] == "feedback.waits")["waits_for_id"] == items[3]["corrects_id"]
    url = "/dashboard/v1/feedback/set-aside"
    theirs = client_as("chen").get(url).json()["items"]
    assert [one["feedback_id"] for one in theirs] == [one["feedback_id"] for one in mine]
    assert {one["staff_no"] for one in theirs} == {"ANA"}
    assert len(client_as("bea").get(url).json()["items"]) == len(client_as("ada").get(url).json()["items"]) == 4
    assert client_as("fu").get(url).json()["items"] == []
    assert client_as("bo").get(f"{URL}/set-aside").json()["items"] == []
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).get(url).status_code == 403
    assert client_as("chen").get(f"{URL}/set-aside").status_code == 403


def test_what_was_set_aside_comes_in_pages(phone, orders, client_as):
    phone.send(*({"id": f"bad {n}"} for n in range(5)))
    for client, url in ((phone.client, f"{URL}/set-aside"), (client_as("chen"), "/dashboard/v1/feedback/set-aside")):
        seen, cursor = [], None
        while True:
            page = client.get(url, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
            seen += [one["feedback_id"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            assert client_as("fu").get(url, params={"cursor": cursor}).status_code in {403, 422}
        assert sorted(seen) == [f"bad {n}" for n in range(5)]
        assert client.get(url, params={"limit": 0}).json()["errors"][0]["field"] == "limit"
        assert client.get(url, params={"cursor": "x"}).json()["errors"][0]["field"] == "cursor"


def test_a_grid_manager_tries_again_what_was_set_aside_and_nobody_else_may(phone, orders, client_as, company):
    item = report(10**6)
    phone.send(item, report(orders[0].id, "sold"))
    make_work_order(company, id=10**6, campaign=make_campaign(company, product_code="TV1"))
    keep(company)
    url = "/dashboard/v1/feedback/set-aside/replay"
    ids = [one["id"] for one in client_as("chen").get("/dashboard/v1/feedback/set-aside").json()["items"]]
    assert client_as("fu").post(url, json={"ids": ids}).json() == {"items": []}
    answer = client_as("chen").post(url, json={"ids": ids})
    assert answer.status_code == 200, answer.text
    tried = {one["feedback_id"]: (one["status"], one["code"]) for one in answer.json()["items"]}
    assert tried.pop(item["id"]) == ("accepted", None)
    assert list(tried.values()) == [("rejected", "feedback.unreadable")]
    assert client_as("chen").post(url, json={"code": "feedback.unknown_order"}).json() == {"items": []}
    assert phone.send(item)[0]["status"] == "accepted"
    for body in ({"ids": []}, {"ids": [0]}, {"ids": ["x"]}, {"ids": [2**63]}, {"code": ""}, {"all": True}, []):
        assert client_as("chen").post(url, json=body).status_code == 422, body
    for login in (None, "ana", "pia", "lin", "payroll"):
        assert client_as(login).post(url, json={}).status_code == (401 if login is None else 403), login


def test_two_who_try_again_at_once_and_the_phone_itself_store_it_once(phone, client_as, company):
    items = [report(10**6 + n) for n in range(10)]
    phone.send(*items)
    for n in range(10):
        make_work_order(company, id=10**6 + n, customer_no=f"C{n + 1:02d}", campaign=make_campaign(company, product_code="TV1"))
    keep(company)
    chen, bea = client_as("chen"), client_as("bea")
    url = "/dashboard/v1/feedback/set-aside/replay"
    work = [
        lambda: chen.post(url, json={}).status_code,
        lambda: bea.post(url, json={}).status_code,
        lambda: len(phone.send(*items)),
    ]
    assert at_once(3, lambda n: work[n]()) == [200, 200, 10]
    assert count(company, ContactFeedback) == 10
    assert company.scalar(select(func.count()).where(QuarantinedFeedback.released_at.is_(None))) == 0
