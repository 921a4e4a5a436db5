"""Ending many work orders at once: refusals, expiry, the end of a campaign. One statement each."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import service as campaigns
from app.core import clock
from app.core.db import count_changed
from app.core.security import Principal
from app.dispatch.barring import DO_NOT_DISTURB, REFUSED, standing_bars
from app.dispatch.sparing import spare_lately_contacted
from app.dispatch.states import LIVE, Event, next_state

WINDOW_OVER, CAMPAIGN_CLOSED = "window_over", "campaign_closed"

_OVERDUE = "WHERE w.due_on < :today"
_OF_CAMPAIGN = "WHERE w.campaign_id = :campaign_id"
_THESE = "WHERE w.id = ANY(:ids)"

# Locked in the order of their ids, as everywhere, so that sweeps and feedback batches never deadlock.
_END = """
WITH found AS MATERIALIZED (
    SELECT w.id, w.state, w.staff_id FROM work_orders w {which} AND w.state IN ('planned', 'open', 'in_progress')
    ORDER BY w.id FOR UPDATE OF w
), ended AS (
    UPDATE work_orders w SET state = :state, closed_at = :now, close_reason = :reason FROM found f WHERE w.id = f.id
)
INSERT INTO work_order_events
    (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id, reason)
SELECT id, :now, :event, state, :state, staff_id, staff_id, :reason FROM found ORDER BY id
"""


def withdraw_refused(session: Session, *, now: datetime) -> dict[str, int]:
    """Withdraw every live work order whose customer refused contact, its channel or its product family, by the contact policy
    also after a complaint or a refusal in a report, and what contacts that were reported late leave no room for. {withdrawn}.
    """
    bars = standing_bars(session, now=now)
    count = sum(_end(session, bar.which, Event.WITHDRAWN, bar.reason, now, **bar.parameters) for bar in bars)
    count += spare_lately_contacted(session, now=now)["withdrawn"]
    return {"withdrawn": count}


def withdraw_customer(session: Session, *, customer_id: int, now: datetime) -> int:
    """Withdraw every live work order of one customer that a refusal speaks against, at once; how many. Of the whole company."""
    which = f"{REFUSED} AND w.customer_id = :customer_id"
    return _end(session, which, Event.WITHDRAWN, DO_NOT_DISTURB, now, customer_id=customer_id, today=clock.local_date(now))


def expire_overdue(session: Session, *, now: datetime) -> dict[str, int]:
    """Expire every live work order whose last day is over. {expired}."""
    return {"expired": _end(session, _OVERDUE, Event.EXPIRED, WINDOW_OVER, now, today=clock.local_date(now))}


def end_campaign(session: Session, *, campaign_code: str, by: Principal | None = None, now: datetime) -> dict[str, int]:
    """Close a campaign and expire its live work orders. {expired}. Raises UnknownCampaign, NotYours, WrongStatus."""
    campaign = campaigns.close_campaign(session, campaign_code=campaign_code, by=by, now=now)
    return {"expired": _end(session, _OF_CAMPAIGN, Event.EXPIRED, CAMPAIGN_CLOSED, now, campaign_id=campaign.id)}


def withdraw_these(session: Session, work_order_ids: Collection[int], *, reason: str, now: datetime) -> int:
    """Withdraw those of these work orders that are live; how many."""
    return _end(session, _THESE, Event.WITHDRAWN, reason, now, ids=list(work_order_ids))


def _end(session: Session, which: str, event: Event, reason: str, now: datetime, **parameters: Any) -> int:
    (state,) = {next_state(live, event) for live in LIVE}
    values = {"event": event.value, "state": state, "reason": reason, "now": now, **parameters}
    session.flush()
    count = count_changed(session, _END.format(which=which), values)
    session.expire_all()  # what was loaded before is no longer so
    return count
