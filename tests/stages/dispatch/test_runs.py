"""One run from scores to orders: lists drawn in it, several campaigns at once, and what the database refuses all the same."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.campaigns.service import schedule_campaign
from app.core.db import set_scope
from app.dispatch.run.inputs import CampaignOver
from app.dispatch.service import dispatch_campaign, dispatch_campaigns
from app.models.campaign import CampaignStatus, CampaignTarget, Product, TerminalReason
from app.models.customer import Customer
from app.models.organisation import Staff
from app.models.work_order import WorkOrder
from tests.factories import NOW, TODAY, customer, make_campaign, make_scores, make_work_order, staff
from tests.stages.dispatch.test_dispatching import ALL, add_to_list, make_list


def _approved(session, **overrides):
    values = {"status": CampaignStatus.APPROVED, "opened_at": None, "control_share": Decimal("0.3"), "list_size": 8}
    return make_campaign(session, **(values | overrides))


def _rows(session, campaign, *columns):
    statement = select(*(getattr(CampaignTarget, name) for name in columns)).where(CampaignTarget.campaign_id == campaign.id)
    return session.execute(statement.order_by(CampaignTarget.rank)).all()


def _orders(session):
    return list(session.scalars(select(WorkOrder).order_by(WorkOrder.id)))


def test_an_approved_campaign_is_drawn_and_dispatched_in_one_run(session):
    run = make_scores(session, ALL)
    drawn, at_once = _approved(session), _approved(session)
    schedule_campaign(session, campaign_code=drawn.code, now=NOW)
    listed = _rows(session, drawn, "customer_id", "rank", "draw", "selection_probability")
    report = dispatch_campaign(session, campaign_code=at_once.code, now=NOW)
    assert _rows(session, at_once, "customer_id", "rank", "draw", "selection_probability") == listed
    assert report["waterfall"]["dispatched"] == report["new_work_orders"] == 8
    assert (at_once.status, at_once.frozen_at, at_once.scoring_run_id) == (CampaignStatus.RUNNING, NOW, run.id)


def test_scores_are_read_from_the_files_of_the_run_where_it_has_some(session):
    import polars as pl

    from app.scoring.branch_scores import write_score_files

    run = make_scores(session, ALL)
    ids = [customer(session, no).id for no in ALL[:4]]
    frame = pl.DataFrame({"customer_id": ids, "rank": [1, 2, 3, 4], "branch_id": [2, 3, 2, 3], "score": [0.4, 0.3, 0.2, 0.1]})
    run.folder = write_score_files(session, "FTTH1", run.id, frame)
    campaign = _approved(session, control_share=Decimal(0))
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    assert [row.customer_id for row in _rows(session, campaign, "customer_id")] == ids


def test_an_order_and_its_target_carry_the_money_that_the_contact_is_worth(session):
    session.execute(update(Product).values(margin=Decimal("120"), contact_cost=Decimal("2.5")))
    campaign = make_list(session, ["C01"])
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    (order,) = _orders(session)
    assert order.value == _rows(session, campaign, "value")[0].value == Decimal("57.5")


def test_who_costs_more_than_he_brings_is_not_contacted(session):
    session.execute(update(Product).values(margin=Decimal("120"), contact_cost=Decimal("75")))
    report = dispatch_campaign(session, campaign_code=make_list(session, ["C01"]).code, now=NOW)
    assert report["waterfall"]["below_cost"] == 1


def test_of_two_campaigns_of_one_family_the_better_use_has_the_customer(session):
    first, second = make_list(session, ["C01", "C02"]), make_list(session, ["C02", "C03"])
    session.execute(
        update(CampaignTarget)
        .where(CampaignTarget.campaign_id == second.id)
        .values(score=0.6)
        .execution_options(synchronize_session=False)
    )
    found = dispatch_campaigns(session, campaign_codes=[first.code, second.code], now=NOW)
    assert found[first.code]["waterfall"]["better_use"] == 1
    assert found[second.code]["waterfall"]["dispatched"] == 2
    assert len(_orders(session)) == 3


def test_two_families_for_one_customer_are_one_contact_that_counts_once(session):
    session.execute(update(Staff).where(Staff.staff_no.in_(["ANA", "BO"])).values(daily_capacity=1))
    day = {"ends_on": TODAY}
    first, second = (
        make_list(session, ["C01", "C02", "C03"], **day),
        make_list(session, ["C01", "C02"], product_code="TV1", **day),
    )
    found = dispatch_campaigns(session, campaign_codes=[first.code, second.code], now=NOW)
    orders = _orders(session)
    assert found[first.code]["new_work_orders"] == found[second.code]["new_work_orders"] == 2
    contacts = {order.contact_id: set() for order in orders}
    for order in orders:
        contacts[order.contact_id].add((order.customer_id, order.staff_id, order.scheduled_on))
    assert [len(same) for same in contacts.values()] == [1, 1]
    assert set(contacts) <= {order.id for order in orders}


def test_each_campaign_of_a_run_keeps_its_own_days(session):
    session.execute(update(Staff).values(daily_capacity=1))
    first = make_list(session, ["C01", "C02"], ends_on=TODAY)
    later = make_list(
        session, ["C03", "C04"], product_code="TV1", starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=3)
    )
    dispatch_campaigns(session, campaign_codes=[first.code, later.code], now=NOW)
    days = {(order.campaign_id, (order.scheduled_on - TODAY).days) for order in _orders(session)}
    assert (first.id, 0) in days
    assert {day for campaign_id, day in days if campaign_id == first.id} == {0}
    assert {day for campaign_id, day in days if campaign_id == later.id} <= {1, 2, 3}
    assert len(_orders(session)) == 4


def test_two_offers_without_a_day_in_common_are_no_one_contact(session):
    first = make_list(session, ["C01"], ends_on=TODAY)
    later = make_list(
        session, ["C01"], product_code="TV1", starts_on=TODAY + timedelta(days=1), ends_on=TODAY + timedelta(days=3)
    )
    found = dispatch_campaigns(session, campaign_codes=[first.code, later.code], now=NOW)
    assert sorted(one["waterfall"]["better_use"] for one in found.values()) == [0, 1]
    assert len(_orders(session)) == 1


def test_a_campaign_whose_window_has_passed_is_in_no_run(session):
    over, other = make_list(session, ["C01"], starts_on=TODAY, ends_on=TODAY), make_list(session, ["C02"], product_code="TV1")
    with pytest.raises(CampaignOver):
        dispatch_campaigns(session, campaign_codes=[over.code, other.code], now=NOW + timedelta(days=1))


@pytest.mark.parametrize("wrong", [{"customer_id": 10**9}, {"staff_id": 10**9}])
def test_the_database_refuses_an_order_without_its_target_or_manager(session, wrong):
    order = make_work_order(session)
    with pytest.raises(IntegrityError, match=r"without its target|not there|stays with"), session.begin_nested():
        session.execute(update(WorkOrder).where(WorkOrder.id == order.id).values(**wrong))
    with pytest.raises(IntegrityError, match=r"without its target|not there"):
        make_work_order(session, customer_no="C02", **wrong)


def test_the_database_keeps_a_manager_and_a_target_with_an_order(session):
    make_work_order(session)
    for statement in (
        "DELETE FROM staff WHERE staff_no = 'ANA'",
        "DELETE FROM campaign_targets",
        "UPDATE campaign_targets SET customer_id = 999",
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(statement))


def test_an_order_that_commits_between_the_look_and_the_write_locks_its_target(company, sessions):
    """Somebody else holds a customer's lock, uncommitted, when the run looks; it commits while the run waits at the index."""
    from concurrent.futures import ThreadPoolExecutor

    from tests.stages.dispatch.test_races import _wait_until_somebody_waits

    code = make_list(company, ["C01", "C02"]).code
    company.commit()

    def run():
        with sessions() as mine:
            set_scope(mine, scope="all")
            found = dispatch_campaign(mine, campaign_code=code, now=NOW)
            mine.commit()
            return found

    with ThreadPoolExecutor(1) as pool, sessions() as other:
        set_scope(other, scope="all")
        make_work_order(other, customer_no="C02")
        running = pool.submit(run)
        _wait_until_somebody_waits(company)
        other.commit()
        report = running.result(timeout=30)
    assert {name: count for name, count in report["waterfall"].items() if count} == {
        "dispatched": 1,
        "locked_by_other_campaign": 1,
    }


