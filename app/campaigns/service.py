"""Planning a campaign, freezing its list, opening and closing it."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaigns import queries
from app.campaigns.eligibility import HOLDOUT_SHARE, list_parts
from app.campaigns.options import CampaignOptions, check_maturity, check_options, seed_of
from app.campaigns.walk import walk_statement
from app.core import clock
from app.core.db import refresh_statistics
from app.core.errors import Conflict, Invalid
from app.models.campaign import Campaign, CampaignStatus
from app.models.score import ScoringRun


class CampaignCodeTaken(Conflict):
    """There is a campaign with this code."""

    code = "campaign.code_taken"


class WrongStatus(Conflict):
    """The campaign is not in a status that allows this."""

    code = "campaign.wrong_status"


class NoScores(Conflict):
    """No customer was ranked for the product of this campaign yet."""

    code = "campaign.no_scores"


def create_campaign(
    session: Session, *, options: CampaignOptions, holdout_share: Decimal = HOLDOUT_SHARE, now: datetime
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
    attribution = product.attribution_days if options.attribution_days is None else options.attribution_days
    maturity = product.maturity_days if options.maturity_days is None else options.maturity_days
    check_maturity(options.ends_on, attribution_days=attribution, maturity_days=maturity)
    campaign = Campaign(
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
        holdout_share=holdout_share,
        exploration_share=options.exploration_share,
        rest_days=options.rest_days,
        attribution_days=attribution,
        maturity_days=maturity,
        channel=options.channel,
        talk_track=options.talk_track,
        required_tags=list(options.required_tags),
        excluded_tags=list(options.excluded_tags),
        seed=seed_of(options.code) if options.seed is None else options.seed,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(campaign)
    except IntegrityError as error:
        raise CampaignCodeTaken(f"code: there is a campaign {options.code}") from error
    return campaign


def freeze_targets(session: Session, *, campaign_code: str, now: datetime) -> dict[str, int]:
    """Walk the latest scores of the product from the best down and write the list. Returns targets by reason.

    `undecided` are those to be dispatched. Raises WrongStatus unless it is a draft, NoScores.
    """
    campaign = _lock_in(session, campaign_code, CampaignStatus.DRAFT)
    run = queries.find_latest_run(session, campaign.product_id)
    if run is None:
        raise NoScores
    _write_targets(session, campaign, run, now)
    campaign.status, campaign.frozen_at, campaign.scoring_run_id = CampaignStatus.FROZEN, now, run.id
    session.flush()
    return queries.count_targets(session, campaign.id)


def open_campaign(session: Session, *, campaign_code: str, now: datetime) -> Campaign:
    """Let a frozen campaign be dispatched; raises WrongStatus."""
    campaign = _lock_in(session, campaign_code, CampaignStatus.FROZEN)
    campaign.status, campaign.opened_at = CampaignStatus.OPEN, now
    return campaign


def close_campaign(session: Session, *, campaign_code: str, now: datetime) -> Campaign:
    """No more dispatch; its work orders are ended by `dispatch.sweeps.end_campaign`, which calls this. Raises WrongStatus."""
    campaign = _lock_in(session, campaign_code, CampaignStatus.OPEN)
    campaign.status, campaign.closed_at = CampaignStatus.CLOSED, now
    return campaign


def _lock_in(session: Session, code: str, status: CampaignStatus) -> Campaign:
    campaign = queries.lock_campaign(session, code)
    if campaign.status is not status:
        raise WrongStatus(f"The campaign {code} is {campaign.status}: expected {status}.", campaign_status=campaign.status.value)
    return campaign


def _check_tags(session: Session, name: str, tags: Collection[str]) -> None:
    if unknown := queries.unknown_tags(session, tags):
        raise Invalid(name, f"tags of the library or of a customer, there is none called {', '.join(unknown)}")


def _write_targets(session: Session, campaign: Campaign, run: ScoringRun, now: datetime) -> None:
    by_score = campaign.list_size is None
    ranked, explored = list_parts(campaign.list_size or 0, campaign.exploration_share)
    day = max(clock.local_date(now), campaign.starts_on)
    parameters = {
        **queries.eligibility_parameters(session, campaign, day=day),
        "run_id": run.id,
        "now": now,
        # Of a customer at this place of the list, before it was asked who is held out and who is a control.
        "chance": (1 - campaign.holdout_share) * (1 - campaign.control_share),
        **{f"required_{i}": tag for i, tag in enumerate(campaign.required_tags)},
        **{f"excluded_{i}": tag for i, tag in enumerate(campaign.excluded_tags)},
        **({"minimum_score": campaign.minimum_score, "exploration_share": campaign.exploration_share} if by_score else {}),
        **({} if by_score else {"ranked": ranked, "explored": explored}),
    }
    # No target carries a key to its customer: a full load may not remove one meanwhile.
    session.execute(text("LOCK TABLE customers IN SHARE MODE"))
    walk = walk_statement(by_score=by_score, required_tags=len(campaign.required_tags), excluded_tags=len(campaign.excluded_tags))
    session.execute(text(walk), parameters)
    refresh_statistics(session, "campaign_targets")
