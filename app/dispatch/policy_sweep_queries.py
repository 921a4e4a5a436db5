"""Reads of the sweeps by the contact policy."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.policy import ContactPolicySweep
from app.models.work_order import WorkOrder, WorkOrderState

_ENDED = (WorkOrderState.DONE, WorkOrderState.RETURNED, WorkOrderState.EXPIRED, WorkOrderState.WITHDRAWN)


def last_policy_swept(session: Session) -> int:
    """The number of the policy by which all live work orders were asked last; 0, what is built in, where none was."""
    statement = select(ContactPolicySweep.number).order_by(ContactPolicySweep.id.desc()).limit(1)
    return session.scalar(statement) or 0


def live_orders_by_campaign(session: Session) -> Iterator[list[int]]:
    """The ids of the live work orders, campaign after campaign."""
    live = WorkOrder.state.not_in(_ENDED)
    campaigns = session.scalars(select(WorkOrder.campaign_id).where(live).distinct().order_by(WorkOrder.campaign_id)).all()
    for campaign_id in campaigns:
        mine = select(WorkOrder.id).where(live, WorkOrder.campaign_id == campaign_id)
        yield list(session.scalars(mine.order_by(WorkOrder.id)))
