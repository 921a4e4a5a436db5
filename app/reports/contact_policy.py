"""The contact policy as people read it: its rules as JSON and in words."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns.policy import queries
from app.campaigns.policy.as_json import rules_as_json
from app.campaigns.policy.queries import PolicyVersion
from app.campaigns.policy.words import words_of
from app.core import clock


@dataclass(frozen=True)
class RuleView:
    """One rule as JSON holds it, and what it means."""

    rule: dict[str, Any]
    zh: str
    en: str


@dataclass(frozen=True)
class PolicyView:
    """A version. Number 0 is what is built in; approver and approved_at are None while it waits for another person."""

    number: int
    effective_from: date | None
    author: str | None
    note: str
    proposed_at: datetime | None
    approver: str | None
    approved_at: datetime | None
    rules: list[RuleView]


@dataclass(frozen=True)
class PolicyNow:
    """What is in force, and the versions that are to come: approved for a later day, or waiting for approval."""

    in_force: PolicyView
    to_come: list[PolicyView]


def policy_now(session: Session, *, now: datetime) -> PolicyNow:
    """The policy of today, and what may follow it."""
    in_force = queries.policy_in_force(session, day=clock.local_date(now))
    later = [version for version in queries.policy_history(session) if version.number > in_force.number]
    return PolicyNow(policy_view(in_force), [policy_view(version) for version in reversed(later)])


def policy_versions(session: Session) -> list[PolicyView]:
    """Every version, newest first."""
    return [policy_view(version) for version in queries.policy_history(session)]


def policy_view(version: PolicyVersion) -> PolicyView:
    """One version for people."""
    views = [RuleView(entry, *words_of(rule)) for rule, entry in zip(version.rules, rules_as_json(version.rules), strict=True)]
    return PolicyView(
        number=version.number,
        effective_from=version.effective_from,
        author=version.author,
        note=version.note,
        proposed_at=version.proposed_at,
        approver=version.approver,
        approved_at=version.approved_at,
        rules=views,
    )
