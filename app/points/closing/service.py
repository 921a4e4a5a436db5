"""Closing a month as people do it: looked at first, and closed where nothing blocks or somebody says why all the same."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.security import Principal
from app.models.close import CarriedKind, CarriedOver, MonthOverride
from app.models.organisation import Role
from app.points import statement_queries
from app.points.closing import queries as close_queries
from app.points.closing.checks import CHECKS, Facts, Finding, look, unmet
from app.points.closing.close import close_month, open_to_close
from app.points.closing.queries import SaidSo
from app.points.plans.in_force import find_plans


class MonthBlocked(Conflict):
    """Something keeps this month open: see its checks."""

    code = "month.blocked"


class NothingUndecided(NotFound):
    """There is no such undecided dispute or review here."""

    code = "carried.unknown"


class MayNotOverride(Forbidden):
    """Only an administrator, by name, closes a month although a check is not met."""

    code = "month.may_not_override"


@dataclass(frozen=True)
class Despite:
    """A check that is passed over, and why."""

    check: str
    reason: str


@dataclass(frozen=True)
class MonthChecks:
    """The checks of a month as of `as_of`; `overrides`: what it was closed despite, if it is closed."""

    month: Month
    as_of: datetime
    closed_at: datetime | None
    findings: list[Finding]
    overrides: Sequence[SaidSo]

    @property
    def may_close(self) -> bool:
        """Whether nothing keeps the month open, as far as the checks say."""
        return self.closed_at is None and self.as_of >= self.month.ends_at and not unmet(self.findings, ())


def check_month(session: Session, *, month: Month, now: datetime) -> MonthChecks:
    """Every check of a month with its figures, and what it was closed despite; changes nothing."""
    closed_at = statement_queries.find_closed_at(session, month)
    return MonthChecks(month, now, closed_at, look(_facts(session, month)), close_queries.overrides_of(session, month))


def close_checked(
    session: Session, *, month: Month, now: datetime, by: Principal | None, despite: Collection[Despite] = ()
) -> dict[str, Any]:
    """Close a month of which every blocking check is met or passed over, by name and with a reason; that stays with the month.

    `by`: who closes; None for an operator, who passes over nothing. Raises MonthBlocked with what blocks, MayNotOverride,
    Invalid, and what close_month raises.
    """
    open_to_close(session, month=month, now=now)
    findings = look(_facts(session, month))
    reasons = _reasons(findings, despite)
    if blocking := unmet(findings, reasons):
        named = ", ".join(one.check.code for one in blocking)
        raise MonthBlocked(f"The month {month} stays open: {named}.", checks=[one.check.code for one in blocking])
    if reasons:
        _keep(session, month, reasons, findings, _overrider(by), now)
    account_id = None if by is None else by.account_id
    closed = close_month(session, month=month, now=now, account_id=account_id)
    return closed | {"despite": len(reasons)}


def carry_over(session: Session, *, kind: CarriedKind, ref: str, reason: str, by: Principal, now: datetime) -> CarriedOver:
    """Say that an undecided dispute or review need not keep its month open, and why; said once.

    Raises Invalid, NothingUndecided, also for one that is elsewhere or was carried over before.
    """
    if not reason.strip():
        raise Invalid("reason", "why it may wait")
    found = close_queries.find_undecided(session, kind, ref, grid_ids=by.grid_ids)
    if found is None:
        raise NothingUndecided
    values = {"kind": kind, "ref": ref, "month": found.month, "grid_id": found.grid_id, "reason": reason}
    statement = upsert(CarriedOver).values(values | {"account_id": by.account_id, "carried_at": now})
    made: CarriedOver | None = session.scalar(statement.on_conflict_do_nothing().returning(CarriedOver))
    if made is None:
        raise NothingUndecided
    return made


def _facts(session: Session, month: Month) -> Facts:
    managers, without = close_queries.fed_managers(session, month)
    reviews, disputes = close_queries.open_reviews(session, month), close_queries.open_disputes(session, month)
    as_it_is, held = close_queries.set_aside(session, month)
    return Facts(
        calls_missing=close_queries.calls_missing(session, month),
        orders_missing=close_queries.orders_missing(session, month),
        managers=managers,
        managers_without_points=without,
        reviews_open=reviews.waiting,
        reviews_carried=reviews.carried,
        disputes_open=disputes.waiting,
        disputes_carried=disputes.carried,
        reports_held=held,
        reports_set_aside=as_it_is,
        returns_undecided=close_queries.undecided_returns(session, month),
        back_checks_unanswered=close_queries.unanswered_back_checks(session, month),
        has_plan=find_plans(session, month) is not None,
    )


def _reasons(findings: Collection[Finding], despite: Collection[Despite]) -> dict[str, str]:
    """Why each named check is passed over; each must be one that blocks now."""
    blocking = [one.check.code for one in unmet(findings, ())]
    for one in despite:
        if one.check not in CHECKS:
            raise Invalid("despite", f"one of {', '.join(CHECKS)}, not {one.check}")
        if one.check not in blocking:
            raise Invalid(
                "despite", f"a check that keeps the month open ({', '.join(blocking) or 'there is none'}), not {one.check}"
            )
        if not one.reason.strip():
            raise Invalid("because", f"why {one.check} is passed over")
    return {one.check: one.reason for one in despite}


def _overrider(by: Principal | None) -> int:
    if by is None or by.role != Role.ADMIN:
        raise MayNotOverride
    return by.account_id


def _keep(
    session: Session, month: Month, reasons: Mapping[str, str], findings: Collection[Finding], account_id: int, now: datetime
) -> None:
    figures = {one.check.code: dict(one.figures) for one in findings}
    rows = [
        {"month": month, "check_code": code, "reason": reason, "figures": figures[code], "account_id": account_id}
        | {"overridden_at": now}
        for code, reason in reasons.items()
    ]
    session.execute(insert(MonthOverride), rows)
