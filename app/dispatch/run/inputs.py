"""Reading all that decides a run. Nothing is written here: a preview reads the same."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from app.campaigns import bookings
from app.campaigns import queries as campaigns
from app.campaigns.customers import read_ranked, read_undecided, rule_of
from app.campaigns.policy.queries import quiet_between
from app.campaigns.service import NoScores, WrongStatus
from app.core import clock
from app.core.columns import read_columns
from app.core.errors import Conflict
from app.dispatch import queries
from app.dispatch.capacity import capacity_of, with_unfinished
from app.dispatch.preview.weeks import keep_for_others, sum_by_week
from app.dispatch.run.terms import CampaignInput, Places, RunInputs, Worth
from app.dispatch.splitting import queries as split_queries
from app.dispatch.splitting.promises import rules_of, with_loads, with_promises
from app.dispatch.splitting.split import Managers, SplitRules
from app.dispatch.splitting.worth import anchors_of, skills_of
from app.models.campaign import Campaign, CampaignStatus, Product
from app.offers.priority import OfferSettings, Price, cap_of, value_of

REMEMBERED = timedelta(days=365)  # so long a manager's successes speak for the skill
_DISPATCHABLE = (CampaignStatus.APPROVED, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING)


class CampaignOver(Conflict):
    """The window of this campaign is over: nothing can be scheduled in it."""

    code = "campaign.over"


def check_dispatchable(campaign: Campaign) -> None:
    """Raise WrongStatus unless the campaign was approved and is not over."""
    if campaign.status not in _DISPATCHABLE:
        raise WrongStatus(
            f"The campaign {campaign.code} is {campaign.status}: expected approved, scheduled or running.",
            campaign_status=campaign.status.value,
        )


def customers_to_look_at(session: Session, campaign: Campaign) -> int:
    """How many customers a run over a campaign reads: those of its list, else those of its ranking."""
    if campaigns.has_list(session, campaign.id):
        return campaigns.count_list(session, campaign.id)
    run = campaigns.find_latest_run(session, campaign.product_id)
    return 0 if run is None else run.customer_count


def read_inputs(session: Session, chosen: Sequence[Campaign], *, now: datetime) -> RunInputs:
    """The inputs of a run over these campaigns, as of now: of a campaign without a list, all customers of its newest ranking.

    The run's window is from the first to the last day of any of them, each keeping its own. Raises CampaignOver where the
    window of one has passed, NoScores, RuleNotComputable, StoredFileMissing.
    """
    if any(campaign.ends_on < clock.local_date(now) for campaign in chosen):
        raise CampaignOver
    return combine_inputs(session, chosen, read_sources(session, chosen, now=now), now=now)


def read_sources(session: Session, chosen: Sequence[Campaign], *, now: datetime) -> list[CampaignInput]:
    """What each campaign brings into a run, whichever others are in it: its customers and what they are worth.

    Raises NoScores, RuleNotComputable, StoredFileMissing.
    """
    worths = _worths(campaigns.list_products(session))
    taken = split_queries.taken_so_far(session, [campaign.id for campaign in chosen])
    return [
        with_promises(_campaign_input(session, campaign, worths[campaign.product_id], now), campaign, taken)
        for campaign in chosen
    ]


def combine_inputs(
    session: Session, chosen: Sequence[Campaign], sources: Sequence[CampaignInput], *, later: Sequence[int] = (), now: datetime
) -> RunInputs:
    """The inputs of a run of these sources with the managers of its days. `later`: days by which each window is moved."""
    moves = later or [0] * len(chosen)
    windows = [window_of(campaign, days, now=now) for campaign, days in zip(chosen, moves, strict=True)]
    first, last = min(start for start, _ in windows), max(end for _, end in windows)
    rules = rules_of(chosen)
    products = sorted({campaign.product_id for campaign in chosen})
    placed = [
        replace(
            source,
            first_day=(start - first).days,
            last_day=None if end == last else (end - first).days,
            product=products.index(campaign.product_id),
        )
        for campaign, source, (start, end) in zip(chosen, sources, windows, strict=True)
    ]
    managers = with_loads(_managers(session, chosen, products, rules, first=first, last=last, now=now), chosen)
    return RunInputs(first, placed, managers, rules, _places(session) if rules.km_cost else None)


def window_of(campaign: Campaign, later: int = 0, *, now: datetime) -> tuple[date, date]:
    """(first day from today on, last day) of a campaign, moved by so many days; it is over where the first is after the last."""
    move = timedelta(days=later)
    return max(clock.local_date(now), campaign.starts_on + move), campaign.ends_on + move


def read_managers(session: Session, channels: Collection[str], first: date, last: date) -> Managers:
    """Who works from `first` to `last`, with capacity and load on each day that is not quiet for one of the channels.

    What campaigns have booked is not taken off.
    """
    managers = capacity_of(
        queries.managers_active_between(session, first, last),
        queries.absences_between(session, first, last),
        queries.live_load_between(session, first, last),
        first=first,
        last=last,
    )
    return _without_quiet_days(session, managers, channels, first=first, last=last)


def _managers(
    session: Session,
    chosen: Sequence[Campaign],
    products: list[int],
    rules: SplitRules,
    *,
    first: date,
    last: date,
    now: datetime,
) -> Managers:
    """Who can take the contacts of these campaigns; what others have booked is kept for them."""
    channels = {campaign.channel for campaign in chosen}
    booked = bookings.booked_by_others(session, [campaign.id for campaign in chosen], first=first, last=last)
    managers = read_managers(session, channels, first, last)
    if first == clock.local_date(now):
        managers = with_unfinished(managers, queries.unfinished_before(session, first))
    managers = keep_for_others(managers, sum_by_week(booked), first=first)
    achieved = split_queries.achieved_since(session, products, since=now - REMEMBERED, now=now)
    middles = [*split_queries.middles_of_own(session), *split_queries.middles_of_visits(session)] if rules.km_cost else []
    return replace(
        managers,
        skill=skills_of(achieved, staff=managers.staff, products=products, rules=rules),
        anchor=anchors_of(middles, managers.staff) if rules.km_cost else None,
    )


def _without_quiet_days(session: Session, managers: Managers, channels: Collection[str], *, first: date, last: date) -> Managers:
    """Nothing is planned for a day that is quiet for one of the run's channels: a contact of several offers has one day."""
    quiet = quiet_between(session, channels=channels, first=first, last=last)
    capacity = managers.capacity.copy()
    capacity[:, [(day - first).days for day in quiet]] = 0
    return replace(managers, capacity=capacity)


def _places(session: Session) -> Places:
    wanted = {"customer_id": ("c.id", "int64"), "latitude": ("c.latitude", "float64"), "longitude": ("c.longitude", "float64")}
    known = "FROM customers c WHERE c.latitude IS NOT NULL AND c.longitude IS NOT NULL"
    columns = read_columns(session, wanted, known, {})
    order = np.argsort(columns["customer_id"], kind="stable")
    return Places(**{name: column[order] for name, column in columns.items()})


def _campaign_input(session: Session, campaign: Campaign, worth: Worth, now: datetime) -> CampaignInput:
    start, _ = window_of(campaign, now=now)
    is_drawn = campaign.frozen_at is not None or campaigns.has_list(session, campaign.id)
    if is_drawn:
        customers, run_id = read_undecided(session, campaign, day=start), campaign.scoring_run_id
    else:
        run = campaigns.find_latest_run(session, campaign.product_id)
        if run is None:
            raise NoScores
        customers, run_id = read_ranked(session, campaign, run, day=start), run.id
    return CampaignInput(
        campaign_id=campaign.id,
        code=campaign.code,
        family=campaign.product_family,
        rule=rule_of(session, campaign),
        worth=worth,
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
