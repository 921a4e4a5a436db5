"""Places that refusals, returns and unfinished work free go to the next best, once, and never above capacity."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.core.clock import Month
from app.core.db import set_scope
from app.dispatch.days.release import release_wave
from app.dispatch.explaining.explanation import explain_customer
from app.dispatch.refilling.service import refill_places
from app.dispatch.run.replay import list_summaries
from app.dispatch.service import dispatch_campaign
from app.dispatch.sweeps import end_campaign, withdraw_refused
from app.models.campaign import CampaignTarget
from app.models.feedback import ContactFeedback
from app.models.organisation import Staff
from app.models.work_order import DispatchRun, ReturnDecision, WorkOrder
from tests.factories import NOW, TODAY, customer, make_work_order
from tests.stages.dispatch.test_dispatching import ALL, make_list, refuse
from tests.stages.dispatch.test_races import _together, _wait_until_somebody_waits
from tests.stages.dispatch.test_returning import decide, give

DAY = timedelta(days=1)
NOTHING = {"campaigns": [], "freed_places": 0, "new_work_orders": 0}


def launch(session, *, explored=(), **more):
    """Ten customers of a grid, of whom two managers with one contact a day take six in three days."""
    session.execute(update(Staff).values(daily_capacity=1))
    campaign = make_list(session, ALL[:10], explored=explored, **({"ends_on": TODAY + 2 * DAY} | more))
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    return campaign


def order_on(session, campaign, day, draw="ranked"):
    """(customer number, order) of the first order on this day."""
    which = (WorkOrder.campaign_id == campaign.id, WorkOrder.scheduled_on == TODAY + day * DAY, WorkOrder.draw == draw)
    order = session.scalars(select(WorkOrder).where(*which).order_by(WorkOrder.rank)).first()
    return next(no for no in ALL if customer(session, no).id == order.customer_id), order


def refill(session, days=1):
    """The morning after days on which everybody did what was on the phone."""
    due = (WorkOrder.state == "open", WorkOrder.scheduled_on < TODAY + days * DAY)
    session.execute(update(WorkOrder).where(*due).values(state="done"))
    return refill_places(session, now=NOW + days * DAY)


def most_a_day(session):
    """The most live or done contacts of anybody on any day."""
    counted = ("planned", "open", "in_progress", "done")
    whose = (WorkOrder.staff_id, WorkOrder.scheduled_on)
    return max(session.scalars(select(func.count()).where(WorkOrder.state.in_(counted)).group_by(*whose)))


def refusal(session, customer_no):
    refuse(session, customer_no)
    assert withdraw_refused(session, now=NOW)["withdrawn"] >= 1


def reasons(session, campaign):
    """{customer number: reason}."""
    session.expire_all()
    numbers = {customer(session, no).id: no for no in ALL}
    rows = session.execute(
        select(CampaignTarget.customer_id, CampaignTarget.reason).where(CampaignTarget.campaign_id == campaign.id)
    )
    return {numbers[customer_id]: reason for customer_id, reason in rows}


def left_out(session, campaign):
    return sorted(no for no, reason in reasons(session, campaign).items() if reason == "over_capacity")


def report(session, order):
    values = {"clock_offset_seconds": 0, "clock_doubtful": False, "month": Month.of(NOW), "content_hash": b"x"}
    times = dict.fromkeys(("contacted_at", "phone_started_at", "received_at"), NOW)
    whose = {"work_order_id": order.id, "customer_id": order.customer_id, "staff_id": order.staff_id, "grid_id": order.grid_id}
    session.add(ContactFeedback(id=UUID(int=order.id), channel="call", outcome="interested", **whose, **times, **values))
    session.flush()


def test_a_refusal_frees_a_place_and_the_next_morning_the_next_best_is_planned(session):
    campaign = launch(session)
    assert left_out(session, campaign) == ["C07", "C08", "C09", "C10"]
    customer_no, withdrawn = order_on(session, campaign, 2)
    refusal(session, customer_no)
    assert refill(session) == {"campaigns": [campaign.code], "freed_places": 1, "new_work_orders": 1}
    assert left_out(session, campaign) == ["C08", "C09", "C10"]
    made = session.scalars(select(WorkOrder).order_by(WorkOrder.id.desc())).first()
    assert (made.customer_id, made.staff_id) == (customer(session, "C07").id, withdrawn.staff_id)
    assert (made.scheduled_on, made.state) == (withdrawn.scheduled_on, "planned")
    assert most_a_day(session) == 1


def test_a_place_is_given_once_however_often_the_job_runs(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    assert refill(session)["new_work_orders"] == 1
    assert refill(session) == NOTHING
    assert refill(session, days=2) == NOTHING
    assert session.scalar(select(func.count()).select_from(DispatchRun)) == 2


def test_whoever_got_a_freed_place_and_refuses_too_frees_it_again(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    refill(session)
    refusal(session, "C07")
    assert refill(session) == NOTHING  # once a day
    assert refill(session, days=2)["new_work_orders"] == 1
    assert left_out(session, campaign) == ["C09", "C10"]


def test_a_place_on_a_day_that_is_over_is_no_capacity_and_is_asked_for_once_a_day(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 0)[0])
    assert refill(session) == {"campaigns": [campaign.code], "freed_places": 1, "new_work_orders": 0}
    assert left_out(session, campaign) == ["C07", "C08", "C09", "C10"]
    assert refill(session) == NOTHING
    session.execute(update(Staff).values(daily_capacity=9))
    assert refill(session, days=2)["new_work_orders"] == 1  # one place, whatever else is free


def test_work_that_others_brought_meanwhile_is_kept_to(session):
    campaign = launch(session)
    customer_no, order = order_on(session, campaign, 2)
    refusal(session, customer_no)
    who = session.get(Staff, order.staff_id).staff_no.lower()
    make_work_order(session, customer_no="C11", manager=who, state="planned", scheduled_on=order.scheduled_on)
    assert refill(session)["new_work_orders"] == 0
    assert most_a_day(session) == 1


def test_an_order_withdrawn_after_a_contact_frees_nothing(session):
    campaign = launch(session)
    customer_no, order = order_on(session, campaign, 2)
    report(session, order)
    refusal(session, customer_no)
    assert order.state == "withdrawn"
    assert refill(session) == NOTHING


def test_work_that_expired_unfinished_frees_its_places_once(session):
    campaign = launch(session, unfinished_rule="expire")
    assert release_wave(session, now=NOW + DAY)["expired"] == 2
    session.execute(update(Staff).values(daily_capacity=9))
    assert refill(session) == {"campaigns": [campaign.code], "freed_places": 2, "new_work_orders": 2}
    assert left_out(session, campaign) == ["C09", "C10"]
    assert refill(session, days=2) == NOTHING


@pytest.mark.parametrize(("decision", "places"), [("accepted", 1), ("rejected", 0), (None, 0)])
def test_what_was_given_back_frees_a_place_once_that_is_accepted(session, decision, places):
    campaign = launch(session)
    _, order = order_on(session, campaign, 0)
    made = give(session, order, who=session.get(Staff, order.staff_id).staff_no.lower())
    if decision:
        decide(session, made, ReturnDecision(decision))
    session.execute(update(Staff).values(daily_capacity=9))
    assert refill(session)["new_work_orders"] == places


def test_before_the_wave_what_yesterday_left_unfinished_takes_the_freed_place(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 1)[0])
    assert refill_places(session, now=NOW + DAY) == {"campaigns": [campaign.code], "freed_places": 1, "new_work_orders": 0}
    counts = release_wave(session, now=NOW + DAY)
    assert (counts["rolled"], counts["pooled"]) == (2, 1)  # the other manager's day was full as it was


@pytest.mark.parametrize("how", ["over", "closed"])
def test_of_a_campaign_that_is_over_nothing_is_filled(session, how):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    if how == "closed":
        end_campaign(session, campaign_code=campaign.code, now=NOW)
    assert refill(session, days=3 if how == "over" else 1) == NOTHING


def test_a_campaign_that_waits_for_its_dispatch_is_left_to_it(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    last = (CampaignTarget.campaign_id == campaign.id, CampaignTarget.customer_id == customer(session, "C10").id)
    session.execute(update(CampaignTarget).where(*last).values(reason=None))
    assert refill(session) == NOTHING


def test_who_refuses_meanwhile_is_passed_over_and_the_next_day_the_next_one_asked(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    refuse(session, "C07")
    assert refill(session)["new_work_orders"] == 0
    assert reasons(session, campaign)["C07"] == "do_not_disturb"
    assert refill(session, days=2)["new_work_orders"] == 1
    assert left_out(session, campaign) == ["C09", "C10"]


def test_an_explored_place_goes_to_an_explored_one_with_the_probability_of_its_draw(session):
    drawn = ["C02", "C04", "C06", "C08", "C10"]
    campaign = launch(session, explored=drawn)
    before = set(left_out(session, campaign))
    customer_no, _ = order_on(session, campaign, 2, "explored")
    refusal(session, customer_no)
    assert refill(session)["new_work_orders"] == 1
    (gone,) = before - set(left_out(session, campaign))
    made = session.scalars(select(WorkOrder).order_by(WorkOrder.id.desc())).first()
    assert gone in drawn
    assert (made.draw, round(made.selection_probability, 6)) == ("explored", 0.95)


def test_controls_stay_controls_and_the_waterfall_balances(session):
    campaign = launch(session)
    keep = (CampaignTarget.campaign_id == campaign.id, CampaignTarget.customer_id == customer(session, "C07").id)
    session.execute(update(CampaignTarget).where(*keep).values(reason="control"))
    refusal(session, order_on(session, campaign, 2)[0])
    refill(session)
    assert reasons(session, campaign)["C07"] == "control"
    newest = list_summaries(session, campaign_code=campaign.code, limit=1)[0]
    found = {reason: count for reason, count in newest.waterfall.items() if count}
    assert (newest.freed_places, found) == (1, {"dispatched": 7, "control": 1, "over_capacity": 2})


def test_a_place_that_was_given_stays_so_where_the_order_moves_to_another_grid(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    refill(session)
    made = session.scalars(select(WorkOrder).order_by(WorkOrder.id.desc())).first()
    made.grid_id = customer(session, "C11").grid_id
    session.execute(update(Staff).values(daily_capacity=9))
    assert refill(session, days=2) == NOTHING


def test_explain_says_that_a_place_was_free_again(session):
    campaign = launch(session)
    refusal(session, order_on(session, campaign, 2)[0])
    refill(session)

    def said(customer_no):
        found = explain_customer(session, customer_no=customer_no, campaign_code=campaign.code, grid_ids=None, now=NOW)
        return " ".join(found.campaigns[0].sentences)

    assert "The place was free again" in said("C07")
    assert "The place was free again" not in said("C01")
    assert "a freed place goes to who is next" in said("C08")


def test_a_campaign_that_closes_at_this_moment_is_not_filled(company, sessions):
    campaign = launch(company)
    refusal(company, order_on(company, campaign, 2)[0])
    company.commit()
    with ThreadPoolExecutor(1) as pool, sessions() as closing:
        set_scope(closing, scope="all")
        end_campaign(closing, campaign_code=campaign.code, now=NOW)  # not committed yet: the refill cannot see it
        filling = pool.submit(_together, sessions, lambda session: refill_places(session, now=NOW + DAY))
        _wait_until_somebody_waits(company)
        closing.commit()
        assert filling.result(timeout=30) == [NOTHING]


def test_two_refills_at_once_give_a_place_away_once(company, sessions):
    campaign = launch(company)
    refusal(company, order_on(company, campaign, 2)[0])
    company.execute(update(Staff).values(daily_capacity=9))
    company.commit()
    found = _together(sessions, *[lambda session: refill_places(session, now=NOW + DAY)] * 3)
    assert sorted(one["new_work_orders"] for one in found) == [0, 0, 1]
