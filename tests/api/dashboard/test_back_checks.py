"""Back-checks by HTTP: asked by another grid that does not know the report, answered by a form, once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import set_scope
from app.models.customer import ContactPreference
from app.models.disclosure import Disclosure
from app.models.feedback import Verification
from app.verification.drawing import draw_back_checks
from tests.factories import make_work_order, staff
from tests.truth import CLOSING, OCTOBER, make_feedback

PATH = "/dashboard/v1/back-checks"


@pytest.fixture(autouse=True)
def after_the_month():
    with clock.shifted_to(CLOSING):
        yield


@pytest.fixture
def drawn(company):
    """Two feedbacks of Ana's, of grid G11, drawn: G12 asks."""
    told = {"outcome": "refused", "objection": "no_need", "note": "secret words", "elapsed_ms": 300_000}
    feedback = [make_feedback(company, make_work_order(company, customer_no=number), **told) for number in ("C01", "C02")]
    draw_back_checks(company, month=OCTOBER, secret="s", share=1.0, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")
    return feedback


def answer(client, feedback, answers=None, **body):
    return client.post(f"{PATH}/{feedback.id}/answer", json={"answers": answers or {}} | body)


def test_a_grid_manager_elsewhere_asks_without_knowing_what_was_reported_and_once(client_as, drawn, company):
    fu = client_as("fu")
    first = fu.get(f"{PATH}?limit=1").json()
    second = fu.get(PATH, params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert {first["items"][0]["feedback_id"], second["items"][0]["feedback_id"]} == {str(one.id) for one in drawn}
    (item,) = first["items"]
    assert item["phone"].startswith("139****")
    blind = ("staff_no", "manager_name", "channel", "outcome", "contacted_at", "feedback_note", "verdict", "compared")
    assert [item[name] for name in blind] == [None] * 8
    assert "secret words" not in fu.get(PATH).text
    said = answer(fu, drawn[0], {"contacted": "yes", "channel": "visit", "minutes": 6}, note="friendly")
    assert (said.status_code, said.json()["verdict"]) == (200, "contradicted"), said.text
    assert [(one["code"], one["agrees"]) for one in said.json()["compared"]] == [
        ("contacted", True), ("channel", False), ("minutes", True),
    ]  # fmt: skip
    again = answer(fu, drawn[0], {"contacted": "yes"})
    assert (again.status_code, again.json()["code"]) == (409, "back_check.answered")
    (done,) = fu.get(f"{PATH}?answered=true").json()["items"]
    assert (done["outcome"], done["verdict"], done["staff_no"]) == ("refused", "contradicted", "ANA")
    assert len(fu.get(PATH).json()["items"]) == 1
    (verdict,) = company.query(Verification)
    assert verdict.evidence["back_check"]["compared"][1]["reported"] == "call"


def test_who_leads_the_manager_does_not_ask_and_sees_what_came_of_it(client_as, drawn):
    chen, bea, fu = client_as("chen"), client_as("bea"), client_as("fu")
    for leader in (chen, bea):
        assert leader.get(PATH).json()["items"] == leader.get(f"{PATH}?answered=true").json()["items"] == []
    refused, hidden = answer(bea, drawn[0], {"contacted": "yes"}), answer(chen, drawn[0], {"contacted": "yes"})
    assert (refused.status_code, refused.json()["code"]) == (403, "back_check.in_line")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "back_check.unknown")
    assert bea.post(f"{PATH}/{drawn[0].id}/call").status_code == 403
    assert answer(fu, drawn[0], {"contacted": "yes"}).status_code == 200
    for leader in (chen, bea):
        assert [one["verdict"] for one in leader.get(f"{PATH}?answered=true").json()["items"]] == ["confirmed"]


def test_the_database_hides_from_the_manager_s_own_grid_that_a_back_check_is_drawn(company, drawn):
    ana, fu = staff(company, "ana"), staff(company, "fu")
    for scope, grid_id, seen in (("grids", ana.unit_id, 0), ("grids", fu.unit_id, 2), ("own", ana.unit_id, 0), ("", 0, 0)):
        set_scope(company, scope=scope, grid_ids=[grid_id], staff_id=ana.id)
        assert company.scalar(text("SELECT count(*) FROM back_checks")) == seen, (scope, grid_id)


def test_who_may_ask(client_as, drawn):
    assert client_as(None).get(PATH).status_code == answer(client_as(None), drawn[0], {"contacted": "yes"}).status_code == 401
    for login in ("ana", "bo", "pia", "lin", "payroll"):
        client = client_as(login)
        paths = (PATH, f"{PATH}/form", f"{PATH}/error-rates")
        assert [client.get(path).status_code for path in paths] == [403] * 3, login
        assert answer(client, drawn[0], {"contacted": "yes"}).status_code == 403, login
        assert client.post(f"{PATH}/{drawn[0].id}/call").status_code == 403, login
    assert answer(client_as("ada"), drawn[0], {"contacted": "yes"}).status_code == 200


def test_nobody_checks_their_own_feedback_though_promoted_elsewhere(client_as, company, drawn):
    ana = staff(company, "ana")
    ana.role, ana.unit_id = "grid_manager", staff(company, "fu").unit_id
    company.commit()
    own = answer(client_as("ana"), drawn[0], {"contacted": "yes"})
    assert (own.status_code, own.json()["code"]) == (403, "back_check.own")


def test_a_customer_who_was_not_reached_says_nothing(client_as, drawn, company):
    said = answer(client_as("fu"), drawn[0], reached=False)
    assert (said.status_code, said.json()["verdict"]) == (200, "unverifiable")
    assert company.query(Verification).count() == 0


@pytest.mark.parametrize("trial", range(3))
def test_of_two_answers_at_once_one_is_kept(client_as, drawn, company, trial):
    clients, together = [client_as("fu"), client_as("ada")], Barrier(2)

    def say(client):
        together.wait()
        return answer(client, drawn[0], {"contacted": "yes"}).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(say, clients)) == [200, 409]
    assert company.query(Verification).count() == 1


