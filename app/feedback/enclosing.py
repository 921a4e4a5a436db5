"""Writing what a report holds beside its outcome: the competitor, proposed corrections, and which attachments it refers to."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.feedback.judging import Judged
from app.models.findings import CompetitorFinding, CorrectionProposal, FeedbackAttachment
from app.models.work_order import WorkOrder


def keep_enclosed(
    session: Session, *, stored: Sequence[Judged], orders: Mapping[int, WorkOrder], staff_id: int, now: datetime
) -> None:
    """Write it for reports that were stored just now; most reports have none of it, and cost nothing."""
    competitors = [one for one in stored if one.report.item.competitor is not None]
    if competitors:
        session.execute(insert(CompetitorFinding), [_competitor(one, orders) for one in competitors])
    proposals = [row for one in stored for row in _proposals(one, orders, staff_id, now)]
    if proposals:
        session.execute(insert(CorrectionProposal), proposals)
    links = [
        {"feedback_id": one.report.item.id, "attachment_id": attachment_id}
        for one in stored
        for attachment_id in one.report.item.attachment_ids or ()
    ]
    if links:
        session.execute(insert(FeedbackAttachment), links)


def _competitor(one: Judged, orders: Mapping[int, WorkOrder]) -> dict[str, object]:
    item = one.report.item
    assert item.competitor is not None
    return {
        "feedback_id": item.id,
        "customer_id": orders[item.work_order_id].customer_id,
        "found_at": one.moment.contacted_at,
        **item.competitor.model_dump(),
    }


def _proposals(one: Judged, orders: Mapping[int, WorkOrder], staff_id: int, now: datetime) -> list[dict[str, object]]:
    item, order = one.report.item, orders[one.report.item.work_order_id]
    return [
        {
            "feedback_id": item.id,
            "customer_id": order.customer_id,
            "grid_id": order.grid_id if order.lent_to_grid_id is None else order.lent_to_grid_id,
            "staff_id": staff_id,
            "proposed_at": now,
            **proposal.model_dump(),
        }
        for proposal in item.proposals or ()
    ]
