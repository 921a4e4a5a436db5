"""Writing what a run decided: targets with their final reason, and work orders, all at once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.list_part import attach_part, may_have_part, write_part
from app.campaigns.target_rows import TargetRows, drop_undecided, write_targets
from app.core import clock
from app.core.columns import Column, Money, Words, pg_day, write_columns
from app.core.db import count_changed
from app.dispatch.run.deciding import CampaignInput, Decision, RunInputs
from app.dispatch.splitting.split import NOBODY, Outcome
from app.models.campaign import Campaign

_BECAUSE = {Outcome.OWNER: "owner", Outcome.BEST_VALUE: "best_value"}
_STAGED = (
    "id", "contact_id", "customer_id", "grid_id", "staff_id", "state", "scheduled_on", "rank", "score", "draw",
    "selection_probability", "assigned_because", "value",
)  # fmt: skip
_OUTCOMES, _BECAUSE_WORDS = tuple(_BECAUSE), tuple(_BECAUSE.values())


def write_decisions(
    session: Session,
    chosen: Sequence[Campaign],
    inputs: RunInputs,
    decisions: Sequence[Decision],
    *,
    run_ids: Mapping[int, int],
    now: datetime,
) -> dict[int, int]:
    """Write targets and work orders; gives how many orders by campaign. `run_ids`: of each campaign; the campaigns are locked.

    Raises IntegrityError where somebody of them got a live order of the family meanwhile.
    """
    placed = [_placed(decision) for decision in decisions]
    ids = np.split(_reserve_ids(session, sum(map(len, placed))), np.cumsum([len(rows) for rows in placed])[:-1])
    leads = _leads(decisions, placed, ids)
    for campaign, decision, rows, own_ids in zip(chosen, decisions, placed, ids, strict=True):
        contact: dict[str, Column] = {"id": own_ids, "contact_id": leads[decision.contact[rows]]}
        _stage_orders(session, campaign.id, contact | _columns(inputs, decision, rows, now=now))
    with ThreadPoolExecutor(1) as pool:  # big lists are written while this connection writes the orders
        lists = {
            campaign.id: _write_list(session, pool, source, decision, now)
            for campaign, source, decision in zip(chosen, inputs.campaigns, decisions, strict=True)
        }
        counts = {campaign.id: _insert_orders(session, campaign, run_ids[campaign.id], now) for campaign in chosen}
        for campaign_id, written in lists.items():
            if written:
                written.result()
                attach_part(session, campaign_id)
    return counts


def _write_list(
    session: Session, pool: ThreadPoolExecutor, source: CampaignInput, decision: Decision, now: datetime
) -> Future[None] | None:
    """Write the targets; those of a big list beside the session, to be attached when they are written."""
    targets = TargetRows(source.campaign_id, decision.customers, decision.reason, decision.value)
    if not source.is_drawn and may_have_part(session, source.campaign_id, rows=len(decision.reason)):
        return pool.submit(write_part, session, targets, now=now)
    if source.is_drawn:
        drop_undecided(session, source.campaign_id)
    write_targets(session, targets, now=now)
    return None


def _stage_orders(session: Session, campaign_id: int, columns: Mapping[str, Column]) -> None:
    """Into a temporary table, because tables with row level security take no COPY."""
    names, staged = ", ".join(columns), f"new_orders_{campaign_id}"
    session.execute(text(f"DROP TABLE IF EXISTS {staged}"))
    session.execute(text(f"CREATE TEMP TABLE {staged} ON COMMIT DROP AS SELECT {names} FROM work_orders WITH NO DATA"))  # noqa: S608 - ours
    write_columns(session, staged, columns, is_new=True)


def _insert_orders(session: Session, campaign: Campaign, run_id: int, now: datetime) -> int:
    """What was staged of a campaign; that each has its target and manager is asked once of the whole run, when it commits."""
    alike = _alike(campaign, run_id, now)
    names, values = ", ".join((*_STAGED, *alike)), ", ".join((*_STAGED, *(f":{name}" for name in alike)))
    session.execute(text("SELECT set_config('gridwork.dispatching', :campaign, true)"), {"campaign": str(campaign.id)})
    statement = f"INSERT INTO work_orders ({names}) SELECT {values} FROM new_orders_{campaign.id}"  # noqa: S608 - our own text
    return count_changed(session, statement, alike)


def _placed(decision: Decision) -> NDArray[np.int64]:
    """The rows that become work orders, by customer: so they reach the right edge of the table's keys."""
    rows = np.flatnonzero(decision.manager != NOBODY)
    return rows[np.argsort(decision.customers.customer_id[rows], kind="stable")]


def _reserve_ids(session: Session, count: int) -> NDArray[np.int64]:
    """So many ids of work orders that nobody else has: a contact names one of its orders before that is written."""
    first = session.scalar(text("SELECT take_order_ids(:count)"), {"count": count}) if count else 0
    return np.arange(first, first + count, dtype=np.int64)


def _leads(
    decisions: Sequence[Decision], placed: Sequence[NDArray[np.int64]], ids: Sequence[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """For each contact the id of its first order."""
    most = max((int(decision.contact.max(initial=NOBODY)) for decision in decisions), default=NOBODY)
    leads = np.zeros(most + 1, dtype=np.int64)
    for decision, rows, own_ids in reversed(list(zip(decisions, placed, ids, strict=True))):
        leads[decision.contact[rows]] = own_ids
    return leads


def _alike(campaign: Campaign, run_id: int, now: datetime) -> dict[str, Any]:
    """What all orders of a campaign have in common."""
    matures_on = campaign.ends_on + timedelta(days=campaign.attribution_days + campaign.maturity_days)
    return {
        "campaign_id": campaign.id,
        "dispatch_run_id": run_id,
        "product_id": campaign.product_id,
        "product_family": campaign.product_family,
        "due_on": campaign.ends_on,
        "dispatched_at": now,
        "matures_at": clock.end_of_day(matures_on),
    }


def _columns(inputs: RunInputs, decision: Decision, rows: NDArray[np.int64], *, now: datetime) -> dict[str, Column]:
    """What each order has of its own, as _STAGED has it."""
    customers, count = decision.customers.only(rows), len(rows)
    value = np.zeros(count, np.int64) if decision.value is None else decision.value[rows]
    because = np.searchsorted(np.array(_OUTCOMES), decision.outcome[rows]).astype(np.uint8)
    return {
        "customer_id": customers.customer_id,
        "grid_id": customers.grid_id,
        "staff_id": inputs.managers.staff[decision.manager[rows]].astype(np.int32),
        "state": Words(
            (decision.day[rows] + pg_day(inputs.first) > pg_day(clock.local_date(now))).astype(np.uint8), ("open", "planned")
        ),
        "scheduled_on": (decision.day[rows] + pg_day(inputs.first)).astype(np.int32),
        "rank": customers.rank,
        "score": customers.score,
        "draw": Words(customers.explored.astype(np.uint8), ("ranked", "explored")),
        "selection_probability": customers.probability,
        "assigned_because": Words(because, _BECAUSE_WORDS),
        "value": Money(value, np.full(count, decision.value is None)),
    }