def test_the_number_is_handed_out_to_whom_it_is_to_ask_and_that_is_kept(client_as, drawn, company):
    dialled = client_as("fu").post(f"{PATH}/{drawn[0].id}/call")
    assert (dialled.status_code, dialled.json()["number"]) == (200, "13900000001"), dialled.text
    (kept,) = company.query(Disclosure)
    assert (kept.purpose, kept.customer_no, kept.staff_id) == ("back-check", "C01", staff(company, "fu").id)
    assert client_as("chen").post(f"{PATH}/{drawn[0].id}/call").status_code == 404


def test_who_refuses_calls_is_not_called(client_as, drawn, company):
    values = {"customer_id": drawn[0].customer_id, "scope": "call", "status": "refused", "recorded_at": clock.now()}
    company.add(ContactPreference(**values))
    company.commit()
    refused = client_as("fu").post(f"{PATH}/{drawn[0].id}/call")
    assert (refused.status_code, refused.json()["code"]) == (403, "customer.do_not_disturb")


def test_how_often_customers_say_otherwise_by_type_of_question(client_as, drawn):
    fu = client_as("fu")
    for one in drawn:
        answer(fu, one, {"contacted": "no", "channel": "sms", "right_number": "no", "objection": "no_need"})
    rates = client_as("chen").get(f"{PATH}/error-rates?month=2026-10").json()
    found = [(one["type"], one["compared"], one["differing"]) for one in rates["items"]]
    assert found == [(1, 6, 6), (2, 2, 0)]
    assert [one["consequence"] and one["consequence"]["code"] for one in rates["items"]] == ["check_all", None]
    assert fu.get(f"{PATH}/error-rates?month=2026-10").json()["items"] == []


def test_the_form_says_what_is_asked_and_what_an_answer_may_be(client_as):
    questions = {one["code"]: one for one in client_as("fu").get(f"{PATH}/form").json()["items"]}
    assert questions["product"]["choices"] == ["broadband", "tv"]
    assert questions["contacted"]["type"] == 1


def test_a_wrong_answer_is_invalid_and_nothing_is_kept(client_as, drawn):
    fu = client_as("fu")
    for answers in ({}, {"luck": "yes"}, {"contacted": "maybe"}, {"minutes": -1}, {"minutes": 10**9}, {"day": "x"}, {"note": 1}):
        assert answer(fu, drawn[0], answers).status_code == 422, answers
    for body in (
        {"verdict": "confirmed"},
        {"note": "\0", "answers": {"contacted": "yes"}},
        {"reached": False, "answers": {"contacted": "no"}},
    ):
        assert fu.post(f"{PATH}/{drawn[0].id}/answer", json=body).status_code == 422, body
    assert fu.post(f"{PATH}/nobody/answer", json={"answers": {"contacted": "yes"}}).status_code == 422
    assert len(fu.get(PATH).json()["items"]) == 2
