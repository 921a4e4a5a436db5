"""Which campaigns want the same customers, out of what the newest preview of each found: never asked of the lists themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.dispatch.preview.queries import LIVE
from app.models.campaign import Campaign, CampaignStatus, Product
from app.models.campaign_life import CampaignEvent, CampaignPreview

MOST = 40  # campaigns, the newest; a picture of more cannot be read
_OVER = (CampaignStatus.CLOSED, CampaignStatus.EVALUATED)


@dataclass(frozen=True)
class Meeting:
    """A campaign in the matrix. `contacts`, `previewed_at`: of its newest preview; None where there is none yet.

    `approved_at`: since when others see it in their previews; None where it is not approved.
    """

    code: str
    name: str
    status: str
    product_code: str
    starts_on: date
    ends_on: date
    contacts: int | None
    previewed_at: datetime | None
    approved_at: datetime | None


@dataclass(frozen=True)
class Overlap:
    """So many of those whom `campaign` would contact are wanted by `other` too; `share` of its contacts, None where unknown."""

    campaign: str
    other: str
    customers: int
    share: float | None


@dataclass(frozen=True)
class Conflicts:
    """The matrix. A pair that is not there was not found to meet by either's preview."""

    campaigns: list[Meeting]
    overlaps: list[Overlap]


def conflict_matrix(session: Session, *, now: datetime) -> Conflicts:
    """The campaigns that are not over, and how many customers each pair of them shares."""
    rows = _rows(session, clock.local_date(now))
    contacts = {row.code: row.contacts for row in rows}
    shared: dict[tuple[str, str], int] = {}
    for row in sorted((row for row in rows if row.made_at), key=lambda row: row.made_at):  # the newest says it last
        for other in row.overlap or ():
            if other["campaign"] in contacts:
                shared[row.code, other["campaign"]] = shared[other["campaign"], row.code] = other["customers"]
    campaigns = [
        Meeting(
            row.code,
            row.name,
            row.status.value,
            row.product_code,
            row.starts_on,
            row.ends_on,
            row.contacts,
            row.made_at,
            row.approved_at if row.status in LIVE else None,
        )
        for row in rows
    ]
    overlaps = [
        Overlap(one, other, count, round(count / of, 4) if (of := contacts[one]) else None)
        for (one, other), count in sorted(shared.items())
    ]
    return Conflicts(campaigns, overlaps)


def _rows(session: Session, today: date) -> list[Any]:
    kept = aliased(CampaignPreview)
    newest = select(func.max(kept.id)).where(kept.campaign_id == Campaign.id).correlate(Campaign).scalar_subquery()
    figures = CampaignPreview.figures
    approved = select(func.max(CampaignEvent.happened_at)).where(
        CampaignEvent.campaign_id == Campaign.id, CampaignEvent.verb == "approve"
    )
    statement = (
        select(
            Campaign.code,
            Campaign.name,
            Campaign.status,
            Product.product_code,
            Campaign.starts_on,
            Campaign.ends_on,
            figures["contacts"].as_integer().label("contacts"),
            figures["overlap"].label("overlap"),
            CampaignPreview.made_at,
            approved.correlate(Campaign).scalar_subquery().label("approved_at"),
        )
        .join(Product, Product.id == Campaign.product_id)
        .outerjoin(CampaignPreview, CampaignPreview.id == newest)
        .where(Campaign.status.not_in(_OVER), Campaign.ends_on >= today)
    )
    return list(session.execute(statement.order_by(Campaign.id.desc()).limit(MOST)))
