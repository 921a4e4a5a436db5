"""Telling managers of work that nobody does, and no longer telling them once it moves on."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.core.security import Principal
from app.dispatch.escalation import queries
from app.dispatch.escalation.queries import Place
from app.dispatch.escalation.rules import (
    DEFAULTS,
    Finding,
    Rule,
    Threshold,
    check_threshold,
    find_late,
    is_for_branch,
    still_late,
)
from app.models.escalation import Escalation, EscalationLevel, EscalationRule, EscalationRuleChange
from app.models.organisation import Role
from app.notices.inbox import Told, put_notices, settle_notices
from app.notices.outbox import put_event

KIND = "escalation"
GRID, BRANCH = EscalationLevel.GRID, EscalationLevel.BRANCH


@dataclass(frozen=True)
class RuleDays:
    """A rule with its days; `default`: nobody changed them."""

    rule: str
    after_days: int
    branch_after_days: int
    enabled: bool
    default: bool


def escalate(session: Session, *, now: datetime) -> dict[str, int]:
    """Look at all work on phones and at undecided returns: tell what is late, each once for each level, and resolve what is not.

    Forty late orders of one manager are one notice. Returns {late, raised, to_branch, resolved}: orders.
    """
    rules, today = queries.rules_in_force(session), clock.local_date(now)
    facts = queries.facts_of_phones(session, today=today)
    late = {f.work_order_id: f for f in (find_late(fact, rules, now=now, zone=clock.zone()) for fact in facts) if f is not None}
    resolved = _resolve(session, late, now)
    grids = queries.places(session, today=today)
    told = queries.raised_and_open(session, GRID)
    raised = _raise(session, GRID, [late[order] for order in late if order not in told], grids, now)
    told = queries.raised_and_open(session, GRID)
    above = queries.raised_and_open(session, BRANCH)
    waited = (
        late[order]
        for order, one in told.items()
        if order in late and order not in above and is_for_branch(one, rules, grid_is_led=grids[late[order].grid_id].led, now=now)
    )
    to_branch = _raise(session, BRANCH, waited, grids, now)
    _settle(session, now)
    return {"late": len(late), "raised": raised, "to_branch": to_branch, "resolved": resolved}


def set_rule(
    session: Session,
    *,
    rule: str,
    after_days: int,
    branch_after_days: int,
    enabled: bool,
    because: str = "",
    by: Principal | None = None,
    now: datetime,
) -> RuleDays:
    """Days of a rule from now on; by nobody: at the command line. The change is kept. Raises Invalid."""
    if rule not in set(Rule):
        raise Invalid("rule", f"one of {', '.join(Rule)}")
    if expected := check_threshold(after_days, branch_after_days):
        raise Invalid("after_days", expected)
    values = {"after_days": after_days, "branch_after_days": branch_after_days, "enabled": enabled, "changed_at": now}
    statement = upsert(EscalationRule).values(rule=rule, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["rule"], set_=values))
    account_id = by.account_id if by else None
    session.add(EscalationRuleChange(rule=rule, **values, because=because.strip(), account_id=account_id))
    session.flush()
    return _shown(Rule(rule), Threshold(after_days, branch_after_days, enabled))


def _resolve(session: Session, late: Mapping[int, Finding], now: datetime) -> int:
    gone = [
        one.id
        for level in (GRID, BRANCH)
        for one in queries.raised_and_open(session, level).values()
        if not still_late(one, late.get(one.work_order_id))
    ]
    if gone:
        session.execute(update(Escalation).where(Escalation.id.in_(gone)).values(resolved_at=now))
    return len(gone)


def _raise(session: Session, level: EscalationLevel, found: Iterable[Finding], grids: Mapping[int, Place], now: datetime) -> int:
    """One notice for each manager and rule; the orders of it, each with its row. Returns how many orders."""
    findings = list(found)
    known = queries.ever_raised(session, level, [f.work_order_id for f in findings])
    groups: dict[tuple[int, Rule, int], list[Finding]] = defaultdict(list)
    for f in findings:
        if (f.work_order_id, f.rule.value, f.since) not in known:
            groups[f.grid_id, f.rule, f.staff_id].append(f)
    told = [_told(level, grids[key[0]], *key, group) for key, group in sorted(groups.items())]
    notice_ids = put_notices(session, told, now=now)
    rows = [
        {"work_order_id": f.work_order_id, "grid_id": f.grid_id, "staff_id": f.staff_id, "level": level, "rule": f.rule.value}
        | {"since": f.since, "raised_at": now, "notice_id": notice_id}
        for notice_id, (_, group) in zip(notice_ids, sorted(groups.items()), strict=True)
        for f in group
    ]
    if rows:
        session.execute(insert(Escalation), rows)
    _put_events(session, "work_orders.escalated", [dict(one.data) for one in told], now)
    return len(rows)


def _told(level: EscalationLevel, place: Place, grid_id: int, rule: Rule, staff_id: int, group: list[Finding]) -> Told:
    unit_code = place.grid_code if level is GRID else place.branch_code
    return Told(
        kind=KIND,
        unit_id=grid_id if level is GRID else place.branch_id,
        role=Role.GRID_MANAGER if level is GRID else Role.BRANCH_MANAGER,
        subject=f"{KIND}/{level.value}/{grid_id}/{rule.value}/{staff_id}",
        about_staff_id=staff_id,
        data={"level": level.value, "rule": rule.value, "grid_code": place.grid_code, "unit_code": unit_code}
        | {"since": min(f.since for f in group).isoformat(), "orders": len(group)},
    )


def _put_events(session: Session, kind: str, told: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """One event for each unit, level and rule: of how many managers, and of how many orders that are new."""
    managers: Counter[tuple[str, str, str]] = Counter()
    orders: Counter[tuple[str, str, str]] = Counter()
    for data in told:
        key = data["level"], data["rule"], data["unit_code"]
        managers[key] += 1
        orders[key] += data["orders"]
    for level, rule, unit_code in sorted(managers):
        key = level, rule, unit_code
        payload = {"level": level, "rule": rule, "unit_code": unit_code, "managers": managers[key], "orders": orders[key]}
        put_event(session, kind=kind, payload=payload, now=now)


def _settle(session: Session, now: datetime) -> None:
    """Keep each notice's count true, and tell where all of it is resolved."""
    resolved = settle_notices(session, counts=queries.open_counts(session, KIND), now=now)
    _put_events(session, "work_orders.escalation_resolved", [notice.data for notice in resolved], now)


def rules_shown(session: Session) -> list[RuleDays]:
    """Every rule, in the order in which they are asked."""
    return [_shown(rule, threshold) for rule, threshold in queries.rules_in_force(session).items()]


def _shown(rule: Rule, days: Threshold) -> RuleDays:
    return RuleDays(rule.value, days.after_days, days.branch_after_days, days.enabled, days == DEFAULTS[rule])
