"""The contact policy: how often, when and after what a customer may be contacted."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from app.api.deps import Now, Planner, SessionDep, Viewer
from app.api.types import In, LongText, Out
from app.campaigns.policy import service
from app.campaigns.policy.as_json import read_rules
from app.reports import contact_policy as reports

router = APIRouter(prefix="/dashboard/v1/contact-policy", tags=["dashboard"])

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
_EXAMPLE = [{"kind": "sliding_window", "most": 2, "days": 30}, {"kind": "rest_after_refusal", "days": 90, "family": "same"}]


class PolicyIn(In):
    """A new version, whole: the rules that it does not name are no more. Kinds: docs/decisions/0019-contact-policy.md."""

    rules: Annotated[list[dict[str, Any]], Field(examples=[_EXAMPLE])]
    effective_from: date | None = Field(default=None, description="null: the day of the proposal")
    note: LongText = ""


class RuleOut(Out):
    """One rule, and what it means in Chinese and English."""

    rule: dict[str, Any]
    zh: str
    en: str


class PolicyOut(Out):
    """A version. Number 0 is what is built in; `approver` is null while it waits for another person."""

    number: int
    effective_from: date | None
    author: str | None
    note: str
    proposed_at: datetime | None
    approver: str | None
    approved_at: datetime | None
    rules: list[RuleOut]


class PolicyNowOut(Out):
    """What is in force, and the versions that may follow it."""

    in_force: PolicyOut
    to_come: list[PolicyOut]


class PolicyHistoryOut(Out):
    """Every version, newest first."""

    items: list[PolicyOut]


@router.get("")
def get_policy(_: Viewer, session: SessionDep, now: Now) -> PolicyNowOut:
    """The contact policy of today, and what is proposed."""
    return PolicyNowOut.model_validate(reports.policy_now(session, now=now))


@router.get("/history")
def list_versions(_: Viewer, session: SessionDep) -> PolicyHistoryOut:
    """Every version with who proposed and who approved it."""
    return PolicyHistoryOut.model_validate({"items": reports.policy_versions(session)})


@router.post("", status_code=201)
def propose(body: PolicyIn, principal: Planner, session: SessionDep, now: Now) -> PolicyOut:
    """Propose a new version; it waits for the approval of another person."""
    rules, first = read_rules(body.rules), body.effective_from
    version = service.propose_policy(session, rules=rules, effective_from=first, author=principal.login, note=body.note, now=now)
    return PolicyOut.model_validate(reports.policy_view(version))


@router.post("/{number}/approve")
def approve(number: Number, principal: Planner, session: SessionDep, now: Now) -> PolicyOut:
    """Approve what another person proposed. Work that it bars is withdrawn within a minute of its first day."""
    version = service.approve_policy(session, number=number, approver=principal.login, now=now)
    return PolicyOut.model_validate(reports.policy_view(version))
