"""Reads behind "why (not) this customer, why this manager, why now"."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.models.campaign import Campaign, CampaignStatus, CampaignTarget, Product
from app.models.customer import ContactPreference, Customer, Holding, PastContact, PreferenceStatus
from app.models.feedback import ContactFeedback
from app.models.organisation import Staff, Unit
from app.models.score import CustomerScore, ScoringRun
from app.models.work_order import DispatchRun, WorkOrder, WorkOrderEvent

_LATEST = 10


class UnknownCustomer(NotFound):
    """There is no customer with this number here."""

    code = "customer.unknown"


def get_customer(
    session: Session, customer_no: str, *, grid_ids: Collection[int] | None
) -> Row[int, str, str, str | None, int | None]:
    """(id, number, grid code, staff number of the owner, id of the branch), if in these grids, None: anywhere.

    Raises UnknownCustomer.
    """
    statement = (
        select(
            Customer.id,
            Customer.customer_no,
            Unit.code.label("grid_code"),
            Staff.staff_no.label("owner_staff_no"),
            Unit.parent_id.label("branch_id"),
        )
        .join(Unit, Unit.id == Customer.grid_id)
        .outerjoin(Staff, Staff.id == Customer.owner_staff_id)
        .where(Customer.customer_no == customer_no)
    )
    if grid_ids is not None:
        statement = statement.where(Customer.grid_id.in_(grid_ids))
    found = session.execute(statement.order_by(Customer.id)).one_or_none()
    if found is None:
        raise UnknownCustomer
    return found


def refusals_of(session: Session, customer_id: int, *, day: date) -> list[Row[str, datetime, date | None]]:
    """(scope, recorded at, until) of what the customer refuses on this day."""
    statement = select(ContactPreference.scope, ContactPreference.recorded_at, ContactPreference.until).where(
        ContactPreference.customer_id == customer_id,
        ContactPreference.status == PreferenceStatus.REFUSED,
        or_(ContactPreference.until.is_(None), ContactPreference.until >= day),
    )
    return list(session.execute(statement.order_by(ContactPreference.scope)))


def holdings_of(session: Session, customer_id: int) -> list[Row[str, str, date, date | None]]:
    """(product code, family, from, to) of what the customer holds or held, latest first."""
    statement = select(Product.product_code, Product.family, Holding.from_date, Holding.to_date)
    statement = statement.join(Holding, Holding.product_id == Product.id).where(Holding.customer_id == customer_id)
    return list(session.execute(statement.order_by(Holding.from_date.desc(), Product.product_code).limit(_LATEST)))


def past_contacts_of(session: Session, customer_id: int) -> list[Row[datetime, str, str | None, str | None]]:
    """(contacted at, product family, channel, outcome) of the latest contacts of earlier systems."""
    statement = select(PastContact.contacted_at, Product.family, PastContact.channel, PastContact.outcome)
    statement = statement.join(Product, Product.id == PastContact.product_id).where(PastContact.customer_id == customer_id)
    return list(session.execute(statement.order_by(PastContact.contacted_at.desc(), PastContact.id).limit(_LATEST)))


def feedback_of(session: Session, customer_id: int) -> list[Row[datetime, str, str, str]]:
    """(contacted at, product family, channel, outcome) of the latest contacts reported here."""
    statement = select(
        ContactFeedback.contacted_at, WorkOrder.product_family.label("family"), ContactFeedback.channel, ContactFeedback.outcome
    ).join(WorkOrder, WorkOrder.id == ContactFeedback.work_order_id)
    statement = statement.where(ContactFeedback.customer_id == customer_id)
    return list(session.execute(statement.order_by(ContactFeedback.contacted_at.desc(), ContactFeedback.id).limit(_LATEST)))


def standings_of(session: Session, customer_id: int, *, campaign_code: str | None) -> list[Row[*tuple[Any, ...]]]:
    """The campaign of this code, else those that concern the customer: whose list names him, and those scheduled or running.

    (Campaign, product code, CampaignTarget or None, WorkOrder or None, staff number and name of its manager, freed places of its
    run)
    """
    manager, made = aliased(Staff), aliased(DispatchRun)
    mine = and_(CampaignTarget.campaign_id == Campaign.id, CampaignTarget.customer_id == customer_id)
    ordered = and_(WorkOrder.campaign_id == Campaign.id, WorkOrder.customer_id == customer_id)
    live = select(Campaign.id).where(Campaign.status.in_([CampaignStatus.SCHEDULED, CampaignStatus.RUNNING]))
    named = select(CampaignTarget.campaign_id).where(CampaignTarget.customer_id == customer_id)
    statement = (
        select(Campaign, Product.product_code, CampaignTarget, WorkOrder, manager.staff_no, manager.name, made.freed_places)
        .join(Product, Product.id == Campaign.product_id)
        .outerjoin(CampaignTarget, mine)
        .outerjoin(WorkOrder, ordered)
        .outerjoin(manager, manager.id == WorkOrder.staff_id)
        .outerjoin(made, made.id == WorkOrder.dispatch_run_id)
        .where(Campaign.id.in_(named.union(live)) if campaign_code is None else Campaign.code == campaign_code)
    )
    return list(session.execute(statement.order_by(Campaign.id.desc()).limit(_LATEST)))


def find_run(session: Session, run_id: int | None) -> ScoringRun | None:
    """The ranking with this id."""
    return None if run_id is None else session.get(ScoringRun, run_id)


def find_score(session: Session, run_id: int, *, customer_id: int, rank: int) -> Row[*tuple[Any, ...]] | None:
    """(rank, score, uplift, reasons, ranked customers, day of the ranking) of the customer on this rank."""
    statement = select(
        CustomerScore.rank,
        CustomerScore.score,
        CustomerScore.uplift,
        CustomerScore.reasons,
        ScoringRun.customer_count,
        ScoringRun.as_of,
    ).join(ScoringRun, ScoringRun.id == CustomerScore.scoring_run_id)
    there = (CustomerScore.scoring_run_id == run_id, CustomerScore.rank == rank, CustomerScore.customer_id == customer_id)
    return session.execute(statement.where(*there).order_by(CustomerScore.rank)).one_or_none()


def find_last_rank(session: Session, campaign_id: int) -> int | None:
    """The last rank that the walk of a campaign reached; of lists that were drawn before campaigns kept it."""
    statement = select(func.max(CampaignTarget.rank)).where(
        CampaignTarget.campaign_id == campaign_id, CampaignTarget.draw == "ranked"
    )
    return session.scalars(statement).one()


def events_of(session: Session, work_order_id: int) -> list[Row[*tuple[Any, ...]]]:
    """(happened at, event, from state, to state, staff numbers from and to, reason), oldest first."""
    before, after = aliased(Staff), aliased(Staff)
    statement = (
        select(
            WorkOrderEvent.happened_at,
            WorkOrderEvent.event,
            WorkOrderEvent.from_state,
            WorkOrderEvent.to_state,
            before.staff_no.label("from_staff_no"),
            after.staff_no.label("to_staff_no"),
            WorkOrderEvent.reason,
        )
        .join(before, before.id == WorkOrderEvent.from_staff_id)
        .join(after, after.id == WorkOrderEvent.to_staff_id)
        .where(WorkOrderEvent.work_order_id == work_order_id)
    )
    return list(session.execute(statement.order_by(WorkOrderEvent.id)))
