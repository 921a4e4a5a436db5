"""`gridwork release`, `work-orders` and the holidays, as an operator types them."""

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import set_scope
from app.models.work_order import WorkOrder
from tests.factories import NOW, TODAY, make_campaign, make_work_order


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def order_id(company):
    order = make_work_order(company, campaign=make_campaign(company, code="AUTUMN"), state="planned", scheduled_on=TODAY)
    company.commit()
    return order.id


def state(company, order_id):
    company.rollback()
    set_scope(company, scope="all")
    return company.scalar(select(WorkOrder.state).where(WorkOrder.id == order_id))


def test_a_morning_and_what_is_done_by_hand(gridwork, company, order_id, tmp_path):
    assert gridwork("release")[0] == 0
    assert state(company, order_id) == "open"
    code, said = gridwork("work-orders", "pool", "--campaign", "AUTUMN", "--reason", "ill", "--dry-run")
    assert (code, "done" in said) == (0, True)
    assert state(company, order_id) == "open"
    assert gridwork("work-orders", "pool", "--id", order_id, "--reason", "ill")[0] == 0
    assert state(company, order_id) == "planned"
    code, said = gridwork("work-orders", "start", "--id", order_id)
    assert (code, "It is in the pool" in said) == (0, True)
    code, said = gridwork("work-orders", "split", "--campaign", "AUTUMN", "--pooled", "--to", "ANA", "--to", "BO")
    assert code == 0
    assert state(company, order_id) == "open"


def test_holidays_come_from_a_file(gridwork, order_id, tmp_path):
    (tmp_path / "days.csv").write_text(f"day,name\n{TODAY},A feast\n", encoding="utf-8")
    assert gridwork("load-holidays", tmp_path / "days.csv")[0] == 0
    code, said = gridwork("release")
    assert (code, "postponed" in said) == (0, True)
    assert gridwork("remove-holiday", str(TODAY))[0] == 0


def test_what_is_wrong_is_named(gridwork, order_id, tmp_path):
    for words, named in (
        (("work-orders", "pool"), "--id"),
        (("work-orders", "extend", "--id", order_id, "--due", "soon"), "--due"),
        (("work-orders", "reassign", "--id", order_id), "to_staff_nos"),
        (("remove-holiday", str(TODAY)), "day"),
        (("load-holidays", tmp_path / "none.csv"), "none.csv"),
    ):
        code, said = gridwork(*words)
        assert code != 0
        assert named in said, words
