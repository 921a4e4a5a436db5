"""Reads of places that are free again."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Select, and_, func, or_, select, text
from sqlalchemy.orm import Session

from app.dispatch.refilling.rules import Kind
from app.models.campaign import Campaign, CampaignStatus, CampaignTarget, Draw
from app.models.feedback import ContactFeedback
from app.models.work_order import DispatchRun, ReturnDecision, WorkOrder, WorkOrderReturn, WorkOrderState

ByCampaign = dict[int, dict[Kind, int]]


def refillable(session: Session, *, today: date, since: datetime) -> list[Campaign]:
    """Running campaigns by code whose window is not over and that were not refilled `since`."""
    mine = DispatchRun.campaign_id == Campaign.id
    refilled = select(DispatchRun.id).where(mine, DispatchRun.freed_places.is_not(None), DispatchRun.started_at >= since)
    statement = select(Campaign).where(Campaign.status == CampaignStatus.RUNNING, Campaign.ends_on >= today, ~refilled.exists())
    return list(session.scalars(statement.order_by(Campaign.code).execution_options(populate_existing=True)))


def waits_for_dispatch(session: Session, campaign_id: int) -> bool:
    """Whether some of a list are undecided."""
    undecided = select(CampaignTarget.customer_id).where(
        CampaignTarget.campaign_id == campaign_id, CampaignTarget.reason.is_(None)
    )
    return session.scalars(select(undecided.exists())).one()


def freed_places(session: Session, campaign_ids: Collection[int]) -> ByCampaign:
    """Work orders that ended before anybody reported a contact, by campaign, grid and kind of draw: withdrawn, left unfinished
    until they expired, or given back with the grid manager's consent."""
    reported = select(ContactFeedback.id).where(ContactFeedback.work_order_id == WorkOrder.id)
    accepted = select(WorkOrderReturn.id).where(
        WorkOrderReturn.work_order_id == WorkOrder.id, WorkOrderReturn.decision == ReturnDecision.ACCEPTED
    )
    ended = or_(
        WorkOrder.state.in_((WorkOrderState.WITHDRAWN, WorkOrderState.EXPIRED)),
        and_(WorkOrder.state == WorkOrderState.RETURNED, accepted.exists()),
    )
    statement = (
        select(WorkOrder.campaign_id, WorkOrder.grid_id, WorkOrder.draw, func.count())
        .where(WorkOrder.campaign_id.in_(campaign_ids), ended, ~reported.exists())
        .group_by(WorkOrder.campaign_id, WorkOrder.grid_id, WorkOrder.draw)
    )
    return _by_campaign(session, statement)


def refilled_places(session: Session, campaign_ids: Collection[int]) -> ByCampaign:
    """Work orders that refills made, by campaign, kind of draw and the grid where that was: an order may have moved since."""
    same = (CampaignTarget.campaign_id == WorkOrder.campaign_id) & (CampaignTarget.customer_id == WorkOrder.customer_id)
    statement = (
        select(WorkOrder.campaign_id, CampaignTarget.grid_id, WorkOrder.draw, func.count())
        .join(DispatchRun, DispatchRun.id == WorkOrder.dispatch_run_id)
        .join(CampaignTarget, same)
        .where(WorkOrder.campaign_id.in_(campaign_ids), DispatchRun.freed_places.is_not(None))
        .group_by(WorkOrder.campaign_id, CampaignTarget.grid_id, WorkOrder.draw)
    )
    return _by_campaign(session, statement)


def _by_campaign(session: Session, statement: Select[int, int, Draw, int]) -> ByCampaign:
    found: ByCampaign = {}
    for campaign_id, grid_id, draw, places in session.execute(statement.order_by(text("1, 2, 3"))):
        found.setdefault(campaign_id, {})[grid_id, draw is Draw.EXPLORED] = places
    return found
