"""Reads of the contact policy, and its terms as parameters of `sets.py`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.campaigns.policy.as_json import read_rules
from app.campaigns.policy.default import DEFAULT_RULES
from app.campaigns.policy.rules import Rule, quiet_days
from app.campaigns.policy.terms import Terms, terms_of
from app.core import clock
from app.core.errors import NotFound
from app.models.organisation import Holiday
from app.models.policy import ContactPolicy, ContactPolicyApproval

_NEVER = date(2999, 1, 1)


class UnknownPolicy(NotFound):
    """There is no contact policy with this number."""

    code = "contact_policy.unknown"


@dataclass(frozen=True)
class PolicyVersion:
    """A version of the policy. Number 0 is what is built in; approver and approved_at are None while it waits."""

    number: int
    rules: tuple[Rule, ...]
    effective_from: date | None
    author: str | None
    note: str
    proposed_at: datetime | None
    approver: str | None
    approved_at: datetime | None


BUILT_IN = PolicyVersion(0, DEFAULT_RULES, None, None, "built in", None, None, None)


def policy_in_force(session: Session, *, day: date) -> PolicyVersion:
    """The policy of a day: the highest of the approved versions that have begun, else what is built in."""
    found = session.execute(
        _versions()
        .where(ContactPolicyApproval.approver.is_not(None), ContactPolicy.effective_from <= day)
        .order_by(ContactPolicy.number.desc())
        .limit(1)
    ).one_or_none()
    return BUILT_IN if found is None else _version(*found)


def policy_history(session: Session) -> list[PolicyVersion]:
    """Every version, newest first, those that wait for approval too."""
    return [_version(*row) for row in session.execute(_versions().order_by(ContactPolicy.number.desc()))]


def get_policy(session: Session, number: int) -> PolicyVersion:
    """One version; raises UnknownPolicy."""
    found = session.execute(_versions().where(ContactPolicy.number == number)).one_or_none()
    if found is None:
        raise UnknownPolicy(f"number: there is no contact policy {number}")
    return _version(*found)


def last_number(session: Session, *, approved: bool = False) -> int:
    """The highest number given out, or approved; 0 where there is none."""
    column = ContactPolicyApproval.number if approved else ContactPolicy.number
    return session.scalars(select(func.coalesce(func.max(column), 0))).one()


def policy_terms(session: Session, *, channel: str, family: str, first: date, last: date, keeps: bool) -> Terms:
    """What the policy in force on `first` asks of a contact on some day from `first` to `last`; `keeps` as in `terms_of`."""
    rules, days = policy_in_force(session, day=first).rules, holidays(session, first=first, last=last)
    return terms_of(rules, channel=channel, family=family, first=first, last=last, keeps=keeps, holidays=days)


def holidays(session: Session, *, first: date, last: date) -> frozenset[date]:
    """The company's holidays from `first` to `last`."""
    return frozenset(session.scalars(select(Holiday.day).where(Holiday.day.between(first, last)).order_by(Holiday.day)))


def quiet_between(session: Session, *, channels: Collection[str], first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which the policy in force on `first` allows no contact by one of these channels."""
    rules, days = policy_in_force(session, day=first).rules, holidays(session, first=first, last=last)
    found = (quiet_days(rules, channel=channel, first=first, last=last, holidays=days) for channel in channels)
    return sorted(frozenset[date]().union(*found))


def term_parameters(terms: Terms) -> dict[str, Any]:
    """The parameters of `sets.py`. A local day becomes the instant at which it begins."""
    return {
        "window_nth": [term.nth for term in terms.windows],
        "window_most": [term.most for term in terms.windows],
        "window_since": [clock.start_of_day(term.since) for term in terms.windows],
        "window_from": [term.since for term in terms.windows],
        "window_until": [term.until for term in terms.windows],
        "window_channel": [term.channel for term in terms.windows],
        "window_family": [term.family for term in terms.windows],
        "window_earliest": _earliest([term.since for term in terms.windows]),
        "refusal_nth": [term.nth for term in terms.refusals],
        "refusal_since": [clock.start_of_day(term.since) for term in terms.refusals],
        "refusal_family": [term.family for term in terms.refusals],
        "refusal_outcome": [term.outcome for term in terms.refusals],
        "refusal_objection": [term.objection for term in terms.refusals],
        "refusal_earliest": _earliest([term.since for term in terms.refusals]),
        "success_nth": [term.nth for term in terms.successes],
        "success_since": [clock.start_of_day(term.since) for term in terms.successes],
        "success_family": [term.family for term in terms.successes],
        "success_earliest": _earliest([term.since for term in terms.successes]),
        "complaint_nth": [term.nth for term in terms.complaints],
        "complaint_since": [clock.start_of_day(term.since) for term in terms.complaints],
        "complaint_topic": [term.topic for term in terms.complaints],
        "complaint_earliest": _earliest([term.since for term in terms.complaints]),
        "quiet": terms.quiet,
    }


def _earliest(days: Sequence[date]) -> datetime:
    return clock.start_of_day(min(days, default=_NEVER))


def _versions() -> Select[*tuple[Any, ...]]:
    columns = (
        ContactPolicy.number,
        ContactPolicy.rules,
        ContactPolicy.effective_from,
        ContactPolicy.author,
        ContactPolicy.note,
        ContactPolicy.proposed_at,
        ContactPolicyApproval.approver,
        ContactPolicyApproval.approved_at,
    )
    return select(*columns).outerjoin(ContactPolicyApproval, ContactPolicyApproval.number == ContactPolicy.number)


def _version(number: int, rules: list[dict[str, Any]], *rest: Any) -> PolicyVersion:
    return PolicyVersion(number, read_rules(rules), *rest)
