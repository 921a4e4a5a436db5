"""After how many days managers are told of work that nobody does."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Admin, Now, SessionDep
from app.api.types import CodePath, In, LongText, Out
from app.dispatch.escalation import service as escalating
from app.dispatch.escalation.rules import MOST_DAYS
from app.reports.administration.rules import escalation_rules

router = APIRouter(prefix="/operations/v1/escalation-rules", tags=["operations"])
Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]


class RuleIn(In):
    """Days until the grid manager is told, and from then until the branch manager is; `because` is kept."""

    after_days: Days
    branch_after_days: Days
    enabled: bool = True
    because: LongText = ""


class RuleOut(Out):
    """A rule with its days; `default`: nobody changed them."""

    rule: str
    after_days: int
    branch_after_days: int
    enabled: bool
    default: bool


class RuleShownOut(RuleOut):
    """A rule with its default days, and the work orders of which its grid and its branch are told and that are not resolved.

    `changed_at` null: nobody changed it; `changed_by` null: at the command line.
    """

    default_after_days: int
    default_branch_after_days: int
    open_in_grids: int
    open_in_branches: int
    changed_at: datetime | None
    changed_by: str | None
    because: str | None


class RulesOut(Out):
    """All of them, in the order in which they are asked."""

    items: list[RuleShownOut]


@router.get("")
def list_rules(_: Admin, session: SessionDep) -> RulesOut:
    """Every rule with its days."""
    return RulesOut.model_validate({"items": escalation_rules(session)})


@router.put("/{rule}")
def set_rule(rule: CodePath, body: RuleIn, principal: Admin, session: SessionDep, now: Now) -> RuleOut:
    """Change a rule's days, from the next look on (every half hour); who, when and why is kept."""
    return RuleOut.model_validate(escalating.set_rule(session, rule=rule, by=principal, now=now, **body.model_dump()))
