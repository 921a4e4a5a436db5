"""One step in a campaign's life: who takes it is checked, and what happened is kept."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns import plan_queries, queries
from app.campaigns.lifecycle import LONGEST_COMMENT, STEPS, Verb, allows_role, allows_unit, next_status
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.models.campaign import Campaign, CampaignStatus
from app.models.campaign_life import CampaignEvent
from app.notices.outbox import put_event


class WrongStatus(Conflict):
    """The campaign is not in a status that allows this."""

    code = "campaign.wrong_status"


class NotYours(Forbidden):
    """This step of a campaign is not yours to take."""

    code = "campaign.not_yours"


class PlannerApproves(Forbidden):
    """Who planned or submitted a campaign does not approve it: another person does."""

    code = "campaign.planner_approves"


def take_step(
    session: Session, *, campaign_code: str, verb: Verb, by: Principal | None, comment: str = "", now: datetime
) -> Campaign:
    """The campaign in its next status, locked, with the event of it; `by` None: the system itself.

    Raises UnknownCampaign, NotYours, WrongStatus, PlannerApproves, and Invalid for a comment that is missing or too long.
    """
    campaign = queries.lock_campaign(session, campaign_code)
    role, unit_id = (None, None) if by is None else (by.role, by.unit_id)
    if not (allows_role(verb, role) and allows_unit(role, unit_id, campaign.unit_id)):
        raise NotYours(f"To {verb.value.replace('_', ' ')} the campaign {campaign_code} is not for the role {role}.")
    found = next_status(campaign.status, verb)
    if found is None:
        expected = " or ".join(sorted(STEPS[verb].sources))
        raise WrongStatus(
            f"The campaign {campaign_code} is {campaign.status}: expected {expected}.", campaign_status=campaign.status.value
        )
    if STEPS[verb].by_another and by is not None and _has_planned(session, campaign, by.account_id):
        raise PlannerApproves
    check_comment(comment, says_why=STEPS[verb].says_why)
    add_event(session, campaign, verb.value, to=CampaignStatus(found), by=by, comment=comment, now=now)
    campaign.status = CampaignStatus(found)
    with session.no_autoflush:  # the status goes to the database together with what the caller says of it, who approved
        put_event(session, kind="campaign.status_changed", payload={"campaign_code": campaign_code, "status": found}, now=now)
    return campaign


def _has_planned(session: Session, campaign: Campaign, account_id: int) -> bool:
    return account_id == campaign.submitted_by or plan_queries.has_written(session, campaign.id, account_id)


def add_event(
    session: Session, campaign: Campaign, verb: str, *, to: CampaignStatus, by: Principal | None, comment: str, now: datetime
) -> None:
    """Keep that something happened to a campaign, which then has the status `to`."""
    session.add(
        CampaignEvent(
            campaign_id=campaign.id,
            happened_at=now,
            verb=verb,
            from_status=campaign.status,
            to_status=to,
            account_id=None if by is None else by.account_id,
            comment=comment or None,
            version=campaign.version,
        )
    )


def check_over(campaign: Campaign) -> None:
    """Raise WrongStatus for a campaign that is neither closed nor evaluated."""
    if campaign.status not in (CampaignStatus.CLOSED, CampaignStatus.EVALUATED):
        raise WrongStatus(
            f"The campaign {campaign.code} is {campaign.status}: expected closed or evaluated.",
            campaign_status=campaign.status.value,
        )


def check_comment(comment: str, *, says_why: bool = False) -> None:
    """Raise Invalid for a comment that cannot be kept, or that is missing where it `says_why`."""
    if len(comment) > LONGEST_COMMENT or "\0" in comment or any("\ud800" <= letter <= "\udfff" for letter in comment):
        raise Invalid("comment", f"text of at most {LONGEST_COMMENT} characters")
    if says_why and not comment.strip():
        raise Invalid("comment", "a sentence that says why")
