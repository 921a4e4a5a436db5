"""Reads behind reviews."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.models.evidence import CaseDecision, EvidenceRuleState, ReviewCase
from app.models.organisation import Account, Unit, UnitKind
from app.models.review import RuleSwitch


class UnknownCase(NotFound):
    """There is no such case here, or it is not in your grids."""

    code = "review.unknown"


class UnknownRule(NotFound):
    """No case was decided by such a rule, and it was never switched."""

    code = "evidence_rule.unknown"


class Decided(NamedTuple):
    """How many cases of a rule were decided, and how many of them upheld by two persons."""

    decided: int
    upheld: int


def lock_case(session: Session, case_id: int, *, grid_ids: Collection[int]) -> ReviewCase:
    """A case of these grids, locked; raises UnknownCase."""
    found = session.scalar(
        select(ReviewCase)
        .where(ReviewCase.id == case_id, ReviewCase.grid_id.in_(grid_ids))
        .order_by(ReviewCase.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise UnknownCase
    return found


def find_staff_of(session: Session, account_id: int | None) -> int | None:
    """The person behind an account."""
    return session.scalar(select(Account.staff_id).where(Account.id == account_id).order_by(Account.id))


def decided_of(session: Session, rule: str, version: int, since: datetime | None) -> Decided:
    """Decisions on cases that name a rule, since an instant; one that waits for its second person does not count."""
    reason = [{"rule": rule, "version": version}]
    upheld = ReviewCase.decision == CaseDecision.UPHELD
    done = (ReviewCase.decision == CaseDecision.DISMISSED) | (upheld & ReviewCase.seconded_at.is_not(None))
    statement = select(func.count(), func.count().filter(upheld)).where(done, ReviewCase.reasons.contains(cast(reason, JSONB)))
    if since is not None:
        statement = statement.where(func.coalesce(ReviewCase.seconded_at, ReviewCase.decided_at) > since)
    return Decided._make(session.execute(statement).one())


def lock_state(session: Session, rule: str, version: int) -> EvidenceRuleState | None:
    """The state of a rule, locked."""
    return session.scalar(
        select(EvidenceRuleState)
        .where(EvidenceRuleState.rule == rule, EvidenceRuleState.version == version)
        .order_by(EvidenceRuleState.rule)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def find_last_switched_on(session: Session, rule: str, version: int) -> datetime | None:
    """When a person last switched a rule on."""
    return session.scalar(
        select(func.max(RuleSwitch.happened_at)).where(
            RuleSwitch.rule == rule, RuleSwitch.version == version, RuleSwitch.switched_on
        )
    )


def company_id(session: Session) -> int:
    """The company's unit."""
    return session.scalars(select(Unit.id).where(Unit.kind == UnitKind.COMPANY).order_by(Unit.id).limit(1)).one()
