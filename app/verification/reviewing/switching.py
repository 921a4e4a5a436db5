"""Counting how rules were decided, switching them off below their floor, and on again by a person."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import whole_company
from app.core.errors import Conflict, Invalid
from app.core.security import Principal
from app.models.evidence import EvidenceRuleState
from app.models.organisation import Role
from app.models.review import RuleSwitch
from app.notices.inbox import Told, put_notices
from app.notices.kinds import RULE_SWITCHED_OFF
from app.notices.outbox import put_event
from app.verification.reviewing import queries
from app.verification.reviewing.precision import DEFAULT_FLOOR, is_under_floor, precision_of, words_of

LEAST_REASON = 5


class NotSwitchedOff(Conflict):
    """This rule is in use."""

    code = "evidence_rule.in_use"


def count_decisions(session: Session, *, reasons: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    """Count the decisions of every rule in these reasons anew, over the whole company; those that are now switched off."""
    rules = sorted({(str(reason["rule"]), int(reason["version"])) for reason in reasons})
    with whole_company(session):
        return [rule for rule, version in rules if _count(session, rule, version, now)]


def switch_on(
    session: Session, *, rule: str, version: int, because: str, principal: Principal, now: datetime
) -> EvidenceRuleState:
    """Use a rule again; its precision is counted from now on. Raises UnknownRule, NotSwitchedOff, Invalid."""
    if len(because.strip()) < LEAST_REASON:
        raise Invalid("because", f"why, in at least {LEAST_REASON} characters")
    state = queries.lock_state(session, rule, version)
    if state is None:
        raise queries.UnknownRule
    if state.switched_off_at is None:
        raise NotSwitchedOff
    state.switched_off_at = state.because = None
    _remember(session, state, on=True, because=because, now=now, account_id=principal.account_id)
    return state


def _count(session: Session, rule: str, version: int, now: datetime) -> bool:
    session.flush()
    start = {"rule": rule, "version": version, "floor": DEFAULT_FLOOR, "decided": 0, "upheld": 0}
    session.execute(insert(EvidenceRuleState).values(start).on_conflict_do_nothing())
    state = queries.lock_state(session, rule, version)
    assert state is not None  # it was there, or is since just now
    state.decided, state.upheld = queries.decided_of(session, rule, version, None)
    since = queries.find_last_switched_on(session, rule, version)
    found = precision_of(*queries.decided_of(session, rule, version, since))
    if state.switched_off_at is not None or not is_under_floor(found, state.floor):
        return False
    state.switched_off_at, state.because = now, words_of(found, state.floor)
    _remember(session, state, on=False, because=state.because, now=now, account_id=None)
    _tell(session, state, now)
    return True


def _remember(
    session: Session, state: EvidenceRuleState, *, on: bool, because: str, now: datetime, account_id: int | None
) -> None:
    values: dict[str, Any] = {"rule": state.rule, "version": state.version, "switched_on": on, "because": because}
    figures = {"decided": state.decided, "upheld": state.upheld}
    session.add(RuleSwitch(**values, **figures, account_id=account_id, happened_at=now))
    session.flush()


def _tell(session: Session, state: EvidenceRuleState, now: datetime) -> None:
    figures = {"decided": state.decided, "upheld": state.upheld}
    put_event(session, kind=RULE_SWITCHED_OFF, payload={"rule": state.rule, "version": state.version, **figures}, now=now)
    data = {"rule": "evidence_rule_off", "grid_code": state.rule, "orders": state.decided, "since": now.isoformat()}
    subject = f"evidence_rule_off/{state.rule}/{state.version}"
    put_notices(session, [Told("evidence_rule_off", queries.company_id(session), Role.ADMIN, subject, data)], now=now)
