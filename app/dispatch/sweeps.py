"""Ending many work orders at once: refusals, expiry, the end of a campaign. One statement each."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import service as campaigns
from app.core import clock
from app.core.db import count_changed
from app.core.security import Principal
from app.dispatch.states import LIVE, Event, next_state

DO_NOT_DISTURB, WINDOW_OVER, CAMPAIGN_CLOSED = "do_not_disturb", "window_over", "campaign_closed"

_REFUSED = """JOIN campaigns k ON k.id = w.campaign_id WHERE EXISTS (
    SELECT FROM contact_preferences s WHERE s.customer_id = w.customer_id AND s.status = 'refused'
    AND (s.until IS NULL OR s.until >= :today) AND s.scope IN ('all', k.channel, w.product_family))"""
_OVERDUE = "WHERE w.due_on < :today"
_OF_CAMPAIGN = "WHERE w.campaign_id = :campaign_id"

# Locked in the order of their ids, as everywhere, so that sweeps and feedback batches never deadlock.
_END = """
WITH found AS MATERIALIZED (
    SELECT w.id, w.state, w.staff_id FROM work_orders w {which} AND w.state IN ('open', 'in_progress')
    ORDER BY w.id FOR UPDATE OF w
), ended AS (
    UPDATE work_orders w SET state = :state, closed_at = :now, close_reason = :reason FROM found f WHERE w.id = f.id
)
INSERT INTO work_order_events
    (work_order_id, happened_at, event, from_state, to_state, from_staff_id, to_staff_id, reason)
SELECT id, :now, :event, state, :state, staff_id, staff_id, :reason FROM found ORDER BY id
"""


def withdraw_refused(session: Session, *, now: datetime) -> dict[str, int]:
    """Withdraw every live work order whose customer refused contact, its channel or its product family. {withdrawn}."""
    today = clock.local_date(now)
    return {"withdrawn": _end(session, _REFUSED, Event.WITHDRAWN, DO_NOT_DISTURB, now, today=today)}


def expire_overdue(session: Session, *, now: datetime) -> dict[str, int]:
    """Expire every live work order whose last day is over. {expired}."""
    return {"expired": _end(session, _OVERDUE, Event.EXPIRED, WINDOW_OVER, now, today=clock.local_date(now))}


def end_campaign(session: Session, *, campaign_code: str, by: Principal | None = None, now: datetime) -> dict[str, int]:
    """Close a campaign and expire its live work orders. {expired}. Raises UnknownCampaign, NotYours, WrongStatus."""
    campaign = campaigns.close_campaign(session, campaign_code=campaign_code, by=by, now=now)
    return {"expired": _end(session, _OF_CAMPAIGN, Event.EXPIRED, CAMPAIGN_CLOSED, now, campaign_id=campaign.id)}


def _end(session: Session, which: str, event: Event, reason: str, now: datetime, **parameters: Any) -> int:
    (state,) = {next_state(live, event) for live in LIVE}
    values = {"event": event.value, "state": state, "reason": reason, "now": now, **parameters}
    session.flush()
    count = count_changed(session, _END.format(which=which), values)
    session.expire_all()  # what was loaded before is no longer so
    return count
