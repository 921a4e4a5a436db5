"""Why (not) this customer, why this manager, why now."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.eligibility import first_reason
from app.campaigns.policy.findings import policy_findings
from app.core import clock
from app.dispatch.explaining import queries
from app.dispatch.explaining.standing import Event, Order, Score, Standing, sentences_of
from app.models.campaign import Campaign, CampaignTarget
from app.models.score import ScoringRun
from app.models.work_order import WorkOrder
from app.scoring.run_scores import find_rank

Known = Row[int, str, str, str | None, int | None]


@dataclass(frozen=True)
class Refusal:
    """What the customer refuses."""

    scope: str
    recorded_at: datetime
    until: date | None


@dataclass(frozen=True)
class Held:
    """A product that the customer holds or held."""

    product_code: str
    family: str
    from_date: date
    to_date: date | None


@dataclass(frozen=True)
class Contact:
    """A contact of the past, from an earlier system or reported here."""

    contacted_at: datetime
    family: str
    channel: str | None
    outcome: str | None


@dataclass(frozen=True)
class Explanation:
    """All that decides whether, by whom and when a customer is contacted; without name, phone and address."""

    customer_no: str
    grid_code: str
    owner_staff_no: str | None
    refusals: list[Refusal]
    holdings: list[Held]
    last_contacts: list[Contact]
    campaigns: list[Standing]


def explain_customer(
    session: Session, *, customer_no: str, campaign_code: str | None, grid_ids: Collection[int] | None, now: datetime
) -> Explanation:
    """Explain a customer of these grids (None: of the whole company), in one campaign or in all that concern them.

    Raises UnknownCustomer alike for one who is not there and one elsewhere, and UnknownCampaign.
    """
    today = clock.local_date(now)
    customer = queries.get_customer(session, customer_no, grid_ids=grid_ids)
    if campaign_code is not None:
        campaigns.get_campaign(session, campaign_code)
    contacts = [*queries.past_contacts_of(session, customer.id), *queries.feedback_of(session, customer.id)]
    return Explanation(
        customer_no=customer.customer_no,
        grid_code=customer.grid_code,
        owner_staff_no=customer.owner_staff_no,
        refusals=[Refusal(*row) for row in queries.refusals_of(session, customer.id, day=today)],
        holdings=[Held(*row) for row in queries.holdings_of(session, customer.id)],
        last_contacts=sorted((Contact(*row) for row in contacts), key=lambda contact: contact.contacted_at, reverse=True),
        campaigns=[
            _standing(session, customer, row, today)
            for row in queries.standings_of(session, customer.id, campaign_code=campaign_code)
        ],
    )


def _standing(session: Session, customer: Known, row: Row[*tuple[Any, ...]], today: date) -> Standing:
    campaign: Campaign = row[0]
    target: CampaignTarget | None = row[2]
    day = max(today, campaign.starts_on)
    facts = campaigns.facts_of_customer(session, campaign, customer.id, day=day)
    found = Standing(
        campaign_code=campaign.code,
        campaign_name=campaign.name,
        product_code=row[1],
        status=campaign.status.value,
        on_list=target is not None,
        draw=target.draw.value if target else None,
        selection_probability=target.selection_probability if target else None,
        reason=target.reason.value if target and target.reason else None,
        decided_at=target.decided_at if target else None,
        last_rank=campaign.last_rank or queries.find_last_rank(session, campaign.id),
        score=_score(session, campaign, customer, target),
        work_order=_order(session, row[3], row[4], row[5], on_freed_place=row[6] is not None),
        today=first_reason(facts),
    )
    terms = campaigns.campaign_terms(session, campaign, day=day)
    rules = policy_findings(session, terms, customer_id=customer.id, campaign_id=campaign.id, day=day)
    return replace(found, sentences=[*sentences_of(found), *rules])


def _score(session: Session, campaign: Campaign, customer: Known, target: CampaignTarget | None) -> Score | None:
    run = queries.find_run(session, campaign.scoring_run_id) or campaigns.find_latest_run(session, campaign.product_id)
    if run is None:
        return None
    rank = target.rank if target else _find_rank(session, run, customer)
    row = None if rank is None else queries.find_score(session, run.id, customer_id=customer.id, rank=rank)
    if row is None:
        return None
    return Score(
        score=row.score,
        rank=row.rank,
        ranked_customers=row.customer_count,
        as_of=row.as_of,
        reasons=row.reasons or [],
        uplift=row.uplift,
    )


def _find_rank(session: Session, run: ScoringRun, customer: Known) -> int | None:
    return find_rank(session, run.id, run.folder, customer_id=customer.id, branch_id=customer.branch_id)


def _order(
    session: Session, work_order: WorkOrder | None, staff_no: str, manager_name: str, *, on_freed_place: bool
) -> Order | None:
    if work_order is None:
        return None
    return Order(
        work_order_id=work_order.id,
        staff_no=staff_no,
        manager_name=manager_name,
        state=work_order.state.value,
        scheduled_on=work_order.scheduled_on,
        due_on=work_order.due_on,
        assigned_because=work_order.assigned_because,
        dispatched_at=work_order.dispatched_at,
        close_reason=work_order.close_reason,
        events=[Event(*row) for row in queries.events_of(session, work_order.id)],
        on_freed_place=on_freed_place,
    )
