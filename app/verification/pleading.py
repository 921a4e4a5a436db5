"""What a case says: why a person is asked to look, rule by rule with its figures in words (pure)."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from app.verification.rules.every import RULES
from app.verification.rules.rule import Asked
from app.verification.suspicion import Evidence, agreeing_reports, telling_rules

MOST_REPORTS = 10  # of one manager's month that are laid before a person


@dataclass(frozen=True)
class Told:
    """Which report, whose and of which grid."""

    feedback_id: UUID
    staff_id: int
    grid_id: int


@dataclass(frozen=True)
class Reason:
    """Why a case is opened: the rule, in words, and its figures by name."""

    rule: str
    version: int
    zh: str
    en: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One to open: of a manager's month, or of one report where there is a `feedback_id`."""

    staff_id: int
    grid_id: int
    reasons: tuple[Reason, ...]
    feedback_id: UUID | None = None


def each_finding(asked: Asked) -> Iterator[tuple[int, dict[str, Any]]]:
    """(row of the report, named facts) of each finding of a rule; what is not known is left out."""
    for found in asked.found.iter_rows(named=True):
        facts = {name: value for name, value in found.items() if name != "row" and _is_known(value)}
        yield int(found["row"]), facts


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def make_cases(evidence: Evidence, told: Sequence[Told]) -> list[Case]:
    """The cases of a month: of each manager who is beyond chance, of the reports that tell most in it, and of others' reports at
    which rules of several kinds agree."""
    telling: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for count in telling_rules(evidence).iter_rows(named=True):
        telling[count["staff"]].append(count)
    grids = {one.staff_id: one.grid_id for one in told}
    months = [Case(staff, grids[staff], tuple(_of_month(count) for count in counts)) for staff, counts in telling.items()]
    speaks = {staff: {count["rule"] for count in counts} for staff, counts in telling.items()}
    agreeing = {(row, code) for row, codes in agreeing_reports(evidence).iter_rows() for code in codes}
    agreeing = {(row, code) for row, code in agreeing if told[row].staff_id not in speaks}
    return months + _of_reports(evidence, told, speaks, agreeing)


def _of_month(count: dict[str, Any]) -> Reason:
    rule, share = RULES[count["rule"]], count["honest_share"]
    facts = {
        "found": count["found"],
        "asked": count["asked"],
        "honest_share": round(share, 4),
        "chance": float(f"{count['chance']:.1e}"),
    }
    zh = f"{rule.zh}：{count['asked']} 条中 {count['found']} 条，一般约 {share:.1%}；{rule.not_zh}"
    en = f"{rule.en}: {count['found']} of {count['asked']} reports, usually some {share:.1%}; it does not prove {rule.not_en}"
    return Reason(rule.code, rule.version, zh, en, facts)


def _of_reports(
    evidence: Evidence, told: Sequence[Told], speaks: dict[int, set[str]], agreeing: Collection[tuple[int, str]]
) -> list[Case]:
    """Of each manager the reports at which most of the telling rules found something, or at which these agree (row, rule)."""
    reasons: dict[int, dict[int, list[Reason]]] = defaultdict(lambda: defaultdict(list))
    for code, asked in evidence.asked.items():
        rule = RULES[code]
        for row, facts in each_finding(asked):
            if code in speaks.get(told[row].staff_id, ()) or (row, code) in agreeing:
                en = f"{rule.en}; it does not prove {rule.not_en}"
                reasons[told[row].staff_id][row].append(Reason(code, rule.version, f"{rule.zh}；{rule.not_zh}", en, facts))
    cases = [
        Case(staff, told[row].grid_id, tuple(why), told[row].feedback_id)
        for staff, at in reasons.items()
        for row, why in at.items()
    ]
    cases.sort(key=lambda case: (case.staff_id, -len(case.reasons), case.feedback_id))
    return [case for _, of_one in groupby(cases, key=lambda case: case.staff_id) for case in islice(of_one, MOST_REPORTS)]
