"""A requested dispatch tells how far it is and can be stopped: then nothing of it was done."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.access.service import find_person
from app.campaigns.queries import get_campaign
from app.core import clock
from app.core.db import set_scope
from app.dispatch import service
from app.dispatch.request_queries import UnknownRequest
from app.dispatch.run import requests
from app.dispatch.run.progress import PHASES, RequestOver, report_run, report_runs, stop_request
from app.jobs.runner import run_job
from app.models.campaign import CampaignStatus, CampaignTarget
from app.models.work_order import DispatchRun, WorkOrder
from tests.factories import NOW, make_campaign, make_scores

ALL = [f"C{number:02d}" for number in range(1, 16)]


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def asked(company):
    """(session, id of the request, code) of an approved campaign whose dispatch is left to the worker."""
    make_scores(company, ALL)
    campaign = make_campaign(company, status=CampaignStatus.APPROVED, opened_at=None)
    request = requests.request_dispatch(company, campaign_codes=[campaign.code], by=None, now=NOW)
    found = (company, request.id, campaign.code)
    _commit(company)
    return found


def _commit(session):
    session.commit()
    set_scope(session, scope="all")
    session.expire_all()


def _work(sessions):
    return run_job(sessions, "dispatch-requested", lambda session, now: requests.dispatch_requested(session, now=now))


def _stop(session, request_id):
    pia = find_person(session, login="pia", now=NOW)
    return stop_request(session, request_id=request_id, by=pia, now=NOW)


def _elsewhere(sessions, work):
    with sessions() as other:
        set_scope(other, scope="all")
        found = work(other)
        other.commit()
    return found


def _made(session):
    return [session.scalar(select(func.count()).select_from(table)) for table in (WorkOrder, CampaignTarget, DispatchRun)]


def test_how_far_a_run_is_is_seen_while_it_lasts(asked, sessions, monkeypatch):
    session, request_id, _ = asked
    assert (report_run(session, request_id=request_id).state, report_run(session, request_id=request_id).ahead) == ("waiting", 0)
    seen = []
    whole = requests.teller

    def spying(own, number):
        told = whole(own, number)

        def tell(phase):
            told(phase)
            seen.append(_elsewhere(sessions, lambda other: report_run(other, request_id=number)))

        return tell

    monkeypatch.setattr(requests, "teller", spying)
    _work(sessions)
    _commit(session)
    assert [(one.state, one.phase, one.step) for one in seen] == [("running", phase, place) for place, phase in enumerate(PHASES)]
    done = report_run(session, request_id=request_id)
    assert (done.state, done.step, done.phase) == ("done", len(PHASES), None)
    assert next(iter(done.counts.values()))["new_work_orders"] > 0
    assert seen[0].begun_at is not None


@pytest.mark.parametrize("during", ["read_inputs", "decide_run", "write_decisions"])
def test_a_run_that_is_stopped_under_way_leaves_nothing(asked, sessions, monkeypatch, during):
    session, request_id, code = asked
    whole = getattr(service, during)

    def stopped_meanwhile(*args, **more):
        found = whole(*args, **more)
        report = _elsewhere(sessions, lambda other: _stop(other, request_id))
        assert report.state == "stopping"
        return found

    monkeypatch.setattr(service, during, stopped_meanwhile)
    assert _work(sessions) == {"request": request_id, "outcome": "stopped"}
    _commit(session)
    report = report_run(session, request_id=request_id)
    assert (report.state, report.counts, report.stop_asked_at is not None) == ("stopped", {}, True)
    assert _made(session) == [0, 0, 0]
    assert get_campaign(session, code).status is CampaignStatus.APPROVED
    assert session.scalar(text("SELECT count(*) FROM campaign_events WHERE verb IN ('schedule', 'run')")) == 0


def test_a_run_that_waits_is_stopped_at_once_and_never_begun(asked, sessions):
    session, request_id, _ = asked
    assert _stop(session, request_id).state == "stopped"
    _commit(session)
    assert _work(sessions) == {}
    assert _made(session) == [0, 0, 0]
    with pytest.raises(RequestOver):
        _stop(session, request_id)


def test_after_a_stop_the_campaign_is_dispatched_as_if_nothing_had_been(asked, sessions):
    session, request_id, code = asked
    _stop(session, request_id)
    again = requests.request_dispatch(session, campaign_codes=[code], by=None, now=NOW).id
    _commit(session)
    assert report_run(session, request_id=again).ahead == 0
    assert _work(sessions)["outcome"] == "done"
    _commit(session)
    assert _made(session)[0] > 0
    assert [report.id for report in report_runs(session, campaign_code=code, limit=5)] == [again, request_id]
    assert report_runs(session, campaign_code="NONE", limit=5) == []


def test_what_is_done_is_not_stopped_and_what_is_not_there_not_found(asked, sessions):
    session, request_id, _ = asked
    _work(sessions)
    _commit(session)
    with pytest.raises(RequestOver):
        _stop(session, request_id)
    with pytest.raises(UnknownRequest):
        _stop(session, request_id + 1)


def test_a_run_keeps_what_one_more_place_would_have_brought(company, sessions):
    make_scores(company, ALL)
    campaign = make_campaign(
        company, status=CampaignStatus.APPROVED, opened_at=None, starts_on=NOW.date(), ends_on=NOW.date(), list_size=None,
        minimum_score=0.0,
    )  # fmt: skip
    service.dispatch_campaign(company, campaign_code=campaign.code, now=NOW + timedelta(minutes=1))
    prices = company.scalars(select(DispatchRun.prices)).one()
    assert prices["budget"] is None
    assert all(grid["left"] > 0 and float(grid["next"]) > 0 for grid in prices["grids"])
