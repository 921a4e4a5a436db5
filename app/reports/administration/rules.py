"""Rules of escalation and of evidence as an administrator sees them: their figures, whether they are in use, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.dispatch.escalation.queries import rules_in_force
from app.dispatch.escalation.rules import DEFAULTS
from app.models.evidence import EvidenceRuleState
from app.verification import evidence_queries
from app.verification.reviewing.precision import DEFAULT_FLOOR, LEAST_DECIDED, precision_of
from app.verification.rules.every import RULES
from app.verification.rules.rule import Rule

_OPEN = text("SELECT rule, level, count(*) FROM escalations WHERE resolved_at IS NULL GROUP BY rule, level ORDER BY rule, level")
_LAST = text("""
SELECT DISTINCT ON (c.rule) c.rule, c.changed_at, a.login, c.because
FROM escalation_rule_changes c LEFT JOIN accounts a ON a.id = c.account_id ORDER BY c.rule, c.id DESC
""")


@dataclass(frozen=True)
class EscalationRuleShown:
    """A rule with its days and the default ones; work orders of which the grid and the branch are told and that are not resolved.

    `changed_at`: None where nobody changed it; `changed_by`: None where that was done at the command line.
    """

    rule: str
    after_days: int
    branch_after_days: int
    enabled: bool
    default: bool
    default_after_days: int
    default_branch_after_days: int
    open_in_grids: int
    open_in_branches: int
    changed_at: datetime | None
    changed_by: str | None
    because: str | None


@dataclass(frozen=True)
class EvidenceRuleShown:
    """A rule of evidence with its decided cases. `low`, `high`: 95 % interval of `upheld_share`; below the floor it is off.

    `findings`: of this month, at reports that stand, of so many `managers`. `kind` and what follows it are None of a version that
    is asked no more. `set_in`: the file in which its figures are set.
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


@dataclass(frozen=True)
class EvidenceRules:
    """All of them. `least_decided`: so many cases are decided before a rule may be switched off."""

    least_decided: int
    items: list[EvidenceRuleShown]


def escalation_rules(session: Session) -> list[EscalationRuleShown]:
    """Every rule of escalation, in the order in which they are asked."""
    still_open = {(rule, level): orders for rule, level, orders in session.execute(_OPEN)}
    changes: Mapping[str, Row[str, datetime, str, str]] = {row.rule: row for row in session.execute(_LAST)}
    shown = []
    for rule, days in rules_in_force(session).items():
        usual, change = DEFAULTS[rule], changes.get(rule.value)
        shown.append(
            EscalationRuleShown(
                rule=rule.value,
                after_days=days.after_days,
                branch_after_days=days.branch_after_days,
                enabled=days.enabled,
                default=days == usual,
                default_after_days=usual.after_days,
                default_branch_after_days=usual.branch_after_days,
                open_in_grids=still_open.get((rule.value, "grid"), 0),
                open_in_branches=still_open.get((rule.value, "branch"), 0),
                changed_at=change.changed_at if change else None,
                changed_by=change.login if change else None,
                because=change.because if change else None,
            )
        )
    return shown


def evidence_rules(session: Session, *, now: datetime) -> EvidenceRules:
    """Every rule of evidence that is asked, then versions that are not any more but were decided on."""
    states = {(state.rule, state.version): state for state in evidence_queries.rule_states(session)}
    asked = {(rule.code, rule.version): rule for rule in RULES.values()}
    counts = evidence_queries.finding_counts(session, Month.of(now), None)
    found = {(row.rule, row.rule_version): (row.reports, row.managers) for row in counts}
    every = (*asked, *(one for one in states if one not in asked))
    return EvidenceRules(LEAST_DECIDED, [_shown(*one, states.get(one), asked.get(one), *found.get(one, (0, 0))) for one in every])


def _shown(
    code: str, version: int, state: EvidenceRuleState | None, rule: Rule | None, findings: int, managers: int
) -> EvidenceRuleShown:
    found = precision_of(state.decided, state.upheld) if state else precision_of(0, 0)
    return EvidenceRuleShown(
        rule=code,
        version=version,
        floor=state.floor if state else DEFAULT_FLOOR,
        decided=found.decided,
        upheld=found.upheld,
        upheld_share=found.rate,
        low=found.low,
        high=found.high,
        switched_off_at=state.switched_off_at if state else None,
        because=state.because if state else None,
        findings=findings,
        managers=managers,
        kind=rule.kind if rule else None,
        proves_zh=rule.zh if rule else None,
        proves_en=rule.en if rule else None,
        not_zh=rule.not_zh if rule else None,
        not_en=rule.not_en if rule else None,
        limits_zh=rule.limits_zh if rule else None,
        limits_en=rule.limits_en if rule else None,
        set_in=f"{rule.module.replace('.', '/')}.py" if rule else None,
    )
