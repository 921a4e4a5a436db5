"""Previews, submissions and approvals that are left to the worker: done once, in order, and asked for until they are."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.access.service import find_person
from app.campaigns.lifecycle import Verb
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.queries import get_campaign
from app.campaigns.steps import WrongStatus
from app.core import clock
from app.core.db import set_scope
from app.dispatch.preview import requests
from app.dispatch.preview.preview import STEPS
from app.dispatch.preview.queries import UnknownRequest
from app.dispatch.preview.requests import (
    PreviewIsLarge,
    preview_if_small,
    report_request,
    request_preview,
    step_or_request,
    work_on_plans,
)
from app.jobs.steps import run_in_steps
from app.models.campaign_life import CampaignEvent, CampaignPreview, CapacityBooking
from tests.factories import NOW, TODAY, make_scores

ALL = [f"C{number:02d}" for number in range(1, 16)]


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def large(company, monkeypatch):
    """AUTUMN, a draft of Pia's, of more customers than one waits for."""
    monkeypatch.setattr(requests, "LARGE", 15)
    make_scores(company, ALL)
    options = CampaignOptions("AUTUMN", "Autumn", "FTTH1", TODAY, TODAY + timedelta(days=2), list_size=10)
    create_campaign(company, options=options, holdout_share=Decimal(0), by=_person(company, "pia"), now=NOW)
    company.commit()
    set_scope(company, scope="all")
    return company


def _person(session, login):
    return find_person(session, login=login, now=NOW)


def _ask(session, verb, login):
    found = step_or_request(session, campaign_codes=["AUTUMN"], verb=verb, by=_person(session, login), now=NOW)
    session.commit()
    set_scope(session, scope="all")
    return found


def _work(sessions, work: Callable = work_on_plans):
    return run_in_steps(sessions, "work-on-plans", work)


def _status(session):
    session.expire_all()
    return get_campaign(session, "AUTUMN").status.value


def test_a_large_submission_and_approval_are_done_by_the_worker(large, sessions):
    request = _ask(large, Verb.SUBMIT, "pia")
    assert request is not None
    assert (_status(large), report_request(large, request_id=request).state) == ("draft", "waiting")
    assert large.scalars(select(CampaignEvent.verb)).all() == ["create"]
    assert _work(sessions) == {"done": 1, "failed": 0}
    report = report_request(large, request_id=request)
    assert (_status(large), report.state, report.step) == ("submitted", "done", STEPS)
    _ask(large, Verb.APPROVE, "ada")
    _work(sessions)
    assert _status(large) == "approved"
    assert sum(large.scalars(select(CapacityBooking.contacts))) == 10
    assert _work(sessions) == {"done": 0, "failed": 0}


def test_how_far_a_request_is_is_seen_while_it_lasts(large, sessions):
    request = request_preview(large, campaign_code="AUTUMN", by=_person(large, "pia"), now=NOW).id
    later = request_preview(large, campaign_code="AUTUMN", by=_person(large, "pia"), now=NOW).id
    large.commit()
    seen = []

    def watched(step):
        def spying(work):
            found = step(work)
            with sessions() as other:
                set_scope(other, scope="all")
                reports = [report_request(other, request_id=number) for number in (request, later)]
                seen.append([(report.state, report.step, report.ahead) for report in reports])
            return found

        return work_on_plans(spying)

    _work(sessions, watched)
    running = [("running", step, 0) for step in range(STEPS + 1)]
    assert seen == [*([mine, ("waiting", 0, 1)] for mine in running), [("done", STEPS, 0), ("waiting", 0, 0)]]
    set_scope(large, scope="all")
    assert large.scalars(select(CampaignPreview.shown_for)).all() == ["asked"]


def test_a_step_that_could_not_be_taken_is_refused_at_once_and_requests_nothing(large):
    with pytest.raises(WrongStatus):
        _ask(large, Verb.APPROVE, "ada")
    large.rollback()
    set_scope(large, scope="all")
    with pytest.raises(UnknownRequest):
        report_request(large, request_id=1)


def test_what_the_worker_is_refused_is_kept_and_the_next_one_goes_on(large, sessions):
    first, second = (_ask(large, Verb.SUBMIT, "pia") for _ in range(2))
    assert [_work(sessions) for _ in range(2)] == [{"done": 1, "failed": 0}, {"done": 0, "failed": 1}]
    report = report_request(large, request_id=second)
    assert (report.state, report.error.split(":")[0]) == ("failed", "campaign.wrong_status")
    assert report_request(large, request_id=first).state == "done"
    assert _status(large) == "submitted"


def test_a_worker_that_dies_in_a_request_leaves_it_as_if_it_had_not_begun(large, sessions, monkeypatch):
    request = _ask(large, Verb.SUBMIT, "pia")
    whole = requests.submit_plans

    def dies(*args, **more):
        whole(*args, **more)
        raise KeyboardInterrupt

    monkeypatch.setitem(requests._PLANS, Verb.SUBMIT, dies)
    with pytest.raises(KeyboardInterrupt):
        _work(sessions)
    assert _status(large) == "draft"
    monkeypatch.setitem(requests._PLANS, Verb.SUBMIT, whole)
    assert _work(sessions) == {"done": 1, "failed": 0}
    assert (_status(large), report_request(large, request_id=request).state) == ("submitted", "done")


def test_two_workers_never_do_one_request_both(large, sessions):
    request = _ask(large, Verb.SUBMIT, "pia")
    with sessions() as other:
        set_scope(other, scope="all")
        assert requests._do(other, request, lambda _: None, NOW) == "done"
        assert _work(sessions) == {"done": 0, "failed": 0}  # the other has not committed yet
        other.commit()
    assert _work(sessions) == {"done": 0, "failed": 0}
    assert large.scalars(select(CampaignEvent.verb).order_by(CampaignEvent.id)).all() == ["create", "submit"]


def test_a_large_preview_is_not_waited_for(large, monkeypatch):
    with pytest.raises(PreviewIsLarge):
        preview_if_small(large, campaign_code="AUTUMN", now=NOW)
    monkeypatch.setattr(requests, "LARGE", 16)
    assert preview_if_small(large, campaign_code="AUTUMN", now=NOW).figures["contacts"] > 0
