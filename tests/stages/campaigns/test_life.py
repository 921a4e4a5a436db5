"""A campaign from its draft to its evaluation: who takes each step, and what is kept of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.access.service import find_person
from app.campaigns.approval import approve_campaign, revise_campaign, send_back_campaign, submit_campaign
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.queries import UnknownCampaign, count_list, get_campaign
from app.campaigns.service import (
    NotMature,
    close_campaign,
    evaluate_campaign,
    run_campaign,
    schedule_campaign,
)
from app.campaigns.steps import NotYours, PlannerApproves, WrongStatus
from app.core.db import set_scope
from app.core.errors import Invalid
from app.models.campaign import Campaign, CampaignStatus
from app.models.campaign_life import CampaignEvent
from tests.factories import NOW, TODAY, make_campaign, make_scores

OPTIONS = CampaignOptions("AUTUMN", "Autumn", "FTTH1", TODAY, TODAY + timedelta(days=9), list_size=5)
MATURE = NOW + timedelta(days=15)  # nine days to the end, three of attribution, two of maturity, and the day itself


def _person(session, login):
    return find_person(session, login=login, now=NOW)


@pytest.fixture
def draft(session):
    """AUTUMN, planned by Pia; customers are ranked."""
    make_scores(session, [f"C{number:02d}" for number in range(1, 16)])
    return create_campaign(session, options=OPTIONS, by=_person(session, "pia"), now=NOW)


def _submit(session, login="pia"):
    return submit_campaign(session, campaign_code="AUTUMN", by=_person(session, login), now=NOW)


def _approve(session, login="ada"):
    return approve_campaign(session, campaign_code="AUTUMN", by=_person(session, login), now=NOW)


def test_a_campaign_is_submitted_approved_scheduled_run_closed_and_evaluated_in_this_order_alone(session, draft):
    def at(service, **more):
        return lambda: service(session, campaign_code="AUTUMN", **({"now": NOW} | more))

    steps = [
        lambda: _submit(session),
        lambda: _approve(session),
        at(schedule_campaign),
        at(run_campaign),
        at(close_campaign),
        at(evaluate_campaign, now=MATURE),
    ]
    close_too = {1: steps[4], 2: steps[4]}  # what was approved may be given up
    for done, step in enumerate(steps):
        for other in steps:
            if other is not step and other is not close_too.get(done - 1):
                with pytest.raises(WrongStatus):
                    other()
        step()
        assert get_campaign(session, "AUTUMN").status == list(CampaignStatus)[done + 1]
    with pytest.raises(UnknownCampaign):
        run_campaign(session, campaign_code="NONE", now=NOW)
    assert session.scalar(text("SELECT count(*) FROM campaign_targets WHERE reason IS NULL")) == 5


def test_every_step_is_kept_with_who_took_it_and_what_was_said(session, draft):
    pia, ada = _person(session, "pia"), _person(session, "ada")
    _submit(session)
    send_back_campaign(session, campaign_code="AUTUMN", by=ada, comment="Too many.", now=NOW)
    _submit(session)
    _approve(session)
    schedule_campaign(session, campaign_code="AUTUMN", now=NOW)
    rows = session.scalars(select(CampaignEvent).order_by(CampaignEvent.id)).all()
    assert [(row.verb, row.from_status, row.to_status, row.account_id, row.comment) for row in rows] == [
        ("create", "draft", "draft", pia.account_id, None),
        ("submit", "draft", "submitted", pia.account_id, None),
        ("send_back", "submitted", "draft", ada.account_id, "Too many."),
        ("submit", "draft", "submitted", pia.account_id, None),
        ("approve", "submitted", "approved", ada.account_id, None),
        ("schedule", "approved", "scheduled", None, None),
    ]


def test_what_happened_is_never_changed(session, draft):
    for statement in ("UPDATE campaign_events SET comment = 'x'", "DELETE FROM campaign_events", "TRUNCATE campaign_events"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_who_submitted_does_not_approve_not_even_past_the_service(session, draft):
    _submit(session, "ada")
    with pytest.raises(PlannerApproves):
        _approve(session, "ada")
    with pytest.raises(IntegrityError, match="two_people"), session.begin_nested():
        session.execute(update(Campaign).values(approved_by=Campaign.submitted_by))
    assert get_campaign(session, "AUTUMN").status is CampaignStatus.SUBMITTED


@pytest.mark.parametrize("login", ["ana", "chen", "lin", "pia", "bea"])
def test_only_an_admin_approves_a_campaign_of_the_company(session, draft, login):
    _submit(session, "ada")
    with pytest.raises(NotYours):
        _approve(session, login)


@pytest.mark.parametrize("comment", ["", "  ", "x" * 4_001, "a\0b", "\ud800"])
def test_who_sends_back_says_why(session, draft, comment):
    _submit(session)
    with pytest.raises(Invalid, match="comment"):
        send_back_campaign(session, campaign_code="AUTUMN", by=_person(session, "ada"), comment=comment, now=NOW)
    assert get_campaign(session, "AUTUMN").status is CampaignStatus.SUBMITTED


def test_a_revised_campaign_has_neither_an_approval_nor_a_list(session, draft):
    _submit(session)
    _approve(session)
    schedule_campaign(session, campaign_code="AUTUMN", now=NOW)
    revise_campaign(session, campaign_code="AUTUMN", by=_person(session, "pia"), comment="Another week.", now=NOW)
    assert (draft.status, draft.submitted_by, draft.approved_by, draft.frozen_at) == ("draft", None, None, None)
    assert count_list(session, draft.id) == 0
    with pytest.raises(WrongStatus):
        schedule_campaign(session, campaign_code="AUTUMN", now=NOW)


def test_a_running_campaign_is_not_revised(session):
    make_campaign(session, code="AUTUMN")
    with pytest.raises(WrongStatus):
        revise_campaign(session, campaign_code="AUTUMN", by=_person(session, "pia"), comment="Late.", now=NOW)


def test_nothing_is_evaluated_before_its_orders_are_mature(session):
    make_campaign(session, code="AUTUMN", status=CampaignStatus.CLOSED)
    with pytest.raises(NotMature):
        evaluate_campaign(session, campaign_code="AUTUMN", now=MATURE - timedelta(days=1))


@pytest.mark.parametrize("login", ["nobody", ""])
def test_nobody_acts_by_a_login_that_is_not_there(session, login):
    with pytest.raises(Invalid, match="by"):
        _person(session, login)


def test_two_who_approve_at_once_approve_once(company, sessions):
    code = make_campaign(company, status=CampaignStatus.SUBMITTED).code
    company.commit()
    with sessions() as first, sessions() as second:
        for one in (first, second):
            set_scope(one, scope="all")
        get_campaign(second, code)
        approve_campaign(first, campaign_code=code, by=_person(first, "ada"), now=NOW)
        first.commit()
        with pytest.raises(WrongStatus):
            approve_campaign(second, campaign_code=code, by=_person(second, "ada"), now=NOW)
