"""Work orders of my grids over HTTP."""

from sqlalchemy import select

from app.core import clock
from app.core.db import set_scope
from app.models.work_order import WorkOrder, WorkOrderState
from tests.factories import NOW, make_campaign, make_work_order

PATH = "/dashboard/v1/work-orders"
TO_BO = {"to_staff_no": "BO", "reason": "ill"}


def _orders(company):
    """Three of Ana's in G11 and one of Cy's in G12; the first's id."""
    campaign = make_campaign(company)
    orders = [
        make_work_order(company, campaign=campaign, customer_no=customer_no, manager=manager)
        for customer_no, manager in (("C01", "ana"), ("C02", "ana"), ("C04", "ana"), ("C11", "cy"))
    ]
    orders[1].state = WorkOrderState.DONE
    company.commit()
    return [order.id for order in orders]


def test_only_managers_of_grids_see_and_move_work_orders(client_as, company):
    order_id = _orders(company)[0]
    assert client_as(None).get(PATH).status_code == 401
    assert client_as(None).post(f"{PATH}/{order_id}/reassign", json=TO_BO).status_code == 401
    for login in ("ana", "pia", "lin", "payroll"):
        assert client_as(login).get(PATH).status_code == 403, login
        assert client_as(login).post(f"{PATH}/{order_id}/reassign", json=TO_BO).status_code == 403, login


def test_everybody_sees_the_own_grids_alone(client_as, company):
    _orders(company)
    shown = {
        login: [i["customer_no"] for i in client_as(login).get(PATH).json()["items"]] for login in ("chen", "fu", "bea", "ada")
    }
    g11 = ["C01", "C02", "C04"]
    assert shown == {"chen": g11, "fu": ["C11"], "bea": [*g11, "C11"], "ada": [*g11, "C11"]}


def test_the_list_is_of_one_state_and_in_pages(client_as, company):
    _orders(company)
    chen = client_as("chen")
    assert [i["customer_no"] for i in chen.get(PATH, params={"state": "done"}).json()["items"]] == ["C02"]
    first = chen.get(PATH, params={"limit": 2}).json()
    rest = chen.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [i["customer_no"] for i in first["items"] + rest["items"]] == ["C01", "C02", "C04"]
    assert rest["next_cursor"] is None
    borrowed = client_as("bea").get(PATH, params={"cursor": first["next_cursor"]})
    assert (borrowed.status_code, borrowed.json()["code"]) == (422, "cursor.wrong")
    assert chen.get(PATH, params={"state": "gone"}).status_code == 422


def test_a_work_order_of_another_grid_is_as_absent_as_one_that_does_not_exist(client_as, company):
    order_id = _orders(company)[0]
    elsewhere = client_as("fu").post(f"{PATH}/{order_id}/reassign", json=TO_BO)
    nowhere = client_as("fu").post(f"{PATH}/{2**62}/reassign", json=TO_BO)
    assert elsewhere.status_code == nowhere.status_code == 404
    assert elsewhere.json() == nowhere.json()
    set_scope(company, scope="all")
    assert company.scalar(select(WorkOrder.version).where(WorkOrder.id == order_id)) == 1


def test_a_grid_manager_gives_work_to_another_manager_of_the_grid(client_as, company):
    open_id, done_id, *_ = _orders(company)
    chen = client_as("chen")
    with clock.shifted_to(NOW):
        answer = chen.post(f"{PATH}/{open_id}/reassign", json=TO_BO)
        assert answer.status_code == 200, answer.text
        assert chen.post(f"{PATH}/{open_id}/reassign", json=TO_BO).status_code == 422
        done = chen.post(f"{PATH}/{done_id}/reassign", json=TO_BO)
        assert (done.status_code, done.json()["code"]) == (409, "work_order.wrong_state")
        for nobody in ("CY", "CHEN", "NOBODY"):
            refused = chen.post(f"{PATH}/{open_id}/reassign", json=TO_BO | {"to_staff_no": nobody})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "to_staff_no")
    moved = next(item for item in chen.get(PATH).json()["items"] if item["id"] == open_id)
    assert (moved["staff_no"], moved["state"]) == ("BO", "open")


def test_wrong_ids_and_bodies_are_named(client_as):
    chen = client_as("chen")
    for order_id in ("0", "x", str(2**63)):
        assert chen.post(f"{PATH}/{order_id}/reassign", json=TO_BO).status_code == 422
    assert "reason" in chen.post(f"{PATH}/1/reassign", json={"to_staff_no": "BO"}).text
    assert chen.post(f"{PATH}/1/reassign", json=TO_BO | {"reason": "\0"}).status_code == 422
