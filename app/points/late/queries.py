"""Reads behind adjustments: what of closed months is no longer what was paid."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Numeric, Text, and_, case, cast, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.models.dispute import PointsDispute
from app.models.feedback import ContactFeedback, Verdict
from app.models.points import BasePoints, Component, EntryKind, PointsEntry, PointsEvidence, PointsMonth
from app.models.work_order import WorkOrder
from app.points.credit_queries import credits_of
from app.points.figures import LEFT_OUT
from app.points.late.steps import NO_PART
from app.points.queries import judged_weight
from app.verification.queries import standing_verdict


class Change(NamedTuple):
    """A work order that counts differently for a manager now. `entry_id` is the manager's original line, `order_id` the order
    that made the sale, `score` the probability frozen on the work order."""

    entry_id: int
    work_order_id: int
    counted_before: str
    share_before: Decimal
    counted_now: str
    share_now: Decimal
    order_id: int | None
    order_no: str | None
    score: Decimal


class VerdictChange(NamedTuple):
    """A feedback of a closed month that is judged otherwise now."""

    entry_id: int
    work_order_id: int
    feedback_id: UUID
    verification_id: int
    verdict_before: str
    weight_before: Decimal
    verdict_now: str
    weight_now: Decimal


class BasePointsChange(NamedTuple):
    """A manager whose existing scheme's sum of a closed month is another now."""

    entry_id: int
    before: Decimal
    now: Decimal


def _standing_evidence(component: Component, since: Month, *only: ColumnElement[bool]) -> CTE:
    """The latest evidence of each work order or feedback behind the lines of closed months, adjustments included; `only`: the
    evidence for which these conditions hold."""
    entry, root = aliased(PointsEntry), aliased(PointsEntry)
    evidence = PointsEvidence
    thing = func.coalesce(cast(evidence.feedback_id, Text), cast(evidence.work_order_id, Text))
    # Before credit could be shared, what was left out was kept with weight 0.
    share = case((and_(evidence.counted == LEFT_OUT, evidence.weight == 0), literal(1, Numeric)), else_=evidence.weight)
    return (
        select(
            root.id.label("entry_id"),
            root.staff_id,
            root.month,
            evidence.work_order_id,
            evidence.feedback_id,
            evidence.verification_id,
            evidence.counted,
            share.label("share"),
        )
        .join(entry, entry.id == evidence.entry_id)
        .join(root, root.id == func.coalesce(entry.refers_to_id, entry.id))
        .join(PointsMonth, PointsMonth.month == root.month)
        .where(PointsMonth.closed_at.is_not(None), PointsMonth.month >= since)
        .where(root.component == component, root.kind == EntryKind.EARNED, *only)
        .ext(distinct_on(root.id, thing))
        .order_by(root.id, thing, entry.id.desc(), evidence.id.desc())
        .cte("standing_evidence")
    )


def changed_outcomes(session: Session, since: Month) -> list[Change]:
    """Where the facts as they are now and the standing evidence of the closed months from `since` on differ, by entry and work
    order: billing, what the work order became (given back with reason, withdrawn), and who has what part in it.

    Who has a part now and no line of that month is left out: there is nothing to link to.
    """
    paid = _standing_evidence(Component.SUCCESS, since)
    months = select(paid.c.work_order_id, func.min(paid.c.month).label("month")).group_by(paid.c.work_order_id).cte("months")
    matured = WorkOrder.matures_at > since.starts_at, WorkOrder.id.in_(select(months.c.work_order_id))
    now = credits_of(*matured).cte("now")
    line = aliased(PointsEntry)
    mine = and_(line.component == Component.SUCCESS, line.kind == EntryKind.EARNED)
    people = select(paid.c.work_order_id, paid.c.entry_id, paid.c.counted, paid.c.share).union_all(
        select(now.c.work_order_id, line.id, literal(NO_PART), literal(0, Numeric))
        .join(months, months.c.work_order_id == now.c.work_order_id)
        .join(line, and_(mine, line.month == months.c.month, line.staff_id == now.c.staff_id))
    )
    all_parts = people.subquery("all_parts")
    before = (
        select(all_parts)
        .ext(distinct_on(all_parts.c.entry_id, all_parts.c.work_order_id))
        .order_by(all_parts.c.entry_id, all_parts.c.work_order_id, all_parts.c.counted == NO_PART, all_parts.c.share.desc())
        .subquery("before")
    )
    counted_now, share_now = func.coalesce(now.c.counted, NO_PART), func.coalesce(now.c.share, 0)
    statement = (
        select(before.c.entry_id, before.c.work_order_id, before.c.counted, before.c.share, counted_now, share_now)
        .add_columns(now.c.order_id, now.c.order_no, cast(WorkOrder.score, Numeric))
        .join(line, line.id == before.c.entry_id)
        .join(WorkOrder, WorkOrder.id == before.c.work_order_id)
        .outerjoin(now, and_(now.c.work_order_id == before.c.work_order_id, now.c.staff_id == line.staff_id))
        .where((before.c.counted != counted_now) | (before.c.share != share_now))
        .order_by(before.c.entry_id, before.c.work_order_id)
    )
    return [Change._make(row) for row in session.execute(statement)]


