"""After how many days managers are told of work that nobody does."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.api.deps import Admin, Now, SessionDep
from app.api.types import CodePath, In, Out
from app.dispatch.escalation import service as escalating
from app.dispatch.escalation.rules import MOST_DAYS

router = APIRouter(prefix="/operations/v1/escalation-rules", tags=["operations"])
Days = Annotated[int, Field(ge=0, le=MOST_DAYS)]


class RuleIn(In):
    """Days until the grid manager is told, and from then until the branch manager is."""

    after_days: Days
    branch_after_days: Days
    enabled: bool = True


class RuleOut(Out):
    """A rule with its days; `default`: nobody changed them."""

    rule: str
    after_days: int
    branch_after_days: int
    enabled: bool
    default: bool


class RulesOut(Out):
    """All of them, in the order in which they are asked."""

    items: list[RuleOut]


@router.get("")
def list_rules(_: Admin, session: SessionDep) -> RulesOut:
    """Every rule with its days."""
    return RulesOut.model_validate({"items": escalating.rules_shown(session)})


@router.put("/{rule}")
def set_rule(rule: CodePath, body: RuleIn, _: Admin, session: SessionDep, now: Now) -> RuleOut:
    """Change a rule's days, from the next look on (every half hour)."""
    return RuleOut.model_validate(escalating.set_rule(session, rule=rule, now=now, **body.model_dump()))
