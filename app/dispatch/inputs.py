"""Reading all that decides a run. Nothing is written here: a preview reads the same."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.customers import read_ranked, read_undecided, rule_of
from app.campaigns.service import NoScores
from app.core import clock
from app.core.errors import Conflict
from app.dispatch import queries
from app.dispatch.capacity import capacity_of
from app.dispatch.deciding import CampaignInput, RunInputs, Worth
from app.models.campaign import Campaign, Product
from app.offers.priority import OfferSettings, Price, cap_of, value_of


class CampaignOver(Conflict):
    """The window of this campaign is over: nothing can be scheduled in it."""

    code = "campaign.over"


def read_inputs(session: Session, chosen: Sequence[Campaign], *, now: datetime) -> RunInputs:
    """The inputs of a run over these campaigns, as of now: of a campaign without a list, all customers of its newest ranking.

    Raises CampaignOver where they have no day in common from today on, NoScores, StoredFileMissing.
    """
    first = max(clock.local_date(now), *(campaign.starts_on for campaign in chosen))
    last = min(campaign.ends_on for campaign in chosen)
    if first > last:
        raise CampaignOver
    worths = _worths(campaigns.list_products(session))
    managers = capacity_of(
        queries.managers_active_between(session, first, last),
        queries.absences_between(session, first, last),
        queries.live_load_between(session, first, last),
        first=first,
        last=last,
    )
    return RunInputs(first, [_campaign_input(session, campaign, worths, first) for campaign in chosen], managers)


def _campaign_input(session: Session, campaign: Campaign, worths: dict[int, Worth], day: date) -> CampaignInput:
    is_drawn = campaign.frozen_at is not None or campaigns.has_list(session, campaign.id)
    if is_drawn:
        customers, run_id = read_undecided(session, campaign, day=day), campaign.scoring_run_id
    else:
        run = campaigns.find_latest_run(session, campaign.product_id)
        if run is None:
            raise NoScores
        customers, run_id = read_ranked(session, campaign, run, day=day), run.id
    return CampaignInput(
        campaign_id=campaign.id,
        code=campaign.code,
        family=campaign.product_family,
        rule=rule_of(campaign),
        worth=worths[campaign.product_id],
        is_drawn=is_drawn,
        customers=customers,
        scoring_run_id=run_id,
    )


def _worths(products: Sequence[Product]) -> dict[int, Worth]:
    """What a contact for each product is worth, as offers count it."""
    settings = OfferSettings()
    sales = {product.id: value_of(_price(product), settings.months_kept) for product in products}
    cap = cap_of([sale for sale in sales.values() if sale is not None], settings.value_cap)
    return {
        product.id: Worth(
            sale=sale if sale is None or cap is None else min(sale, cap),
            weight=float(product.strategic_weight),
            contact_cost=float(product.contact_cost or 0),
        )
        for product, sale in zip(products, sales.values(), strict=True)
    }


def _price(product: Product) -> Price:
    return Price(
        margin=None if product.margin is None else float(product.margin),
        monthly_price=None if product.monthly_price is None else float(product.monthly_price),
    )
