"""Reads of plans: their versions, and the units they are for."""

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.campaign import Campaign, CampaignStatus
from app.models.campaign_life import CampaignEvent, CampaignVersion
from app.models.organisation import Account, Unit, UnitKind


class UnknownVersion(NotFound):
    """There is no such version of this campaign."""

    code = "campaign.version_unknown"


def find_unit(session: Session, unit_id: int | None) -> Unit | None:
    """The unit with this id; None for none."""
    return None if unit_id is None else session.get_one(Unit, unit_id)


def find_unit_by_code(session: Session, code: str) -> Unit | None:
    """The unit with this code."""
    return session.scalar(select(Unit).where(Unit.code == code).order_by(Unit.id))


def grid_ids_of_branch(session: Session, branch_id: int) -> list[int]:
    """The grids of a branch, by id."""
    statement = select(Unit.id).where(Unit.parent_id == branch_id, Unit.kind == UnitKind.GRID)
    return list(session.scalars(statement.order_by(Unit.id)))


def grids_of(session: Session, branch_id: int | None) -> list[tuple[int, str]]:
    """(id, code) of the grids of a branch, None: of the company, by code."""
    statement = select(Unit.id, Unit.code).where(Unit.kind == UnitKind.GRID)
    if branch_id is not None:
        statement = statement.where(Unit.parent_id == branch_id)
    return [(unit_id, code) for unit_id, code in session.execute(statement.order_by(Unit.code))]


def codes_of_programme(session: Session, programme: str) -> list[str]:
    """The campaigns of a programme that are neither closed nor evaluated, by code."""
    over = (CampaignStatus.CLOSED, CampaignStatus.EVALUATED)
    statement = select(Campaign.code).where(Campaign.programme == programme, Campaign.status.not_in(over))
    return list(session.scalars(statement.order_by(Campaign.code)))


def versions_of(session: Session, campaign_id: int) -> list[Row[CampaignVersion, str | None]]:
    """(version, login of its author) of a campaign, oldest first."""
    statement = select(CampaignVersion, Account.login).outerjoin(Account, Account.id == CampaignVersion.author_account_id)
    return list(session.execute(statement.where(CampaignVersion.campaign_id == campaign_id).order_by(CampaignVersion.number)))


def get_version(session: Session, campaign_id: int, number: int) -> CampaignVersion:
    """One version; raises UnknownVersion."""
    found = session.get(CampaignVersion, (campaign_id, number))
    if found is None:
        raise UnknownVersion(f"version: there is no version {number} of this campaign")
    return found


def find_approved_before(session: Session, campaign_id: int, number: int) -> int | None:
    """The last version before `number` that was approved: what an approver has seen already."""
    statement = select(CampaignEvent.version).where(
        CampaignEvent.campaign_id == campaign_id, CampaignEvent.verb == "approve", CampaignEvent.version < number
    )
    return session.scalar(statement.order_by(CampaignEvent.version.desc()).limit(1))


def has_written(session: Session, campaign_id: int, account_id: int) -> bool:
    """Whether the account is the author of some version of the campaign."""
    statement = select(CampaignVersion.number).where(
        CampaignVersion.campaign_id == campaign_id, CampaignVersion.author_account_id == account_id
    )
    return session.scalar(statement.order_by(CampaignVersion.number).limit(1)) is not None
