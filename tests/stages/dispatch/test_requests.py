"""Dispatches that the worker makes."""

import pytest
from sqlalchemy import select

from app.campaigns.queries import UnknownCampaign
from app.campaigns.service import WrongStatus, close_campaign
from app.dispatch.run import requests
from app.dispatch.run.requests import dispatch_or_request, dispatch_requested, request_dispatch
from app.models.campaign import CampaignStatus
from app.models.work_order import DispatchRequest, WorkOrder
from tests.factories import NOW, make_campaign, make_scores
from tests.stages.dispatch.test_dispatching import ALL, make_list


def _requests(session):
    return list(session.scalars(select(DispatchRequest).order_by(DispatchRequest.id)))


def test_a_request_is_done_once_in_the_order_in_which_they_came(session):
    first, second = make_list(session, ["C01"]), make_list(session, ["C02"])
    for campaign in (first, second):
        request_dispatch(session, campaign_codes=[campaign.code], by=None, now=NOW)
    done = [dispatch_requested(session, now=NOW) for _ in range(3)]
    assert [found.get("outcome") for found in done] == ["done", "done", None]
    assert [
        request.counts[code]["new_work_orders"]
        for request, code in zip(_requests(session), (first.code, second.code), strict=True)
    ] == [1, 1]
    assert len(session.scalars(select(WorkOrder)).all()) == 2


def test_what_a_request_is_refused_for_is_kept_and_the_next_one_goes_on(session):
    over, good = make_list(session, ["C01"]), make_list(session, ["C02"])
    request_dispatch(session, campaign_codes=[over.code], by=None, now=NOW)
    request_dispatch(session, campaign_codes=[good.code], by=None, now=NOW)
    close_campaign(session, campaign_code=over.code, now=NOW)
    assert [dispatch_requested(session, now=NOW)["outcome"] for _ in range(2)] == ["failed", "done"]
    assert _requests(session)[0].error.startswith("campaign.wrong_status")


def test_nothing_is_requested_that_could_not_be_dispatched(session):
    with pytest.raises(WrongStatus):
        request_dispatch(session, campaign_codes=[make_list(session, status=CampaignStatus.DRAFT).code], by=None, now=NOW)
    with pytest.raises(UnknownCampaign):
        dispatch_or_request(session, campaign_code="NONE", by=None, now=NOW)


def test_a_small_one_is_dispatched_at_once_and_a_large_one_left_to_the_worker(session):
    run = make_scores(session, ALL)
    small = make_campaign(session, status=CampaignStatus.APPROVED, opened_at=None)
    assert dispatch_or_request(session, campaign_code=small.code, by=None, now=NOW)["new_work_orders"] > 0
    run.customer_count = requests.LARGE
    session.flush()
    large = make_campaign(session, status=CampaignStatus.APPROVED, opened_at=None, product_code="FTTH1")
    found = dispatch_or_request(session, campaign_code=large.code, by=None, now=NOW)
    assert found == {"requested": _requests(session)[0].id}
