"""The rules of evidence, and how often each found something."""

from datetime import datetime

from fastapi import APIRouter

from app.api.deps import GridManager, Now, SessionDep
from app.api.types import MonthText, OptionalMonth, Out
from app.reports import evidence_rules

router = APIRouter(prefix="/dashboard/v1/evidence-rules", tags=["dashboard"])


class RuleOut(Out):
    """A rule: what it proves and what not, its own rate in the month, and whether it is in use.

    A contradiction by a complete feed may make a verdict; a hint never does, it is for a person to look at.
    """

    code: str
    version: int
    kind: str
    family: str
    proves_zh: str
    proves_en: str
    not_zh: str
    not_en: str
    findings: int
    share_of_reports: float | None
    managers: int
    share_of_managers: float | None
    cases: int
    decided: int | None
    upheld: int | None
    floor: float | None
    switched_off_at: datetime | None
    because: str | None


class RulesOut(Out):
    """All rules, in a month of my grids."""

    month: MonthText
    items: list[RuleOut]


@router.get("")
def rules(principal: GridManager, session: SessionDep, now: Now, month: OptionalMonth) -> RulesOut:
    """How often each rule found something in a month, as a share of the reports and of the managers."""
    rates = evidence_rules.rule_rates(session, month=month, now=now, grid_ids=principal.grid_ids)
    return RulesOut.model_validate(rates)
