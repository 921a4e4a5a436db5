"""Turning lists into work orders."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.lifecycle import Verb
from app.campaigns.listing import last_rank_of
from app.campaigns.service import run_campaign
from app.campaigns.steps import take_step
from app.core.storage import storage_of
from app.dispatch import queries
from app.dispatch.life import CONTACT_LOCK
from app.dispatch.run.balance import make_waterfall
from app.dispatch.run.deciding import RunDecision, RunInputs, decide_run
from app.dispatch.run.inputs import check_dispatchable, customers_to_look_at, read_inputs
from app.dispatch.run.keeping import KeptInputs, code_version, keep_inputs
from app.dispatch.run.order_rows import Written, write_decisions
from app.dispatch.run.pricing import prices_of
from app.dispatch.run.progress import Told, tell_nobody
from app.dispatch.splitting.beside import split_beside
from app.models.campaign import Campaign, CampaignStatus
from app.models.work_order import DispatchRun

MOST_TRIES = 5  # of a run that meets live orders which committed since it looked


def dispatch_campaign(session: Session, *, campaign_code: str, now: datetime) -> dict[str, Any]:
    """Decide every undecided target of a campaign, and write the work orders and a DispatchRun with its waterfall.

    An approved campaign gets its list in the same run; it is running afterwards. Returns {targets, new_work_orders, waterfall};
    done again it makes no second work order. Raises UnknownCampaign,
    WrongStatus, CampaignOver, and WaterfallUnbalanced, at which everything is to be rolled back.
    """
    return dispatch_campaigns(session, campaign_codes=[campaign_code], now=now)[campaign_code]


def dispatch_campaigns(
    session: Session,
    *,
    campaign_codes: Collection[str],
    freed_places: Mapping[str, int] | None = None,
    told: Told = tell_nobody,
    now: datetime,
) -> dict[str, dict[str, Any]]:
    """Dispatch several campaigns as one run: each customer to the best use, several families as one contact.

    `freed_places`: by code, of a refill, how many places it is for; `told` hears which of PHASES begins, and may stop the run.
    Gives for each campaign what `dispatch_campaign` gives, and raises the same.
    """
    told(0)
    chosen = [_lock_dispatchable(session, code, now) for code in sorted(set(campaign_codes))]
    session.flush()
    # The database notices within two seconds where this process was killed, and lets the next one go on.
    session.execute(text("SELECT set_config('client_connection_check_interval', '2s', true)"))
    # Of millions of orders the check of their targets would go over the disk.
    session.execute(text("SELECT set_config('work_mem', '256MB', true)"))
    # One run at a time: two would give the same free capacity away twice.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('dispatch', 0))"))
    # No target carries a key to its customer: a full load may not remove one meanwhile.
    session.execute(text("LOCK TABLE customers IN SHARE MODE"))
    # A refusal is either seen below or waits until this is committed, and then withdraws the order.
    session.execute(text("LOCK TABLE contact_preferences IN SHARE MODE"))
    # Who is given work by hand at this moment: that is either seen below or waits.
    queries.lock_all_capacity(session)
    runs = {campaign.id: _begin_run(session, campaign, (freed_places or {}).get(campaign.code), now) for campaign in chosen}
    written = _decide_and_write(session, chosen, runs, told, now)
    told(4)
    return {campaign.code: _close_run(session, campaign, runs[campaign.id], written[campaign.id]) for campaign in chosen}


def _lock_dispatchable(session: Session, code: str, now: datetime) -> Campaign:
    """The campaign, locked and running; its list is drawn in this run where it has none."""
    campaign = campaigns.lock_campaign(session, code)
    check_dispatchable(campaign)
    if campaign.status is CampaignStatus.APPROVED:
        take_step(session, campaign_code=code, verb=Verb.SCHEDULE, by=None, now=now)
    if campaign.status is CampaignStatus.SCHEDULED:
        run_campaign(session, campaign_code=code, now=now)
    return campaign


def _begin_run(session: Session, campaign: Campaign, freed_places: int | None, now: datetime) -> DispatchRun:
    run = DispatchRun(
        campaign_id=campaign.id,
        started_at=now,
        finished_at=now,
        target_count=0,
        waterfall={},
        code_version=code_version(),
        freed_places=freed_places,
    )
    session.add(run)
    session.flush()  # the work orders carry the run's id
    return run


def _decide_and_write(
    session: Session, chosen: list[Campaign], runs: Mapping[int, DispatchRun], told: Told, now: datetime
) -> Mapping[int, Written]:
    """Look, decide and write; again where somebody got a live order since the look, until the look is as things are."""
    run_ids = {campaign_id: run.id for campaign_id, run in runs.items()}
    for attempt in range(1, MOST_TRIES + 1):
        with ThreadPoolExecutor(1) as pool:
            told(1)
            with split_beside(sum(customers_to_look_at(session, campaign) for campaign in chosen)) as beside:
                inputs = read_inputs(session, chosen, now=now)
                told(2)
                # Now, because the split takes both processors and PostgreSQL's writing too.
                keeping = pool.submit(keep_inputs, storage_of(session), inputs)
                decided = decide_run(inputs, beside=beside)
            told(3)
            digesting = pool.submit(decided.digest, inputs.managers.staff)
            try:
                with session.begin_nested():
                    written = write_decisions(session, chosen, inputs, decided.campaigns, run_ids=run_ids, now=now)
            except IntegrityError as error:
                if CONTACT_LOCK not in str(error.orig) or attempt == MOST_TRIES:
                    raise
                continue
            _note_lists(chosen, inputs, decided, now)
            _note_runs([runs[campaign.id] for campaign in chosen], decided, keeping.result(), digesting.result())
            return written
    raise AssertionError("the last try returns or raises")


def _note_runs(runs: Sequence[DispatchRun], decided: RunDecision, kept: KeptInputs, digest: str) -> None:
    for place, run in enumerate(runs):
        run.inputs_path, run.inputs_sha256, run.result_sha256 = kept.path, kept.sha256, digest
        run.objective, run.bound = _money(decided.worth), _money(decided.bound)
        run.prices = prices_of(decided, place)


def _money(worth: float) -> Decimal:
    return Decimal(worth).quantize(Decimal("0.0001"))


def _note_lists(chosen: list[Campaign], inputs: RunInputs, decided: RunDecision, now: datetime) -> None:
    for campaign, source, decision in zip(chosen, inputs.campaigns, decided.campaigns, strict=True):
        if not source.is_drawn:
            campaign.frozen_at, campaign.scoring_run_id = now, source.scoring_run_id
            campaign.last_rank = last_rank_of(decision.customers)


def _close_run(session: Session, campaign: Campaign, run: DispatchRun, written: Written) -> dict[str, Any]:
    counts = written.targets if written.targets is not None else campaigns.count_targets(session, campaign.id)
    run.target_count = sum(counts.values())
    orders = written.orders if written.orders is not None else queries.count_work_orders(session, campaign.id)
    run.waterfall = make_waterfall(counts, target_count=run.target_count, order_count=orders)
    session.flush()
    return {"targets": run.target_count, "new_work_orders": written.new, "waterfall": run.waterfall}
