"""Reads behind a preview: the other campaigns that are alive, and what a ranking's calibration rests on."""

from collections.abc import Collection
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.core.columns import read_columns
from app.core.errors import NotFound
from app.models.campaign import Campaign, CampaignStatus, CampaignTarget
from app.models.campaign_life import CampaignEvent, CampaignPreview, PlanRequest
from app.models.organisation import Unit
from app.models.planning import CapacityMap
from app.models.score import RankerCalibration, RankerVersion, ScoringRun
from app.models.work_order import DispatchRun

LIVE = (CampaignStatus.APPROVED, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)
_CONTACTS = "FROM campaign_targets t WHERE t.campaign_id = :campaign_id AND (t.reason IS NULL OR t.reason = 'dispatched')"


def unit_codes(session: Session, unit_ids: Collection[int]) -> dict[int, str]:
    """Codes of units by id."""
    rows = session.execute(select(Unit.id, Unit.code).where(Unit.id.in_(unit_ids)).order_by(Unit.id))
    return {unit_id: code for unit_id, code in rows}  # noqa: C416 - rows are not pairs to a type checker


def live_between(session: Session, first: date, last: date, *, today: date, without: Collection[int]) -> list[Campaign]:
    """The campaigns that are approved, not over by today and share a day with this window, newest first."""
    statement = select(Campaign).where(
        Campaign.id.not_in(without),
        Campaign.status.in_(LIVE),
        Campaign.starts_on <= last,
        Campaign.ends_on >= first,
        Campaign.ends_on >= today,
    )
    return list(session.scalars(statement.order_by(Campaign.id.desc())))


def contacts_of(session: Session, campaign_id: int) -> NDArray[np.int64]:
    """Ids of the customers whom a campaign contacts or is to contact."""
    return read_columns(session, {"customer_id": ("t.customer_id", "int64")}, _CONTACTS, {"campaign_id": campaign_id})[
        "customer_id"
    ]


def has_undecided(session: Session, campaign: Campaign) -> bool:
    """Whether a campaign has still work to place: no list yet, or some of it undecided."""
    if campaign.frozen_at is None and campaign.status is CampaignStatus.APPROVED:
        return True
    waiting = exists().where(CampaignTarget.campaign_id == campaign.id, CampaignTarget.reason.is_(None))
    return session.scalars(select(waiting)).one()


def find_run(session: Session, scoring_run_id: int | None) -> ScoringRun | None:
    """The ranking with this id."""
    return None if scoring_run_id is None else session.get(ScoringRun, scoring_run_id)


def calibrated_on(session: Session, run: ScoringRun | None) -> int:
    """Successes that the calibration of a ranking rests on: of the newest recalibration, else of the training."""
    if run is None:
        return 1
    newest = (
        select(RankerCalibration.positive_count)
        .where(RankerCalibration.ranker_version_id == run.ranker_version_id)
        .order_by(RankerCalibration.id.desc())
        .limit(1)
    )
    trained = select(RankerVersion.positive_count).where(RankerVersion.id == run.ranker_version_id)
    return session.scalar(newest) or session.scalars(trained.order_by(RankerVersion.id)).one()


def previews_of(session: Session, campaign_id: int) -> list[CampaignPreview]:
    """What was shown at the steps of a campaign, oldest first."""
    statement = select(CampaignPreview).where(CampaignPreview.campaign_id == campaign_id)
    return list(session.scalars(statement.order_by(CampaignPreview.id)))


class UnknownRequest(NotFound):
    """There is no such request of a preview, a submission or an approval."""

    code = "campaign.request_unknown"


def get_request(session: Session, request_id: int) -> PlanRequest:
    """The request as it is now; raises UnknownRequest."""
    found = session.get(PlanRequest, request_id, populate_existing=True)
    if found is None:
        raise UnknownRequest(f"request: there is no request {request_id}")
    return found


def find_waiting_request(session: Session) -> PlanRequest | None:
    """The oldest request that is not done, locked; one that somebody is just finishing is none."""
    statement = select(PlanRequest).where(PlanRequest.outcome.is_(None)).order_by(PlanRequest.id).limit(1)
    return session.scalar(statement.with_for_update(skip_locked=True))


def count_waiting_before(session: Session, request_id: int) -> int:
    """Requests that are done before this one."""
    statement = select(func.count()).where(PlanRequest.outcome.is_(None), PlanRequest.id < request_id)
    return session.scalars(statement).one()


def find_capacity_map(session: Session) -> CapacityMap | None:
    """The newest map of capacity."""
    return session.scalar(select(CapacityMap).order_by(CapacityMap.id.desc()).limit(1))


def capacity_maps(session: Session) -> list[CapacityMap]:
    """All maps of capacity that are there."""
    return list(session.scalars(select(CapacityMap).order_by(CapacityMap.id)))


def last_seen(session: Session) -> str:
    """The last event of a campaign and the last run, as `CapacityMap.seen` keeps them."""
    event, run = session.scalar(select(func.max(CampaignEvent.id))), session.scalar(select(func.max(DispatchRun.id)))
    return f"{event or 0}/{run or 0}"
