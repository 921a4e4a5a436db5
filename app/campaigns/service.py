"""Planning a campaign, drawing its list, running and closing it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaigns import queries
from app.campaigns.customers import read_ranked, rule_of
from app.campaigns.eligibility import HOLDOUT_SHARE
from app.campaigns.lifecycle import Verb
from app.campaigns.listing import judge, take_list
from app.campaigns.options import CampaignOptions, check_maturity, check_options, seed_of
from app.campaigns.steps import WrongStatus as WrongStatus
from app.campaigns.steps import add_event, take_step
from app.campaigns.target_rows import TargetRows, write_targets
from app.core import clock
from app.core.errors import Conflict, Invalid
from app.core.security import Principal
from app.models.campaign import Campaign, CampaignStatus, Product
from app.models.score import ScoringRun


class CampaignCodeTaken(Conflict):
    """There is a campaign with this code."""

    code = "campaign.code_taken"


class NotMature(Conflict):
    """The orders of this campaign can still be cancelled or added to."""

    code = "campaign.not_mature"


class NoScores(Conflict):
    """No customer was ranked for the product of this campaign yet."""

    code = "campaign.no_scores"


def create_campaign(
    session: Session,
    *,
    options: CampaignOptions,
    holdout_share: Decimal = HOLDOUT_SHARE,
    by: Principal | None = None,
    now: datetime,
) -> Campaign:
    """A draft. The company's `holdout_share` of now stays the campaign's own, whatever is set later.

    Raises Invalid, which names the option, and CampaignCodeTaken.
    """
    check_options(options)
    _check_tags(session, "required_tags", options.required_tags)
    _check_tags(session, "excluded_tags", options.excluded_tags)
    product = queries.find_product(session, options.product_code)
    if product is None:
        raise Invalid("product_code", "the code of a product")
    campaign = _draft_of(options, product, now)
    campaign.holdout_share = holdout_share
    check_maturity(options.ends_on, attribution_days=campaign.attribution_days, maturity_days=campaign.maturity_days)
    try:
        with session.begin_nested():
            session.add(campaign)
    except IntegrityError as error:
        raise CampaignCodeTaken(f"code: there is a campaign {options.code}") from error
    add_event(session, campaign, "create", to=campaign.status, by=by, comment="", now=now)
    return campaign


def _draft_of(options: CampaignOptions, product: Product, now: datetime) -> Campaign:
    return Campaign(
        code=options.code,
        name=options.name,
        product_id=product.id,
        product_family=product.family,
        status=CampaignStatus.DRAFT,
        starts_on=options.starts_on,
        ends_on=options.ends_on,
        list_size=options.list_size,
        minimum_score=options.minimum_score,
        control_share=options.control_share,
        exploration_share=options.exploration_share,
        rest_days=options.rest_days,
        attribution_days=product.attribution_days if options.attribution_days is None else options.attribution_days,
        maturity_days=product.maturity_days if options.maturity_days is None else options.maturity_days,
        channel=options.channel,
        talk_track=options.talk_track,
        required_tags=list(options.required_tags),
        excluded_tags=list(options.excluded_tags),
        seed=seed_of(options.code) if options.seed is None else options.seed,
        created_at=now,
    )


def schedule_campaign(session: Session, *, campaign_code: str, by: Principal | None = None, now: datetime) -> dict[str, int]:
    """Walk the latest scores of the product from the best down and write the list of an approved campaign.

    Returns targets by reason; `undecided` are those to be dispatched. Raises as `take_step`, and NoScores.
    """
    campaign = take_step(session, campaign_code=campaign_code, verb=Verb.SCHEDULE, by=by, now=now)
    run = queries.find_latest_run(session, campaign.product_id)
    if run is None:
        raise NoScores
    _write_list(session, campaign, run, now)
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


def _check_tags(session: Session, name: str, tags: Collection[str]) -> None:
    if unknown := queries.unknown_tags(session, tags):
        raise Invalid(name, f"tags of the library or of a customer, there is none called {', '.join(unknown)}")


def _write_list(session: Session, campaign: Campaign, run: ScoringRun, now: datetime) -> None:
    # No target carries a key to its customer: a full load may not remove one meanwhile.
    session.execute(text("LOCK TABLE customers IN SHARE MODE"))
    rule, day = rule_of(campaign), max(clock.local_date(now), campaign.starts_on)
    customers = read_ranked(session, campaign, run, day=day)
    listed, reason = take_list(customers, judge(customers, rule), rule)
    write_targets(session, TargetRows(campaign.id, listed, reason), now=now)