def test_a_run_leaves_no_target_undecided_and_says_when(session):
    campaign = make_list(session)
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    rows = _rows(session, campaign, "reason", "decided_at")
    assert {row.reason for row in rows} == {TerminalReason.DISPATCHED}
    assert {row.decided_at for row in rows} == {NOW}
    assert {order.staff_id for order in _orders(session)} >= {staff(session, "ana").id}


def test_a_budget_is_kept_over_runs_and_the_rest_has_its_reason(session):
    session.execute(update(Product).values(margin=Decimal("120"), contact_cost=Decimal("2.5")))
    campaign = make_list(session, ALL[:4], budget=Decimal("5.1"))
    report = dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    assert (report["waterfall"]["dispatched"], report["waterfall"]["over_budget"]) == (2, 2)
    add_to_list(session, campaign, ALL[4:6])
    again = dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    assert (again["new_work_orders"], again["waterfall"]["over_budget"]) == (0, 4)


def test_a_promised_volume_takes_customers_from_a_better_use(session):
    session.execute(update(Product).values(margin=Decimal("120"), contact_cost=Decimal("2.5")))
    rich, promised = make_list(session, ALL[:6]), make_list(session, ALL[:6], minimum_volume=2, strategic_weight=Decimal("0.5"))
    found = dispatch_campaigns(session, campaign_codes=[rich.code, promised.code], now=NOW)
    assert found[promised.code]["waterfall"]["dispatched"] == 2
    assert found[rich.code]["waterfall"]["better_use"] == 2


def test_a_plan_bounds_what_each_manager_gets(session):
    campaign = make_list(session, ALL[:10], maximum_load=3)
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    loads = [order.staff_id for order in _orders(session)]
    assert sorted(loads.count(who) for who in set(loads)) == [3, 3]


def test_a_minimum_load_goes_before_the_owner(session):
    session.execute(update(Customer).where(Customer.customer_no.in_(ALL[:4])).values(owner_staff_id=staff(session, "ana").id))
    session.expire_all()
    campaign = make_list(session, ALL[:4], minimum_load=2)
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    loads = [order.staff_id for order in _orders(session)]
    assert sorted(loads.count(who) for who in set(loads)) == [2, 2]
