"""Writing what a run decided: targets with their final reason, and work orders, all at once."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns import list_part
from app.campaigns.target_rows import STATISTICS_FROM, TargetRows, drop_undecided, write_targets
from app.core import clock
from app.core.columns import Column, Money, Words, everywhere, pg_day, write_columns
from app.core.db import count_changed, refresh_over_parts
from app.dispatch.run.deciding import CampaignInput, Decision, RunInputs
from app.dispatch.run.order_part import OrderPart, attach_part, fill_part, hold_contacts, index_part, may_have_part, take_part
from app.dispatch.splitting.split import NOBODY, Outcome
from app.models.campaign import Campaign

_BECAUSE = {Outcome.OWNER: "owner", Outcome.BEST_VALUE: "best_value"}
_STAGED = (
    "id", "contact_id", "customer_id", "grid_id", "staff_id", "state", "scheduled_on", "rank", "score", "draw",
    "selection_probability", "assigned_because", "value",
)  # fmt: skip
_OUTCOMES, _BECAUSE_WORDS = tuple(_BECAUSE), tuple(_BECAUSE.values())


@dataclass(frozen=True)
class NewOrders:
    """Work orders of a campaign: what each has of its own as columns, in the order of customers, and what all have alike."""

    own: Mapping[str, Column]
    alike: Mapping[str, Any]
    count: int


@dataclass(frozen=True)
class Written:
    """What was written of a campaign: how many `new` work orders.

    `orders`, `targets`: all that it has, targets by reason, as the database counted them when it took parts; None where it is
    still to be asked.
    """

    new: int
    orders: int | None
    targets: Mapping[str, int] | None


@dataclass(frozen=True)
class Filling:
    """A part whose rows are being written."""

    part: OrderPart
    filled: Future[None]


def write_decisions(
    session: Session,
    chosen: Sequence[Campaign],
    inputs: RunInputs,
    decisions: Sequence[Decision],
    *,
    run_ids: Mapping[int, int],
    now: datetime,
) -> dict[int, Written]:
    """Write targets and work orders; what was written by campaign. `run_ids`: of each campaign; the campaigns are locked.

    Raises IntegrityError where somebody of them got a live order of the family meanwhile.
    """
    # Big lists and parts are written on connections of their own, side by side; lists begin while columns of orders are made.
    with ThreadPoolExecutor(1) as list_pool, ThreadPoolExecutor(1) as pool:
        lists = {
            source.campaign_id: _write_list(session, list_pool, source, decision, now)
            for source, decision in zip(inputs.campaigns, decisions, strict=True)
        }
        beside = {campaign_id: written for campaign_id, written in lists.items() if written}
        orders, part = _new_orders(session, chosen, inputs, decisions, run_ids=run_ids, now=now)
        filling = _begin_orders(session, pool, part, orders)
        counts = _end_orders(session, pool, filling, beside, orders)
        targets = {}
        for campaign_id, written in beside.items():
            written.result()
            targets[campaign_id] = list_part.attach_part(session, campaign_id)
    if sum(counts.values()) >= STATISTICS_FROM:
        refresh_over_parts(session, "work_orders")
    return {
        campaign_id: Written(new, None if part is None else new, targets.get(campaign_id)) for campaign_id, new in counts.items()
    }


def _new_orders(
    session: Session,
    chosen: Sequence[Campaign],
    inputs: RunInputs,
    decisions: Sequence[Decision],
    *,
    run_ids: Mapping[int, int],
    now: datetime,
) -> tuple[dict[int, NewOrders], OrderPart | None]:
    """The work orders of each campaign, and the part that they are to be; None where they go into the shared one."""
    placed = [_placed(decision) for decision in decisions]
    count = sum(map(len, placed))
    part = take_part(session, count) if may_have_part(session, list(run_ids), orders=count) else None
    first_id = part.first_id if part else _take_ids(session, count)
    ids = np.split(np.arange(first_id, first_id + count, dtype=np.int64), np.cumsum([len(rows) for rows in placed])[:-1])
    leads = _leads(decisions, placed, ids)
    orders = {
        campaign.id: NewOrders(
            {"id": own_ids, "contact_id": leads[decision.contact[rows]], **_columns(inputs, decision, rows, now=now)},
            _alike(campaign, run_ids[campaign.id], now),
            len(rows),
        )
        for campaign, decision, rows, own_ids in zip(chosen, decisions, placed, ids, strict=True)
    }
    return orders, part


def _write_list(
    session: Session, pool: ThreadPoolExecutor, source: CampaignInput, decision: Decision, now: datetime
) -> Future[None] | None:
    """Write the targets; those of a big list beside the session, to be attached when they are written."""
    targets = TargetRows(source.campaign_id, decision.customers, decision.reason, decision.value)
    if not source.is_drawn and list_part.may_have_part(session, source.campaign_id, rows=len(decision.reason)):
        return pool.submit(list_part.write_part, session, targets, now=now)
    if source.is_drawn:
        drop_undecided(session, source.campaign_id)
    write_targets(session, targets, now=now)
    return None


def _begin_orders(
    session: Session, pool: ThreadPoolExecutor, part: OrderPart | None, orders: Mapping[int, NewOrders]
) -> Filling | None:
    """Stage the orders of each campaign; those of a part begin to be written beside the session."""
    if part is not None:
        xid = np.int64(session.scalar(text("SELECT CAST(pg_current_xact_id() AS text)")))
        whole = [{**one.own, **everywhere({**one.alike, "changed_xid": xid}, one.count)} for one in orders.values()]
        return Filling(part, pool.submit(fill_part, session, part, whole))
    for campaign_id, one in orders.items():
        _stage_orders(session, campaign_id, one.own)
    return None


def _end_orders(
    session: Session,
    pool: ThreadPoolExecutor,
    filling: Filling | None,
    lists: Mapping[int, Future[None]],
    orders: Mapping[int, NewOrders],
) -> dict[int, int]:
    """Put what was begun into the table of work orders: how many by campaign, as the database counted them."""
    if filling is None:
        return {campaign_id: _insert_orders(session, campaign_id, one.alike) for campaign_id, one in orders.items()}
    filling.filled.result()
    indexed = pool.submit(index_part, session, filling.part)
    hold_contacts(session, filling.part)
    for written in (indexed, *lists.values()):  # the orders are asked for their targets when all are written
        written.result()
    counts = attach_part(session, filling.part, lists=lists.keys())
    return {campaign_id: counts.get(campaign_id, 0) for campaign_id in orders}


def _stage_orders(session: Session, campaign_id: int, columns: Mapping[str, Column]) -> None:
    """Into a temporary table, because tables with row level security take no COPY."""
    names, staged = ", ".join(columns), f"new_orders_{campaign_id}"
    session.execute(text(f"DROP TABLE IF EXISTS {staged}"))
    session.execute(text(f"CREATE TEMP TABLE {staged} ON COMMIT DROP AS SELECT {names} FROM work_orders WITH NO DATA"))  # noqa: S608 - ours
    write_columns(session, staged, columns, is_new=True)


def _insert_orders(session: Session, campaign_id: int, alike: Mapping[str, Any]) -> int:
    """What was staged of a campaign; that each has its target and manager is asked once of the whole run, when it commits."""
    names, values = ", ".join((*_STAGED, *alike)), ", ".join((*_STAGED, *(f":{name}" for name in alike)))
    session.execute(text("SELECT set_config('gridwork.dispatching', :campaign, true)"), {"campaign": str(campaign_id)})
    statement = f"INSERT INTO work_orders ({names}) SELECT {values} FROM new_orders_{campaign_id}"  # noqa: S608 - our own text
    return count_changed(session, statement, alike)


def _placed(decision: Decision) -> NDArray[np.int64]:
    """The rows that become work orders, by customer: so they reach the right edge of the table's keys."""
    rows = decision.customers.by_id
    placed: NDArray[np.int64] = rows[decision.manager[rows] != NOBODY]
    return placed


def _take_ids(session: Session, count: int) -> int:
    """The first of so many ids of work orders that nobody else has: a contact names one of its orders before that is written."""
    first: int = session.scalar(text("SELECT take_order_ids(:count)"), {"count": count}) if count else 0
    return first


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
