"""Going through a month's reports by every rule of evidence: findings are kept, and cases opened for people to decide."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from json import dumps
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month, local_date
from app.verification import evidence_queries
from app.verification.cases import open_cases
from app.verification.gathering import gather_reports
from app.verification.pleading import Told, each_finding, make_cases
from app.verification.rules.every import RULES
from app.verification.rules.rule import CONTRADICTION
from app.verification.suspicion import Evidence, judge_month

EARLY_DAYS = (8, 15, 22)  # days of a month on which the clearest cases are opened already
EARLY = 0.1  # of what the looks at the month's end may open wrongly
SETTLED_DAY = 4  # of the next month: the orders of the last day are in by then
AT_ONCE = 5_000

_INSERT = text(
    """
    INSERT INTO evidence_findings (feedback_id, rule, rule_version, staff_id, grid_id, month, strength, facts, found_at)
    SELECT f.feedback_id, f.rule, f.version, f.staff_id, f.grid_id, :month, f.strength, f.facts, :now
    FROM json_to_recordset(CAST(:findings AS json)) AS f (feedback_id uuid, rule text, version int, staff_id int, grid_id int,
        strength float8, facts jsonb)
    ON CONFLICT (feedback_id, rule, rule_version) DO NOTHING
    RETURNING id
    """
)


def scan_evidence(session: Session, *, now: datetime) -> dict[str, Any]:
    """The nightly scan: yesterday's month, strictly on three days of it and in full on its last; the month before once more.

    Whoever looks at the same month often finds somebody at last; so on other days findings are kept and no cases opened.
    """
    today = local_date(now)
    month = Month.of_day(today - timedelta(days=1))
    counts = scan_month(session, month=month, spend=_spend(today), now=now)
    if today.day == SETTLED_DAY:
        counts |= {"month_before": scan_month(session, month=month.previous, now=now)}
    return counts


def _spend(today: date) -> float | None:
    is_last = (today + timedelta(days=1)).day == 1
    return 1.0 if is_last else EARLY if today.day in EARLY_DAYS else None


def scan_month(session: Session, *, month: Month, now: datetime, spend: float | None = 1.0) -> dict[str, Any]:
    """Ask every rule in use about a month's reports; again adds only what is new. `spend` as in judge_month; None: no cases.

    Returns counts: reports, findings added, cases opened, and the rules that are switched off.
    """
    off = {state.rule for state in evidence_queries.switched_off(session) if _is_in_use(state.rule, state.version)}
    told, reports = gather_reports(session, month)
    evidence = judge_month(reports, without=off, spend=spend or 0.0)
    added = _keep(session, evidence, told, month, now)
    cases = make_cases(evidence, told) if spend else []
    counts = {"month": str(month), "reports": len(told), "findings": added}
    return counts | {
        "cases": open_cases(session, month=month, cases=cases, now=now),
        "switched_off": ", ".join(sorted(off)) or "none",
    }


def _is_in_use(rule: str, version: int) -> bool:
    return rule in RULES and RULES[rule].version == version


def _keep(session: Session, evidence: Evidence, told: Sequence[Told], month: Month, now: datetime) -> int:
    """Write the findings that are not there; how many."""
    shares = dict(evidence.counts.group_by("rule").agg(pl.col("honest_share").max()).iter_rows())
    findings = [
        {
            "feedback_id": str(told[row].feedback_id),
            "rule": code,
            "version": RULES[code].version,
            "staff_id": told[row].staff_id,
            "grid_id": told[row].grid_id,
            "strength": 1.0 if RULES[code].kind == CONTRADICTION else round(1 - shares[code], 4),
            "facts": facts,
        }
        for code, asked in evidence.asked.items()
        for row, facts in each_finding(asked)
    ]
    added = 0
    for start in range(0, len(findings), AT_ONCE):
        values = {"month": month.first_day, "now": now, "findings": dumps(findings[start : start + AT_ONCE])}
        added += len(session.scalars(_INSERT, values).all())
    return added
