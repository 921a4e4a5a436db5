"""Drawing a campaign's list, running and closing it."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns import queries
from app.campaigns.bookings import end_bookings
from app.campaigns.customers import read_ranked, rule_of
from app.campaigns.lifecycle import Verb
from app.campaigns.listing import judge, last_rank_of, take_list
from app.campaigns.steps import WrongStatus as WrongStatus
from app.campaigns.steps import take_step
from app.campaigns.target_rows import TargetRows, write_targets
from app.core import clock
from app.core.errors import Conflict
from app.core.security import Principal
from app.models.campaign import Campaign
from app.models.score import ScoringRun


class NotMature(Conflict):
    """The orders of this campaign can still be cancelled or added to."""

    code = "campaign.not_mature"


class NoScores(Conflict):
    """No customer was ranked for the product of this campaign yet."""

    code = "campaign.no_scores"


def schedule_campaign(session: Session, *, campaign_code: str, by: Principal | None = None, now: datetime) -> dict[str, int]:
    """Walk the latest scores of the product from the best down and write the list of an approved campaign.

    Returns targets by reason; `undecided` are those to be dispatched. Raises as `take_step`, and NoScores.
    """
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.SCHEDULE, by=by, now=now)
    run = queries.find_latest_run(session, campaign.product_id)
    if run is None:
        raise NoScores
    campaign.last_rank = _write_list(session, campaign, run, now)
    campaign.frozen_at, campaign.scoring_run_id = now, run.id
    session.flush()
    return queries.count_targets(session, campaign.id)


def run_campaign(session: Session, *, campaign_code: str, by: Principal | None = None, now: datetime) -> Campaign:
    """Let a scheduled campaign be dispatched. Raises as `take_step`."""
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.RUN, by=by, now=now)
    campaign.opened_at = now
    session.flush()
    return campaign


def close_campaign(
    session: Session, *, campaign_code: str, by: Principal | None = None, comment: str = "", now: datetime
) -> Campaign:
    """No more dispatch; its work orders are ended by `dispatch.sweeps.end_campaign`, which calls this. Raises as `take_step`."""
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.CLOSE, by=by, comment=comment, now=now)
    campaign.closed_at = now
    session.flush()
    end_bookings(session, campaign_id=campaign.id, now=now)
    return campaign


def evaluate_campaign(
    session: Session, *, campaign_code: str, by: Principal | None = None, comment: str = "", now: datetime
) -> Campaign:
    """Say that a closed campaign was evaluated, once its orders are mature. Raises as `take_step`, and NotMature."""
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.EVALUATE, by=by, comment=comment, now=now)
    matures_on = campaign.ends_on + timedelta(days=campaign.attribution_days + campaign.maturity_days)
    if now < clock.end_of_day(matures_on):
        raise NotMature(f"The orders of {campaign_code} mature on {matures_on}: evaluate it after that day.")
    session.flush()
    return campaign


def _write_list(session: Session, campaign: Campaign, run: ScoringRun, now: datetime) -> int | None:
    """Gives the last rank of the list."""
    # No target carries a key to its customer: a full load may not remove one meanwhile.
    session.execute(text("LOCK TABLE customers IN SHARE MODE"))
    rule, day = rule_of(session, campaign), max(clock.local_date(now), campaign.starts_on)
    customers = read_ranked(session, campaign, run, day=day)
    listed, reason = take_list(customers, judge(customers, rule), rule)
    write_targets(session, TargetRows(campaign.id, listed, reason), now=now)
    return last_rank_of(listed)
