"""Turning a drawn list into work orders, and giving a work order to another manager."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.reasons import joins, reason_case
from app.campaigns.service import WrongStatus
from app.core import clock
from app.core.errors import Conflict, Invalid
from app.dispatch import queries, staging
from app.dispatch.balance import make_waterfall
from app.dispatch.capacity import capacity_of
from app.dispatch.life import move_work_order
from app.dispatch.split import Targets, order_of, split
from app.dispatch.states import Event
from app.models.campaign import Campaign, CampaignStatus
from app.models.work_order import DispatchRun, WorkOrder

_JUDGE = f"""
INSERT INTO dispatch_judged
SELECT t.customer_id, c.grid_id, coalesce(c.owner_staff_id, 0), t.rank, CAST(t.draw = 'explored' AS int),
    {reason_case(with_control=False, uplift="t.uplift")}
FROM campaign_targets t {joins("t.customer_id")} WHERE t.campaign_id = :campaign_id AND t.reason IS NULL
"""  # noqa: S608 - our own text

# In the order of customers, so that two dispatches that share some wait for each other and never deadlock. Who got a live
# order of the family from elsewhere in the meantime is kept out by the unique index, not by having looked.
_PLACE = """
WITH placed AS (
    INSERT INTO work_orders (campaign_id, dispatch_run_id, customer_id, product_id, product_family, grid_id, staff_id, state,
        scheduled_on, due_on, rank, score, draw, selection_probability, assigned_because, dispatched_at, matures_at)
    SELECT t.campaign_id, :run_id, t.customer_id, :product_id, :family, j.grid_id, p.staff_id, 'open', p.scheduled_on, :due_on,
        t.rank, t.score, t.draw, t.selection_probability, CASE p.outcome WHEN 0 THEN 'owner' ELSE 'best_value' END, :now,
        :matures_at
    FROM dispatch_placed p JOIN dispatch_judged j USING (customer_id) JOIN campaign_targets t USING (customer_id)
    WHERE t.campaign_id = :campaign_id AND p.outcome IN (0, 1)
    ORDER BY t.customer_id
    ON CONFLICT (customer_id, product_family) WHERE state IN ('open', 'in_progress') DO NOTHING
    RETURNING customer_id
), settled AS (
    UPDATE campaign_targets t SET decided_at = :now, grid_id = j.grid_id, reason = CASE
        WHEN j.reason IS NOT NULL THEN j.reason
        WHEN p.outcome = 2 THEN 'no_active_manager'
        WHEN p.outcome = 3 THEN 'over_capacity'
        WHEN o.customer_id IS NULL THEN 'locked_by_other_campaign'
        ELSE 'dispatched' END
    FROM dispatch_judged j LEFT JOIN dispatch_placed p USING (customer_id) LEFT JOIN placed o USING (customer_id)
    WHERE t.campaign_id = :campaign_id AND t.customer_id = j.customer_id AND t.reason IS NULL
)
SELECT count(*) FROM placed
"""


class CampaignOver(Conflict):
    """The window of this campaign is over: nothing can be scheduled in it."""

    code = "campaign.over"


def dispatch_campaign(session: Session, *, campaign_code: str, now: datetime) -> dict[str, Any]:
    """Decide every undecided target of a running campaign, and write the work orders and a DispatchRun with its waterfall.

    Returns {targets, new_work_orders, waterfall}; done again it makes no second work order. Raises UnknownCampaign,
    WrongStatus, CampaignOver, and WaterfallUnbalanced, at which everything is to be rolled back.
    """
    campaign = campaigns.lock_campaign(session, campaign_code)
    if campaign.status is not CampaignStatus.RUNNING:
        raise WrongStatus(
            f"The campaign {campaign_code} is {campaign.status}: expected running.", campaign_status=campaign.status.value
        )
    first = max(clock.local_date(now), campaign.starts_on)
    if first > campaign.ends_on:
        raise CampaignOver
    session.flush()
    # A refusal is either seen below or waits until this is committed, and then withdraws the order.
    session.execute(text("LOCK TABLE contact_preferences IN SHARE MODE"))
    staging.make_tables(session)
    session.execute(text(_JUDGE), campaigns.eligibility_parameters(session, campaign, day=first))
    _place_candidates(session, campaign, first)
    run = DispatchRun(campaign_id=campaign.id, started_at=now, finished_at=now, target_count=0, waterfall={})
    session.add(run)
    session.flush()  # the work orders carry the run's id
    new = session.scalar(text(_PLACE), _place_parameters(campaign, run, now))
    counts = campaigns.count_targets(session, campaign.id)
    run.target_count = campaigns.count_list(session, campaign.id)
    orders = queries.count_work_orders(session, campaign.id)
    run.waterfall = make_waterfall(counts, target_count=run.target_count, order_count=orders)
    session.flush()
    return {"targets": run.target_count, "new_work_orders": new, "waterfall": run.waterfall}


def _place_candidates(session: Session, campaign: Campaign, first: date) -> None:
    rows = staging.read_candidates(session)
    managers = capacity_of(
        queries.managers_active_between(session, first, campaign.ends_on),
        queries.absences_between(session, first, campaign.ends_on),
        queries.live_load_between(session, first, campaign.ends_on),
        first=first,
        last=campaign.ends_on,
    )
    order = order_of(rows["rank"].astype(np.int64), rows["explored"] != 0, campaign.seed)
    targets = Targets(
        grid=rows["grid_id"].astype(np.int64),
        owner=rows["owner"].astype(np.int64),
        order=order,
        drawn=rows["explored"] != 0,
    )
    placement = split(targets, managers)
    staff = np.append(managers.staff, 0)[placement.manager]  # NOBODY, that is -1, is the last: 0
    staging.write_placements(
        session, customer_id=rows["customer_id"], staff_id=staff, day=placement.day, outcome=placement.outcome, first=first
    )


def _place_parameters(campaign: Campaign, run: DispatchRun, now: datetime) -> dict[str, Any]:
    matures_on = campaign.ends_on + timedelta(days=campaign.attribution_days + campaign.maturity_days)
    return {
        "campaign_id": campaign.id,
        "run_id": run.id,
        "product_id": campaign.product_id,
        "family": campaign.product_family,
        "due_on": campaign.ends_on,
        "now": now,
        "matures_at": clock.end_of_day(matures_on),
    }


def reassign_work_order(
    session: Session,
    *,
    work_order_id: int,
    to_staff_no: str,
    grid_ids: Collection[int],
    actor_account_id: int | None,
    reason: str | None,
    now: datetime,
) -> WorkOrder:
    """Give a live work order of these grids to another active terminal manager of its grid.

    Raises UnknownWorkOrder, Invalid for a manager who cannot have it, WrongState.
    """
    work_order = queries.lock_work_order(session, work_order_id, grid_ids=grid_ids)
    manager = queries.find_manager_of_grid(session, to_staff_no, grid_id=work_order.grid_id, today=clock.local_date(now))
    if manager is None or manager.id == work_order.staff_id:
        raise Invalid("to_staff_no", "the staff number of another active terminal manager of the work order's grid")
    move_work_order(
        session,
        work_order=work_order,
        event=Event.REASSIGNED,
        now=now,
        actor_account_id=actor_account_id,
        reason=reason,
        to_staff_id=manager.id,
    )
    return work_order
