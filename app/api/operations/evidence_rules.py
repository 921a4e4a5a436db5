"""Rules of evidence: how often people found them right, and switching one on again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from app.api.deps import Admin, Now, SessionDep
from app.api.types import CodePath, In, LongText, Out
from app.reports.administration.rules import evidence_rules
from app.verification.reviewing.switching import switch_on

router = APIRouter(prefix="/operations/v1/evidence-rules", tags=["operations"])
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RuleOut(Out):
    """A rule with its decided cases. `low`, `high`: 95 % interval of `upheld_share`; below the floor it is switched off.

    A contradiction may make a verdict, a hint is for a person. `findings`: of this month, of so many `managers`. `limits`: from
    where on it finds something; `set_in`: the file in which they are set. `kind` and the texts are null of a version that is
    asked no more.
    """

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
    findings: int
    managers: int
    kind: str | None
    proves_zh: str | None
    proves_en: str | None
    not_zh: str | None
    not_en: str | None
    limits_zh: str | None
    limits_en: str | None
    set_in: str | None


class RulesOut(Out):
    """Those that are asked first. `least_decided`: so many cases are decided before a rule may be switched off."""

    least_decided: int
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
def rules(_: Admin, session: SessionDep, now: Now) -> RulesOut:
    """Every rule: how often people found it right, whether it is in use, and what it takes."""
    return RulesOut.model_validate(evidence_rules(session, now=now))


@router.post("/{rule}/{version}/on")
def switch(rule: CodePath, version: Version, body: SwitchIn, principal: Admin, session: SessionDep, now: Now) -> SwitchedOut:
    """Use it again; its precision is counted from now on."""
    because = body.because
    state = switch_on(session, rule=rule, version=version, because=because, principal=principal, now=now)
    return SwitchedOut.model_validate(state)
