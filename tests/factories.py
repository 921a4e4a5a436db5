"""Rows that are valid by default; a test names only what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.campaign import Campaign, CampaignStatus, CampaignTarget, Draw, Product, TerminalReason
from app.models.customer import Customer
from app.models.organisation import Account, Staff, Unit
from app.models.score import CustomerScore, RankerStatus, RankerVersion, ScoringRun
from app.models.work_order import DispatchRun, WorkOrder, WorkOrderState

NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # ten in the morning of a Monday, Shanghai
TODAY = date(2026, 10, 12)
_numbers = count(1)
_APPROVAL = ("submitted_by", "approved_by", "approved_version")


def get(session: Session, table: type[Any], **where: Any) -> Any:
    """The one row with these values."""
    return session.scalars(select(table).filter_by(**where)).one()


def staff(session: Session, name: str) -> Staff:
    """A person of the cast by first name."""
    found: Staff = get(session, Staff, staff_no=name.upper())
    return found


def customer(session: Session, customer_no: str) -> Customer:
    """A customer of the cast."""
    found: Customer = get(session, Customer, customer_no=customer_no)
    return found


def grid(session: Session, code: str) -> Unit:
    """A unit of the cast."""
    found: Unit = get(session, Unit, code=code)
    return found


def make_campaign(session: Session, *, product_code: str = "FTTH1", **overrides: Any) -> Campaign:
    """A running campaign of three weeks around NOW."""
    product: Product = get(session, Product, product_code=product_code)
    values: dict[str, Any] = {
        "code": f"K{next(_numbers)}",
        "name": "A campaign",
        "product_id": product.id,
        "product_family": product.family,
        "status": CampaignStatus.RUNNING,
        "starts_on": TODAY - timedelta(days=7),
        "ends_on": TODAY + timedelta(days=9),
        "list_size": 10,
        "control_share": Decimal("0.05"),
        "exploration_share": Decimal("0.02"),
        "rest_days": 30,
        "attribution_days": product.attribution_days,
        "maturity_days": product.maturity_days,
        "channel": "call",
        "talk_track": "Say hello.",
        "seed": 7,
        "created_at": NOW - timedelta(days=8),
        "opened_at": NOW - timedelta(days=7),
    }
    wanted = values | overrides
    campaign = Campaign(**{name: value for name, value in wanted.items() if name not in _APPROVAL} | {"status": "draft"})
    session.add(campaign)
    session.flush()
    _bring_to(session, campaign, CampaignStatus(wanted["status"]), {name: wanted.get(name) for name in _APPROVAL})
    return campaign


def _bring_to(session: Session, campaign: Campaign, status: CampaignStatus, approval: Mapping[str, Any]) -> None:
    """The way that the database lets a campaign go: it begins as a draft, and somebody approves it."""
    approver = approval["approved_by"] or session.scalar(select(Account.id).where(Account.login == "ada"))
    steps = [CampaignStatus.DRAFT, CampaignStatus.SUBMITTED, CampaignStatus.APPROVED]
    for step in steps[1 : steps.index(status) + 1] if status in steps else [*steps[1:], status]:
        campaign.status = step
        if step is CampaignStatus.SUBMITTED:
            campaign.submitted_by = approval["submitted_by"]
        if step is CampaignStatus.APPROVED:
            campaign.approved_by, campaign.approved_version = approver, campaign.version
        session.flush()


def make_work_order(
    session: Session, *, campaign: Campaign | None = None, customer_no: str = "C01", manager: str = "ana", **overrides: Any
) -> WorkOrder:
    """An open work order of a target of its campaign."""
    campaign = campaign or make_campaign(session)
    target, person = customer(session, customer_no), staff(session, manager)
    session.add(
        CampaignTarget(
            campaign_id=campaign.id,
            customer_id=target.id,
            grid_id=target.grid_id,
            rank=1,
            score=0.2,
            draw=Draw.RANKED,
            selection_probability=0.95,
            reason=TerminalReason.DISPATCHED,
            decided_at=campaign.opened_at,
        )
    )
    run = DispatchRun(
        campaign_id=campaign.id,
        started_at=campaign.opened_at,
        finished_at=campaign.opened_at,
        target_count=1,
        waterfall={"dispatched": 1},
    )
    session.add(run)
    session.flush()
    values: dict[str, Any] = {
        "campaign_id": campaign.id,
        "dispatch_run_id": run.id,
        "customer_id": target.id,
        "product_id": campaign.product_id,
        "product_family": campaign.product_family,
        "grid_id": target.grid_id,
        "staff_id": person.id,
        "state": WorkOrderState.OPEN,
        "scheduled_on": TODAY,
        "due_on": campaign.ends_on,
        "rank": 1,
        "score": 0.2,
        "draw": Draw.RANKED,
        "selection_probability": 0.95,
        "assigned_because": "owner",
        "dispatched_at": campaign.opened_at,
        "matures_at": NOW + timedelta(days=15),
    }
    order = WorkOrder(**(values | overrides))
    session.add(order)
    session.flush()
    session.refresh(order)
    return order


FEE_REASON = {
    "feature": "monthly_fee",
    "value": 99,
    "contribution": 0.3,
    "zh": "月费：99元（有利）",
    "en": "Monthly fee: 99 yuan (speaks for it)",
}


def make_scores(
    session: Session,
    customer_nos: Iterable[str],
    *,
    product_code: str = "FTTH1",
    reasons: Sequence[Mapping[str, Any]] = (FEE_REASON,),
) -> ScoringRun:
    """A finished ranking of these customers, best first: scores 0.9, 0.89, ...; all for the same reasons."""
    product: Product = get(session, Product, product_code=product_code)
    version = RankerVersion(
        product_id=product.id,
        number=next(_numbers),
        status=RankerStatus.CANDIDATE,
        as_of=TODAY,
        label_window_days=30,
        data_from=TODAY,
        data_to=TODAY,
        example_count=1,
        positive_count=1,
        parameters={},
        metrics={},
        artifact=b"",
        checksum="",
        trained_at=NOW,
    )
    session.add(version)
    session.flush()
    customer_ids = [customer(session, customer_no).id for customer_no in customer_nos]
    run = ScoringRun(
        ranker_version_id=version.id, product_id=product.id, as_of=TODAY, customer_count=len(customer_ids), finished_at=NOW
    )
    session.add(run)
    session.flush()
    session.add_all(
        CustomerScore(
            scoring_run_id=run.id,
            rank=rank,
            customer_id=customer_id,
            score=(91 - rank) / 100,
            reasons=list(reasons),
        )
        for rank, customer_id in enumerate(customer_ids, start=1)
    )
    session.flush()
    return run
