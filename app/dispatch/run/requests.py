"""Dispatches that are too large to wait for: run by the worker as a job, and by the next worker where it is killed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.core.errors import AppError
from app.core.security import Principal
from app.dispatch import request_queries as queries
from app.dispatch.run.inputs import check_dispatchable, customers_to_look_at
from app.dispatch.run.progress import RunStopped, teller
from app.dispatch.service import dispatch_campaigns
from app.models.planning import RunProgress
from app.models.work_order import DispatchRequest, RequestOutcome

LARGE = 100_000  # customers to look at; below, a dispatch takes a second or two


def dispatch_or_request(session: Session, *, campaign_code: str, by: Principal | None, now: datetime) -> dict[str, Any]:
    """Dispatch a campaign at once, or leave it to the worker where it is large: {requested: id of the request}.

    Raises as dispatch_campaign.
    """
    found = dispatch_many_or_request(session, campaign_codes=[campaign_code], by=by, now=now)
    return found if "requested" in found else dict(found[campaign_code])


def dispatch_many_or_request(
    session: Session, *, campaign_codes: Collection[str], by: Principal | None, now: datetime
) -> dict[str, Any]:
    """The same of several as one run: by code what came of each, or {requested: id}. Raises as dispatch_campaigns."""
    chosen = [campaigns.get_campaign(session, code) for code in campaign_codes]
    if sum(customers_to_look_at(session, campaign) for campaign in chosen) < LARGE:
        return dispatch_campaigns(session, campaign_codes=campaign_codes, now=now)
    return {"requested": request_dispatch(session, campaign_codes=campaign_codes, by=by, now=now).id}


def request_dispatch(
    session: Session, *, campaign_codes: Collection[str], by: Principal | None, now: datetime
) -> DispatchRequest:
    """Ask the worker to dispatch these campaigns as one run. Raises UnknownCampaign, WrongStatus."""
    for code in campaign_codes:
        check_dispatchable(campaigns.get_campaign(session, code))
    request = DispatchRequest(
        campaign_codes=sorted(set(campaign_codes)), requested_by=None if by is None else by.account_id, requested_at=now
    )
    session.add(request)
    session.flush()
    session.add(RunProgress(request_id=request.id, phase=0))
    session.flush()
    return request


def dispatch_requested(session: Session, *, now: datetime) -> dict[str, Any]:
    """Run the oldest request that is not done; what it refuses is kept with it. Killed, it is as if it had not begun.

    Stopped in between, nothing of it is kept but that it was. Returns {} where there is none.
    """
    request = queries.lock_waiting_request(session)
    if request is None:
        return {}
    try:
        with session.begin_nested():
            told = teller(session, request.id)
            request.counts = dispatch_campaigns(session, campaign_codes=request.campaign_codes, told=told, now=now)
            session.flush()
        request.outcome = RequestOutcome.DONE
    except RunStopped:
        request.outcome = RequestOutcome.STOPPED
    except AppError as error:
        request.outcome, request.error = RequestOutcome.FAILED, f"{error.code}: {error.detail}"
    except SQLAlchemyError as error:  # the next request must not wait for this one for ever
        request.outcome, request.error = RequestOutcome.FAILED, type(error).__name__
    request.finished_at = now
    session.flush()
    return {"request": request.id, "outcome": request.outcome.value}