def changed_verdicts(session: Session, since: Month, *, report: ContactFeedback | None = None) -> list[VerdictChange]:
    """Feedback of closed months from `since` on of which another verdict stands than was paid by, and says otherwise; with
    `report` whether that one is. A verdict that was given before the close and committed after it is another one too."""
    evidence = PointsEvidence
    only = () if report is None else (evidence.work_order_id == report.work_order_id, evidence.feedback_id == report.id)
    paid, standing = _standing_evidence(Component.ACCURACY, since, *only), standing_verdict()
    weight = judged_weight(standing)
    verdict = func.coalesce(standing.c.verdict, Verdict.UNVERIFIABLE)
    statement = (
        select(
            paid.c.entry_id,
            paid.c.work_order_id,
            paid.c.feedback_id,
            standing.c.id,
            paid.c.counted,
            paid.c.share,
            verdict,
            weight,
        )
        .join(ContactFeedback, ContactFeedback.id == paid.c.feedback_id)
        .join(standing, true())
        .where(standing.c.id.is_distinct_from(paid.c.verification_id))
        .where((paid.c.counted != verdict) | (paid.c.share != weight))
        .order_by(paid.c.entry_id, paid.c.feedback_id)
    )
    return [VerdictChange._make(row) for row in session.execute(statement)]


def changed_base_points(session: Session, since: Month) -> list[BasePointsChange]:
    """Lines of the existing scheme in closed months from `since` on whose sum is no longer what was paid."""
    line, later = aliased(PointsEntry), aliased(PointsEntry)
    steps = select(func.sum(_figure(later, "step"))).where(later.refers_to_id == line.id).correlate(line)
    fed = select(func.sum(BasePoints.points)).where(BasePoints.period == line.month, BasePoints.staff_id == line.staff_id)
    before = _figure(line, "value") + func.coalesce(steps.scalar_subquery(), 0)
    now = func.coalesce(fed.correlate(line).scalar_subquery(), 0)
    statement = (
        select(line.id, before, now)
        .join(PointsMonth, PointsMonth.month == line.month)
        .where(PointsMonth.closed_at.is_not(None), PointsMonth.month >= since)
        .where(line.component == Component.EXISTING_SCHEME, line.kind == EntryKind.EARNED, before != now)
        .order_by(line.id)
    )
    return [BasePointsChange._make(row) for row in session.execute(statement)]


class Settled(NamedTuple):
    """What an accepted dispute about one work order posted in points alone, to correct a line."""

    line_id: int
    work_order_id: int
    entry_id: int
    points: Decimal


def settled_in_points(session: Session, entry_ids: Collection[int]) -> list[Settled]:
    """Of these lines, and of the adjustments to them, what disputes about single work orders posted in points."""
    about = aliased(PointsEntry)
    line_id = func.coalesce(about.refers_to_id, about.id)
    statement = (
        select(line_id, PointsDispute.work_order_id, PointsEntry.id, PointsEntry.points)
        .join(PointsDispute, PointsDispute.id == PointsEntry.dispute_id)
        .join(about, about.id == PointsEntry.refers_to_id)
        .where(line_id.in_(entry_ids), PointsEntry.kind == EntryKind.ADJUSTMENT)
        .where(PointsDispute.work_order_id.is_not(None), PointsDispute.verdict.is_(None))
        .order_by(PointsEntry.id)
    )
    return [Settled._make(row) for row in session.execute(statement)]


def _figure(entry: type[PointsEntry], name: str) -> ColumnElement[Decimal]:
    return cast(entry.explanation["figures"][name].astext, Numeric)


def entries(session: Session, entry_ids: Collection[int]) -> Sequence[PointsEntry]:
    """These entries."""
    return session.scalars(select(PointsEntry).where(PointsEntry.id.in_(entry_ids)).order_by(PointsEntry.id)).all()


def adjustments_of(session: Session, entry_ids: Collection[int]) -> Sequence[PointsEntry]:
    """Adjustments to these entries so far that changed their figures: what became known late, and verdicts of upheld disputes.

    What a dispute posted in points alone, or a correction, is not among them (settled_in_points).
    """
    late = select(PointsEntry).where(PointsEntry.refers_to_id.in_(entry_ids), PointsEntry.kind == EntryKind.ADJUSTMENT)
    steps = or_(PointsEntry.dispute_id.is_(None), PointsEntry.explanation["figures"].has_key("confirmed_step"))
    return session.scalars(late.where(steps).order_by(PointsEntry.id)).all()
