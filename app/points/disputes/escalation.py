"""Telling the branch manager, then the company, of disputes that passed their last day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns.policy.queries import holidays
from app.core import clock
from app.models.organisation import Role
from app.notices.inbox import Told, put_notices, settle_notices
from app.notices.outbox import put_event
from app.points.disputes import queries as dispute_queries
from app.points.disputes.queries import Undecided
from app.points.disputes.rules import DEFAULT_TERMS, DisputeTerms, Overdue, last_looked_at, overdue_for

KIND = "disputes"


@dataclass(frozen=True)
class _Group:
    """The overdue disputes of a grid that concern one level."""

    level: Overdue
    grid_id: int
    disputes: tuple[Undecided, ...]

    @property
    def subject(self) -> str:
        return f"{KIND}/{self.level.value}/{self.grid_id}"


def escalate_disputes(session: Session, *, now: datetime, terms: DisputeTerms = DEFAULT_TERMS) -> dict[str, int]:
    """Tell of overdue disputes, each once for each level, those of a grid in one notice; resolve what was decided.

    Returns {overdue, to_branch, to_company, resolved}: disputes, and notices that are resolved.
    """
    today = clock.local_date(now)
    overdue = dispute_queries.lock_overdue(session, today)
    first = min((one.dispute.due_on or today for one in overdue), default=today)
    days = holidays(session, first=first, last=last_looked_at(today, terms))
    levels = {one.dispute.id: overdue_for(one.dispute.due_on or today, today, terms, days) for one in overdue}
    company = [one for one in overdue if levels[one.dispute.id] is Overdue.COMPANY]
    groups = [*_grouped(Overdue.BRANCH, overdue), *_grouped(Overdue.COMPANY, company)]
    told = {level: _tell(session, level, groups, now) for level in (Overdue.BRANCH, Overdue.COMPANY)}
    session.flush()
    resolved = _settle(session, {group.subject: len(group.disputes) for group in groups}, now)
    counts = {"to_branch": told[Overdue.BRANCH], "to_company": told[Overdue.COMPANY]}
    return {"overdue": len(overdue)} | counts | {"resolved": resolved}


def _grouped(level: Overdue, found: Sequence[Undecided]) -> list[_Group]:
    grids: defaultdict[int, list[Undecided]] = defaultdict(list)
    for one in found:
        grids[one.dispute.grid_id].append(one)
    return [_Group(level, grid_id, tuple(same)) for grid_id, same in sorted(grids.items())]


def _tell(session: Session, level: Overdue, groups: list[_Group], now: datetime) -> int:
    """Raise the notice of each grid in which something is new at this level; how many disputes are."""
    column = "told_branch_at" if level is Overdue.BRANCH else "told_company_at"
    new = {
        group: [one for one in group.disputes if getattr(one.dispute, column) is None] for group in groups if group.level is level
    }
    new = {group: fresh for group, fresh in new.items() if fresh}
    put_notices(session, [_told(session, group) for group in new], now=now)
    for group, fresh in new.items():
        unit_code = group.disputes[0].branch_code if level is Overdue.BRANCH else dispute_queries.get_company(session)[1]
        payload = {"level": level.value, "unit_code": unit_code, "grid_code": group.disputes[0].grid_code, "disputes": len(fresh)}
        put_event(session, kind="disputes.overdue", payload=payload, now=now)
        for one in fresh:
            setattr(one.dispute, column, now)
    return sum(len(fresh) for fresh in new.values())


def _told(session: Session, group: _Group) -> Told:
    first, branch = group.disputes[0], group.level is Overdue.BRANCH
    data = {"level": group.level.value, "rule": "dispute_overdue", "grid_code": first.grid_code, "orders": len(group.disputes)}
    return Told(
        kind=KIND,
        unit_id=first.branch_id if branch else dispute_queries.get_company(session)[0],
        role=Role.BRANCH_MANAGER if branch else Role.ADMIN,
        subject=group.subject,
        data=data | {"since": str(first.dispute.due_on)},
    )


def _settle(session: Session, left: Mapping[str, int], now: datetime) -> int:
    """Keep each notice's count true; those with nothing left are resolved."""
    counts = {notice_id: left.get(subject, 0) for notice_id, subject in dispute_queries.open_notices(session, KIND).items()}
    return len(settle_notices(session, counts=counts, now=now))
