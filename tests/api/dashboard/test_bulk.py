"""Work orders in bulk by HTTP: who may, what each row says, and two grid managers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import set_scope
from app.models.organisation import Account, Role, Staff
from app.models.work_order import WorkOrder, WorkOrderEvent
from tests.cast import LONG_AGO, SEEDED_AT
from tests.factories import NOW, TODAY, get, make_campaign, make_work_order, staff

PATH = "/dashboard/v1/work-orders/bulk"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def ids(company):
    """Three of Ana's in G11 and one of Cy's in G12."""
    campaign = make_campaign(company)
    made = [("C01", "ana"), ("C02", "ana"), ("C04", "ana"), ("C11", "cy")]
    orders = [make_work_order(company, campaign=campaign, customer_no=no, manager=manager) for no, manager in made]
    company.commit()
    return [order.id for order in orders]


def body(verb="reassign", **more):
    action = {"verb": verb, "reason": "ill"} | ({"to_staff_nos": ["BO"]} if verb == "reassign" else {}) | more.pop("action", {})
    return {"action": action, **more}


def rows(answer):
    assert answer.status_code == 207, answer.text
    return {row["work_order_id"]: row["code"] or "done" for row in answer.json()["items"]}


def test_only_managers_of_grids_act(client_as, ids):
    assert client_as(None).post(PATH, json=body(ids=ids)).status_code == 401
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).post(PATH, json=body(ids=ids)).status_code == 403, login


def test_what_is_not_in_ones_grids_is_as_unknown_as_what_is_not_there(client_as, ids, company):
    found = rows(client_as("fu").post(PATH, json=body("pull_back", ids=[*ids, 2**62])))
    assert found == dict.fromkeys([*ids[:3], 2**62], "work_order.unknown") | {ids[3]: "done"}
    assert rows(client_as("bea").post(PATH, json=body("pull_back", ids=ids, dry_run=True)))[ids[0]] == "done"


def test_a_trial_and_then_in_earnest_by_filter(client_as, ids, company):
    chen = client_as("chen")
    chosen = {"staff_no": "ANA", "scheduled_to": str(TODAY)}
    trial = chen.post(PATH, json=body(filter=chosen, dry_run=True))
    assert rows(trial) == dict.fromkeys(ids[:3], "done")
    assert {row["staff_no"] for row in trial.json()["items"]} == {"BO"}
    assert company.scalar(select(func.count()).select_from(WorkOrderEvent)) == 0
    assert rows(chen.post(PATH, json=body(filter=chosen))) == dict.fromkeys(ids[:3], "done")
    assert rows(chen.post(PATH, json=body(filter=chosen))) == {}


def test_wrong_bodies_are_named(client_as, ids):
    chen = client_as("chen")
    for wrong, field in (
        (body(), "ids"),
        (body(ids=ids, filter={}), "ids"),
        (body(ids=[0]), "ids"),
        (body(ids=[]), "ids"),
        (body(ids=ids, action={"to_staff_nos": ["NOBODY"]}), "to_staff_nos"),
        (body(ids=ids, action={"verb": "burn"}), "verb"),
        (body("lend", ids=ids, action={"to_staff_nos": ["CY"]}), "until"),
        (body("extend", ids=ids, action={"due_on": "yesterday"}), "due_on"),
        (body(filter={"states": ["gone"]}), "states"),
    ):
        answer = chen.post(PATH, json=wrong)
        assert answer.status_code == 422, wrong
        assert field in answer.text, wrong


def make_second_grid_manager(company):
    chan = Staff(
        staff_no="CHAN", name="Chan", role=Role.GRID_MANAGER, unit_id=staff(company, "chen").unit_id, active_from=LONG_AGO
    )
    company.add(chan)
    company.flush()
    known = get(company, Account, login="chen").password_hash
    company.add(Account(login="chan", password_hash=known, staff_id=chan.id, created_at=SEEDED_AT))
    company.commit()


@pytest.mark.parametrize("trial", range(4))
def test_of_two_grid_managers_on_one_order_at_once_one_acts_and_the_other_is_told(client_as, ids, company, trial):
    make_second_grid_manager(company)
    clients, together = [client_as("chen"), client_as("chan")], Barrier(2)
    orders = ids[:3] if trial % 2 else ids[2::-1]  # named in whatever order, locked in one

    def act(client):
        together.wait()
        return rows(client.post(PATH, json=body("pull_back" if trial < 2 else "reassign", ids=orders)))

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(act, clients)
    lost = "work_order.wrong_state" if trial < 2 else "work_order.same_manager"
    assert sorted([sorted(set(first.values())), sorted(set(second.values()))]) == sorted([["done"], [lost]])
    set_scope(company, scope="all")
    assert company.scalar(select(func.count()).select_from(WorkOrderEvent)) == 3


def test_two_who_give_to_one_manager_at_once_never_fill_a_day_twice(client_as, company):
    campaign = make_campaign(company, ends_on=TODAY)
    nos = ["C01", "C02", "C04", "C05", "C06", "C07", "C08", "C09"]
    orders = [make_work_order(company, campaign=campaign, customer_no=no) for no in nos]
    make_second_grid_manager(company)
    together = Barrier(2)

    def act(who):
        client, mine = client_as(who), [order.id for order in orders[who == "chan" :: 2]]
        together.wait()
        return list(rows(client.post(PATH, json=body(ids=mine))).values())

    with ThreadPoolExecutor(2) as pool:
        answers = [code for found in pool.map(act, ("chen", "chan")) for code in found]
    assert sorted(answers) == ["done"] * 6 + ["work_order.no_room"] * 2  # Bo takes six contacts a day
    set_scope(company, scope="all")
    bo = select(func.count()).select_from(WorkOrder).where(WorkOrder.staff_id == staff(company, "bo").id)
    assert company.scalar(bo) == 6


def test_a_trial_of_a_loan_leaves_no_loan(client_as, ids, company):
    lend = body("lend", ids=ids[:1], action={"to_staff_nos": ["CY"], "until": str(TODAY + timedelta(days=2))}, dry_run=True)
    assert rows(client_as("chen").post(PATH, json=lend)) == {ids[0]: "done"}
    assert company.scalar(select(WorkOrder.lent_to_grid_id).where(WorkOrder.id == ids[0])) is None
