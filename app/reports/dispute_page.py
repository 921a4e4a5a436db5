"""One dispute with all that whoever decides on it wants to see, on one page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.core.security import Principal
from app.models.attachment import Attachment
from app.models.close import CarriedKind, CarriedOver
from app.models.dispute import PointsDispute
from app.models.feedback import ContactFeedback, Verdict, Verification
from app.models.organisation import Account, Role
from app.models.points import Component, EntryKind
from app.points import statement_queries
from app.points.disputes.deciding import ways_of
from app.points.disputes.queries import UnknownDispute, accepted_before, find_dispute
from app.points.disputes.rules import DEFAULT_TERMS, DisputeTerms, Way
from app.points.explaining.queries import UnknownLine
from app.points.explaining.service import Explained
from app.points.statement_queries import UnknownManager
from app.reports.disputes import DisputeRow, find_dispute_row
from app.reports.line import line_of_manager
from app.reports.reviews import evidence_of
from app.verification.queries import is_current

MOST_REPORTS = 20


@dataclass(frozen=True)
class Attached:
    """A file that the manager named. `standing`: not_arrived, arriving, refused or kept."""

    id: str
    content_type: str | None
    standing: str


@dataclass(frozen=True)
class DisputeEvent:
    """What happened to a dispute: raised, told_branch, told_company, carried_over, proposed, accepted or rejected."""

    act: str
    at: datetime
    by: str | None = None
    role: Role | None = None
    reason: str | None = None
    points: Decimal | None = None


@dataclass(frozen=True)
class DisputeWhole:
    """`paid`: what the line read when it was disputed (None where there was none), `difference`: how much more is wanted, where
    that is a figure. `explained`: the line as it stands now. `evidence`: the reports behind it, as far as one sees them.

    `own`: nobody decides on their own. `proposed_by_me`: another person is needed. `accepted_before`: points up and down of the
    same person's month; with these above `second_above` two persons are needed.
    """

    dispute: DisputeRow
    paid: Decimal | None
    difference: Decimal | None
    month_closed_at: datetime | None
    explained: Explained | None
    evidence: list[dict[str, Any]]
    attached: list[Attached]
    events: list[DisputeEvent]
    ways: tuple[Way, ...]
    own: bool
    proposed_by_me: bool
    accepted_before: Decimal
    second_above: Decimal


def show_dispute(
    session: Session,
    *,
    dispute_id: UUID,
    principal: Principal,
    grid_ids: Collection[int],
    now: datetime,
    terms: DisputeTerms = DEFAULT_TERMS,
) -> DisputeWhole:
    """A dispute of these grids, whole. Raises UnknownDispute alike for one elsewhere."""
    found, row = find_dispute(session, dispute_id), find_dispute_row(session, dispute_id, grid_ids=grid_ids, now=now)
    if found is None or row is None:
        raise UnknownDispute
    paid = paid_then(found)
    wanted = found.expected_points if found.work_order_id is None else None
    return DisputeWhole(
        dispute=row,
        paid=paid,
        difference=None if paid is None or wanted is None else wanted - paid,
        month_closed_at=statement_queries.find_closed_at(session, found.month),
        explained=_find_line(session, row, grid_ids, now),
        evidence=evidence_of(session, _reports(session, found)),
        attached=_attached(session, found),
        events=_events(session, row),
        ways=ways_of(session, found),
        own=found.staff_id == principal.staff_id,
        proposed_by_me=found.proposed_by_staff_id is not None and found.proposed_by_staff_id == principal.staff_id,
        accepted_before=accepted_before(session, found),
        second_above=terms.second_above,
    )


def paid_then(dispute: PointsDispute) -> Decimal | None:
    """What the disputed line read when it was disputed: the entry that was named, else what its component earned."""
    lines = [line for line in dispute.shown["lines"] if dispute.entry_id or line["kind"] == EntryKind.EARNED.value]
    return Decimal(lines[0]["points"]) if lines else None


def _find_line(session: Session, row: DisputeRow, grid_ids: Collection[int], now: datetime) -> Explained | None:
    """The line as it is explained to who leads the manager; None where the manager went elsewhere, or there is none any more."""
    line = row.component.value if row.entry_id is None else str(row.entry_id)
    try:
        return line_of_manager(session, staff_no=row.staff_no, grid_ids=grid_ids, month=row.month, line=line, now=now)
    except (UnknownManager, UnknownLine):
        return None


def _reports(session: Session, found: PointsDispute) -> Sequence[UUID]:
    """The reports on the work order that is named, else, where accuracy is disputed, those that stand contradicted."""
    report, verdict = ContactFeedback, Verification
    mine = [report.staff_id == found.staff_id, report.month == found.month, is_current()]
    if found.work_order_id is not None:
        mine.append(report.work_order_id == found.work_order_id)
    elif found.component is Component.ACCURACY:
        latest = select(verdict.verdict).where(verdict.feedback_id == report.id).order_by(verdict.number.desc()).limit(1)
        mine.append(latest.scalar_subquery() == Verdict.CONTRADICTED)
    else:
        return []
    return session.scalars(select(report.id).where(*mine).order_by(report.received_at, report.id).limit(MOST_REPORTS)).all()


def _attached(session: Session, found: PointsDispute) -> list[Attached]:
    mine = Attachment.id.in_([UUID(one) for one in found.attachment_ids]), Attachment.staff_id == found.staff_id
    files = {str(one.id): one for one in session.scalars(select(Attachment).where(*mine).order_by(Attachment.id))}
    return [Attached(one, *_standing(files.get(one))) for one in found.attachment_ids]


def _standing(file: Attachment | None) -> tuple[str | None, str]:
    if file is None:
        return None, "not_arrived"
    if file.refused_because is not None:
        return file.content_type, "refused"
    return file.content_type, "kept" if file.kept_path is not None else "arriving"


def _events(session: Session, row: DisputeRow) -> list[DisputeEvent]:
    """What happened to it, in order."""
    events = [DisputeEvent("raised", row.raised_at, row.manager_name, None, row.reason, row.expected_points)]
    if row.told_branch_at is not None:
        events.append(DisputeEvent("told_branch", row.told_branch_at))
    if row.told_company_at is not None:
        events.append(DisputeEvent("told_company", row.told_company_at))
    events += [DisputeEvent("carried_over", at, by, None, reason) for at, by, reason in _carried_over(session, row.id)]
    if row.proposed_at is not None:
        proposed = row.proposed_by, row.proposed_by_role, row.proposed_reason, row.proposed_points
        events.append(DisputeEvent("proposed", row.proposed_at, *proposed))
    if row.decided_at is not None:
        decided = row.decided_by, row.decided_by_role, row.decision_reason, row.accepted_points
        events.append(DisputeEvent(row.status, row.decided_at, *decided))
    return sorted(events, key=lambda event: event.at)


def _carried_over(session: Session, dispute_id: UUID) -> Sequence[Row[datetime, str, str]]:
    """(when, by which login, why) it was left to wait beyond the close of its month."""
    carried = select(CarriedOver.carried_at, Account.login, CarriedOver.reason).join(
        Account, Account.id == CarriedOver.account_id
    )
    of_it = CarriedOver.kind == CarriedKind.DISPUTE, CarriedOver.ref == str(dispute_id)
    return session.execute(carried.where(*of_it).order_by(CarriedOver.carried_at)).all()
