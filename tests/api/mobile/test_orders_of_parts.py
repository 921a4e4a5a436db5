"""Work orders of a big run, which are a part of their table, go to a phone and come back reported as any others."""

from sqlalchemy import select

from app.core import clock
from app.core.db import set_scope
from app.dispatch.run import order_part
from app.dispatch.service import dispatch_campaign
from app.models.campaign import CampaignStatus
from app.models.work_order import WorkOrder, WorkOrderState
from tests.factories import NOW, make_campaign, make_scores, make_work_order, staff
from tests.phones import Phone, report

FIRST_OF_PARTS = 2**40


def test_a_phone_is_told_of_them_by_its_next_pull_and_reports_on_them(client_as, company, monkeypatch):
    monkeypatch.setattr(order_part, "PART_FROM", 3)
    make_scores(company, [f"C{number:02d}" for number in range(2, 16)])
    earlier = make_work_order(company, customer_no="C01")
    code = make_campaign(company, status=CampaignStatus.APPROVED, opened_at=None, list_size=14).code
    company.commit()
    set_scope(company, scope="all")
    with clock.shifted_to(NOW):
        phone = Phone(client_as("ana"))
        phone.pull()
        assert set(phone.orders) == {earlier.id}
        dispatch_campaign(company, campaign_code=code, now=NOW)
        company.commit()
        set_scope(company, scope="all")
        mine = select(WorkOrder.id).where(WorkOrder.staff_id == staff(company, "ana").id, WorkOrder.state == WorkOrderState.OPEN)
        phone.pull()
        assert set(phone.orders) == set(company.scalars(mine))
        assert phone.told_hash == phone.set_hash
        one = max(phone.orders)
        assert one >= FIRST_OF_PARTS
        [answer] = phone.send(report(one, "refused"))
        assert answer["status"] == "accepted"
        phone.pull()
        assert company.get(WorkOrder, one, populate_existing=True).state == WorkOrderState.DONE
        assert one not in phone.orders
