"""Rules of evidence: how often people found them right, and switching one on again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from app.api.deps import Admin, Now, SessionDep
from app.api.types import CodePath, In, LongText, Out
from app.reports.evidence_rules import rules_shown
from app.verification.reviewing.switching import switch_on

router = APIRouter(prefix="/operations/v1/evidence-rules", tags=["operations"])
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RuleOut(Out):
    """A rule with its decided cases. `low`, `high`: 95 % interval of `upheld_share`; below the floor it is switched off."""

    rule: str
    version: int
    floor: float
    decided: int
    upheld: int
    upheld_share: float | None
    low: float
    high: float
    switched_off_at: datetime | None
    because: str | None


class RulesOut(Out):
    """By name."""

    items: list[RuleOut]


class SwitchIn(In):
    """Why it is to be used again."""

    because: LongText


class SwitchedOut(Out):
    """As it stands."""

    rule: str
    version: int
    switched_off_at: datetime | None


@router.get("")
def rules(_: Admin, session: SessionDep) -> RulesOut:
    """Every rule on which somebody decided."""
    return RulesOut.model_validate({"items": rules_shown(session)})


@router.post("/{rule}/{version}/on")
def switch(rule: CodePath, version: Version, body: SwitchIn, principal: Admin, session: SessionDep, now: Now) -> SwitchedOut:
    """Use it again; its precision is counted from now on."""
    because = body.because
    state = switch_on(session, rule=rule, version=version, because=because, principal=principal, now=now)
    return SwitchedOut.model_validate(state)
