"""A programme of several campaigns: a verb happens to all of them, or to none."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from app.access.service import find_person
from app.campaigns.lifecycle import Verb
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.queries import get_campaign
from app.campaigns.steps import PlannerApproves, WrongStatus
from app.dispatch.preview.approving import DoesNotFit
from app.dispatch.preview.preview import preview_campaigns
from app.dispatch.preview.programmes import UnknownProgramme, act_on_programme, codes_of, dispatch_programme
from app.models.campaign_life import CampaignEvent, CampaignPreview, CapacityBooking
from app.models.organisation import Staff
from app.models.work_order import WorkOrder
from tests.factories import NOW, TODAY, make_scores

ALL = [f"C{number:02d}" for number in range(1, 16)]
NAME = "Autumn 秋"


def _plan(session, code, product_code, programme=NAME, **overrides):
    values = {"list_size": 10, "control_share": Decimal(0), "exploration_share": Decimal(0), "programme": programme}
    options = CampaignOptions(code, code, product_code, TODAY, TODAY + timedelta(days=2), **(values | overrides))
    pia = find_person(session, login="pia", now=NOW)
    return create_campaign(session, options=options, holdout_share=Decimal(0), by=pia, now=NOW)


@pytest.fixture
def programme(session):
    """TWO and ONE, of one programme, for the same customers: broadband and television."""
    for product in ("FTTH1", "TV1"):
        make_scores(session, ALL, product_code=product)
    return [_plan(session, "TWO", "TV1"), _plan(session, "ONE", "FTTH1")]


def _act(session, verb, login="pia", comment=""):
    by = None if login is None else find_person(session, login=login, now=NOW)
    return act_on_programme(session, programme=NAME, verb=verb, by=by, comment=comment, now=NOW)


def _statuses(session):
    session.expire_all()
    return [get_campaign(session, code).status.value for code in ("ONE", "TWO")]


def test_a_programme_goes_the_whole_way_as_one(session, programme):
    _plan(session, "OTHER", "FTTH1", programme=None)
    assert _act(session, Verb.SUBMIT) == {"campaigns": ["ONE", "TWO"], "requested": None}
    for verb, login, expected in (
        (Verb.APPROVE, "ada", "approved"),
        (Verb.SCHEDULE, "pia", "scheduled"),
        (Verb.RUN, "pia", "running"),
    ):
        _act(session, verb, login)
        assert _statuses(session) == [expected] * 2
    counts = dispatch_programme(session, programme=NAME, by=None, now=NOW)
    assert {code: found["new_work_orders"] for code, found in counts.items()} == {"ONE": 10, "TWO": 10}
    _act(session, Verb.CLOSE)
    assert _statuses(session) == ["closed"] * 2
    assert {order.state.value for order in session.scalars(select(WorkOrder))} == {"expired"}
    assert get_campaign(session, "OTHER").status.value == "draft"


@pytest.mark.parametrize("verb", [Verb.SEND_BACK, Verb.REVISE])
def test_a_programme_goes_back_as_one(session, programme, verb):
    _act(session, Verb.SUBMIT)
    _act(session, verb, "ada", "Fewer.")
    assert _statuses(session) == ["draft"] * 2


def test_one_campaign_that_refuses_stops_all(session, programme):
    by = find_person(session, login="pia", now=NOW)
    _plan(session, "ZERO", "FTTH1")
    act_on_programme(session, programme=NAME, verb=Verb.SUBMIT, by=by, now=NOW)
    session.execute(update(Staff).where(Staff.staff_no.in_(["ANA", "BO", "CY"])).values(daily_capacity=1))
    with pytest.raises(DoesNotFit), session.begin_nested():
        _act(session, Verb.APPROVE, "ada")
    assert _statuses(session) == ["submitted"] * 2
    assert session.scalars(select(CapacityBooking)).all() == []
    _act(session, Verb.REVISE, comment="Less.")
    submitted = get_campaign(session, "TWO")
    act_on_programme(session, programme=NAME, verb=Verb.SUBMIT, by=by, now=NOW)
    with pytest.raises(WrongStatus, match="ONE"), session.begin_nested():
        _act(session, Verb.SUBMIT)
    with pytest.raises(PlannerApproves), session.begin_nested():
        act_on_programme(session, programme=NAME, verb=Verb.APPROVE, by=_admin_who_planned(session, submitted), now=NOW)


def _admin_who_planned(session, campaign):
    ada = find_person(session, login="ada", now=NOW)
    campaign.submitted_by = ada.account_id
    session.flush()
    return ada


def test_half_of_a_programme_is_never_closed(session, programme):
    _act(session, Verb.SUBMIT)
    _act(session, Verb.APPROVE, "ada")
    _plan(session, "DRAFT", "FTTH1")
    with pytest.raises(WrongStatus, match="DRAFT"), session.begin_nested():
        _act(session, Verb.CLOSE)
    assert _statuses(session) == ["approved"] * 2
    assert session.scalars(select(CampaignEvent.verb).where(CampaignEvent.verb == "close")).all() == []


def test_a_customer_of_several_is_one_contact_of_the_programmes_capacity(session, programme):
    found = preview_campaigns(session, campaign_codes=["TWO", "ONE"], now=NOW)
    assert [each.campaign.code for each in found] == ["ONE", "TWO"]
    assert [each.figures["contacts"] for each in found] == [10, 10]
    assert [sum(each.wanted.values()) for each in found] == [10, 0]
    assert [each.figures["beside"] for each in found] == [["TWO"], ["ONE"]]
    _act(session, Verb.SUBMIT)
    _act(session, Verb.APPROVE, "ada")
    assert sum(session.scalars(select(CapacityBooking.contacts))) == 10
    kept = session.scalars(select(CampaignPreview.shown_for).order_by(CampaignPreview.id)).all()
    assert kept == ["submit", "submit", "approve", "approve"]


def test_what_one_campaign_of_a_programme_takes_is_not_free_for_the_next(session):
    make_scores(session, ALL[:10])
    make_scores(session, ALL[10:14] + ALL[:6], product_code="TV1")
    session.execute(update(Staff).where(Staff.staff_no == "CY").values(daily_capacity=1))
    session.execute(update(Staff).where(Staff.staff_no == "BO").values(daily_capacity=0))
    session.execute(update(Staff).where(Staff.staff_no == "ANA").values(daily_capacity=3))
    _plan(session, "ONE", "FTTH1")
    _plan(session, "TWO", "TV1", fit="shrink")
    one, two = preview_campaigns(session, campaign_codes=["ONE", "TWO"], now=NOW)
    assert [row["free"] for row in one.room.short] == [9]  # of ten
    assert [(row["grid"], row["wanted"], row["free"]) for row in two.room.short] == [("G12", 4, 3)]


def test_a_programme_that_is_over_or_never_was_is_unknown(session, programme):
    with pytest.raises(UnknownProgramme):
        codes_of(session, "NONE")
    _act(session, Verb.SUBMIT)
    _act(session, Verb.APPROVE, "ada")
    _act(session, Verb.CLOSE)
    with pytest.raises(UnknownProgramme):
        _act(session, Verb.CLOSE)
