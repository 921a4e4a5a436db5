"""A pilot: a share goes first, and grows into the whole campaign or stops it."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.service import find_person
from app.campaigns.customers import pilot_share
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.queries import count_targets, get_campaign
from app.core.clock import Month
from app.dispatch.preview.approving import approve_plan, submit_plan
from app.dispatch.preview.piloting import check_pilots, report_pilot
from app.dispatch.run.requests import dispatch_requested
from app.dispatch.service import dispatch_campaign
from app.models.campaign import CampaignTarget
from app.models.campaign_life import CampaignEvent, CapacityBooking
from app.models.customer import Complaint
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrder
from tests.factories import NOW, TODAY, grid, make_scores

ALL = [f"C{number:02d}" for number in range(1, 16)]
PILOT = {"share": 0.4, "minimum_contacts": 2, "maximum_complaint_share": 0.1}


def _launch(session, pilot=PILOT, **overrides):
    """AUTUMN over everybody, with controls, approved and dispatched once."""
    make_scores(session, ALL)
    values = {"list_size": 15, "control_share": Decimal("0.3"), "exploration_share": Decimal(0), "seed": 5, "pilot": pilot}
    options = CampaignOptions("AUTUMN", "Autumn", "FTTH1", TODAY, TODAY + timedelta(days=9), **(values | overrides))
    pia, ada = (find_person(session, login=login, now=NOW) for login in ("pia", "ada"))
    create_campaign(session, options=options, holdout_share=Decimal(0), by=pia, now=NOW)
    submit_plan(session, campaign_code="AUTUMN", by=pia, now=NOW)
    approve_plan(session, campaign_code="AUTUMN", by=ada, now=NOW)
    dispatch_campaign(session, campaign_code="AUTUMN", now=NOW)
    return get_campaign(session, "AUTUMN")


def _by_reason(session, reason):
    return set(session.scalars(select(CampaignTarget.customer_id).where(CampaignTarget.reason == reason)))


def _contact_all(session):
    orders = session.scalars(select(WorkOrder)).all()
    for number, order in enumerate(orders):
        session.add(
            ContactFeedback(
                id=UUID(int=number),
                work_order_id=order.id,
                customer_id=order.customer_id,
                staff_id=order.staff_id,
                grid_id=order.grid_id,
                channel="call",
                outcome="interested",
                contacted_at=NOW,
                phone_started_at=NOW,
                clock_offset_seconds=0,
                clock_doubtful=False,
                received_at=NOW,
                month=Month.of(NOW),
                content_hash=b"x",
            )
        )
    session.flush()
    return orders


def test_only_a_share_goes_first_and_everybody_keeps_a_reason(session):
    campaign = _launch(session)
    counts = count_targets(session, campaign.id)
    assert counts["outside_pilot"] > 0
    assert counts["dispatched"] > 0
    assert sum(counts.values()) == 15
    assert sum(session.scalars(select(CapacityBooking.contacts))) == counts["outside_pilot"] + counts["dispatched"]


def test_a_pilot_by_grids_keeps_to_some_grids(session):
    _launch(session, PILOT | {"by": "grids", "share": 0.3})
    inside = set(session.scalars(select(WorkOrder.grid_id)))
    outside = set(session.scalars(select(CampaignTarget.grid_id).where(CampaignTarget.reason == "outside_pilot")))
    assert len(inside) == 1
    assert inside.isdisjoint(outside)
    assert inside | outside <= {grid(session, code).id for code in ("G11", "G12", "G21")}


def test_a_pilot_of_which_too_little_is_known_goes_on(session):
    campaign = _launch(session)
    assert check_pilots(session, now=NOW) == {"pilots": 1, "grown": [], "stopped": []}
    assert campaign.pilot_outcome is None


def test_a_pilot_that_keeps_its_bounds_grows_and_contacts_no_control(session):
    campaign = _launch(session)
    controls, waiting = _by_reason(session, "control"), _by_reason(session, "outside_pilot")
    _contact_all(session)
    assert check_pilots(session, now=NOW)["grown"] == ["AUTUMN"]
    dispatch_requested(session, now=NOW)
    assert _by_reason(session, "control") == controls
    assert waiting <= _by_reason(session, "dispatched")
    assert controls.isdisjoint(session.scalars(select(WorkOrder.customer_id)))
    assert campaign.pilot_outcome == "grown"
    assert check_pilots(session, now=NOW)["pilots"] == 0


def test_a_pilot_that_breaks_a_bound_closes_the_campaign_and_says_why(session):
    campaign = _launch(session)
    for number, order in enumerate(_contact_all(session)):
        session.add(
            Complaint(customer_id=order.customer_id, complaint_no=f"X{number}", opened_at=NOW + timedelta(hours=1), topic="calls")
        )
    session.flush()
    assert check_pilots(session, now=NOW + timedelta(hours=2))["stopped"] == ["AUTUMN"]
    assert (campaign.status, campaign.pilot_outcome) == ("closed", "stopped")
    said = session.scalars(select(CampaignEvent.comment).where(CampaignEvent.verb == "pilot_stopped")).one()
    assert "complaints of" in said
    assert _by_reason(session, "outside_pilot")


def _probabilities(session):
    """Of targets and of work orders."""
    session.expire_all()
    columns = (CampaignTarget.selection_probability, WorkOrder.selection_probability)
    return {round(found, 6) for column in columns for found in session.scalars(select(column))}


def test_who_was_on_the_list_of_a_stopped_pilot_had_to_be_drawn_into_it_too(session):
    campaign = _launch(session)
    assert _probabilities(session) == {0.7}
    orders = _contact_all(session)
    session.add_all(
        Complaint(customer_id=order.customer_id, complaint_no=f"X{order.id}", opened_at=NOW + timedelta(hours=1), topic="calls")
        for order in orders
    )
    session.flush()
    check_pilots(session, now=NOW + timedelta(hours=2))
    assert _probabilities(session) == {0.28}
    assert campaign.pilot_outcome == "stopped"


def test_a_pilot_that_grows_leaves_the_probabilities_as_they_are(session):
    _launch(session)
    _contact_all(session)
    check_pilots(session, now=NOW)
    dispatch_requested(session, now=NOW)
    assert _probabilities(session) == {0.7}


def test_the_share_of_a_pilot_by_grids_is_that_of_the_grids_it_drew(session):
    campaign = _launch(session, PILOT | {"by": "grids", "share": 0.3})
    assert pilot_share(session, campaign) == pytest.approx(1 / 3)


def test_how_a_pilot_stands_is_said_before_and_after_it_is_decided(session):
    _launch(session)
    found = report_pilot(session, campaign_code="AUTUMN", now=NOW)
    assert (found.figures.contacted, found.verdict, found.outcome) == (0, None, None)
    orders = _contact_all(session)
    found = report_pilot(session, campaign_code="AUTUMN", now=NOW)
    assert (found.figures.contacted, found.verdict, found.outcome) == (len(orders), "grown", None)
    check_pilots(session, now=NOW)
    found = report_pilot(session, campaign_code="AUTUMN", now=NOW)
    assert (found.outcome, found.decided_at, found.pilot.share) == ("grown", NOW, 0.4)
