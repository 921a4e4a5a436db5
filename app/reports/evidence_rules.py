"""Every rule of evidence: what it can and cannot prove, how often it found something, and whether it is in use."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.verification import evidence_queries
from app.verification.rules.every import RULES


@dataclass(frozen=True)
class RuleRate:
    """One rule in a month. Shares are of the reports that stand and of the managers who made them, None where there are none.

    `cases`: managers' cases that name it. `decided`, `upheld`, `floor`: how its cases were decided, where any were.
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


@dataclass(frozen=True)
class MonthRates:
    """All rules in one month."""

    month: Month
    items: list[RuleRate]


def rule_rates(session: Session, *, month: Month | None, now: datetime, grid_ids: Collection[int] | None = None) -> MonthRates:
    """All rules, with their own rates in a month (none: this one), in these grids or in all."""
    month = month or Month.of(now)
    reports, people = evidence_queries.month_size(session, month, grid_ids)
    found = {(row.rule, row.rule_version): row for row in evidence_queries.finding_counts(session, month, grid_ids)}
    states = {(state.rule, state.version): state for state in evidence_queries.rule_states(session)}
    cases = {row.rule: row.cases for row in evidence_queries.case_counts(session, month, grid_ids)}
    rates = []
    for rule in RULES.values():
        counted, state = found.get((rule.code, rule.version)), states.get((rule.code, rule.version))
        findings, managers = (counted.reports, counted.managers) if counted else (0, 0)
        rates.append(
            RuleRate(
                code=rule.code,
                version=rule.version,
                kind=rule.kind,
                family=rule.family,
                proves_zh=rule.zh,
                proves_en=rule.en,
                not_zh=rule.not_zh,
                not_en=rule.not_en,
                findings=findings,
                share_of_reports=_share(findings, reports),
                managers=managers,
                share_of_managers=_share(managers, people),
                cases=cases.get(rule.code, 0),
                decided=state.decided if state else None,
                upheld=state.upheld if state else None,
                floor=state.floor if state else None,
                switched_off_at=state.switched_off_at if state else None,
                because=state.because if state else None,
            )
        )
    return MonthRates(month, rates)


def _share(some: int, all_of_them: int) -> float | None:
    return some / all_of_them if all_of_them else None
