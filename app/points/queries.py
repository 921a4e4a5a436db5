"""Reads behind points: what matured, what was judged, what was fed, and the entries of months."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, DateTime, Numeric, Row, and_, case, cast, func, or_, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.clock import Month
from app.core.db import seeing_ones_grids
from app.dispatch.by_hand.returns import LEAVES_DENOMINATOR
from app.feedback.outcomes import OUTCOMES
from app.models.campaign import Campaign, Product
from app.models.customer import Order
from app.models.feedback import ContactFeedback, Verdict
from app.models.organisation import Role, Staff
from app.models.points import BasePoints, PlanComponent, PointsEntry, PointsMonth, PointsPlan
from app.models.work_order import WorkOrder, WorkOrderState
from app.points.figures import FAILED, LEFT_OUT, SUCCEEDED, BasePointsFact, FeedbackFact, WorkOrderFact
from app.verification.queries import is_current, standing_verdict

SPOKEN = tuple(outcome.code for outcome in OUTCOMES.values() if outcome.spoke)


def find_plan(session: Session, month: Month) -> PointsPlan | None:
    """The plan in force in a month: the newest that took effect by then."""
    return session.scalar(
        select(PointsPlan).where(PointsPlan.effective_from <= month).order_by(PointsPlan.effective_from.desc()).limit(1)
    )


def plan_components(session: Session, plan_id: int) -> list[PlanComponent]:
    """The components of a plan."""
    return list(session.scalars(select(PlanComponent).where(PlanComponent.plan_id == plan_id).order_by(PlanComponent.component)))


def find_month(session: Session, month: Month) -> PointsMonth | None:
    """A month that has begun to collect entries."""
    return session.scalar(select(PointsMonth).where(PointsMonth.month == month).order_by(PointsMonth.month))


def lock_month(session: Session, month: Month) -> PointsMonth:
    """A month's row, locked: inserts into the month wait for us, and we for those that came first."""
    statement = select(PointsMonth).where(PointsMonth.month == month).order_by(PointsMonth.month).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def find_latest_closed(session: Session) -> Month | None:
    """The latest closed month."""
    return session.scalar(
        select(PointsMonth.month).where(PointsMonth.closed_at.is_not(None)).order_by(PointsMonth.month.desc()).limit(1)
    )


def find_open_before(session: Session, month: Month) -> Month | None:
    """The first month before this one that has entries and is not closed."""
    entries = select(PointsEntry.id).where(PointsEntry.month == PointsMonth.month).exists()
    return session.scalar(
        select(PointsMonth.month)
        .where(PointsMonth.month < month, PointsMonth.closed_at.is_(None), entries)
        .order_by(PointsMonth.month)
        .limit(1)
    )


def is_win() -> ColumnElement[bool]:
    """Condition on WorkOrder, Campaign, Order and Product: the order makes the work order a success (DESIGN section 5)."""
    last_day = cast(Campaign.ends_on + Campaign.attribution_days + 1, DateTime(timezone=False))
    return and_(
        Order.customer_id == WorkOrder.customer_id,
        Product.family == WorkOrder.product_family,
        Order.ordered_at >= WorkOrder.dispatched_at,
        Order.ordered_at < func.timezone(clock.zone().key, last_day),
        or_(Order.cancelled_at.is_(None), Order.cancelled_at > WorkOrder.matures_at),
    )


def counted(order_id: ColumnElement[int | None]) -> ColumnElement[str]:
    """How a WorkOrder counts as it stands: left out of the denominator, or by whether an order makes it a success."""
    excused = or_(*(WorkOrder.close_reason.startswith(prefix) for prefix in LEAVES_DENOMINATOR))
    returned = and_(WorkOrder.state == WorkOrderState.RETURNED, excused)
    left_out = or_(WorkOrder.state == WorkOrderState.WITHDRAWN, returned)
    return case((left_out, LEFT_OUT), (order_id.is_not(None), SUCCEEDED), else_=FAILED)


def credited() -> ColumnElement[int]:
    """Who a work order counts for: who last spoke with the customer about it, whoever has it now; if nobody did, who has it."""
    report = aliased(ContactFeedback)
    correction = aliased(ContactFeedback)
    spoken = (
        select(report.staff_id)
        .where(report.work_order_id == WorkOrder.id, report.outcome.in_(SPOKEN))
        .where(~select(correction.id).where(correction.corrects_id == report.id).exists())
        .order_by(report.contacted_at.desc(), report.id.desc())
        .limit(1)
    )
    return func.coalesce(spoken.scalar_subquery(), WorkOrder.staff_id)


def touched_by(staff_ids: Collection[int]) -> ColumnElement[bool]:
    """Condition on WorkOrder: these people have it or reported on it; no other can count for them."""
    own, report = aliased(WorkOrder), aliased(ContactFeedback)
    held = select(own.id).where(own.staff_id.in_(staff_ids))
    return WorkOrder.id.in_(held.union(select(report.work_order_id).where(report.staff_id.in_(staff_ids))))


def work_order_facts(
    session: Session, month: Month, *, now: datetime, staff_ids: Collection[int] | None = None
) -> list[WorkOrderFact]:
    """Work orders that matured in a month by now; `staff_ids` None means everybody's."""
    matured = [WorkOrder.matures_at > month.starts_at, WorkOrder.matures_at <= min(month.ends_at, now)]
    if staff_ids is not None:
        matured += [touched_by(staff_ids), credited().in_(staff_ids)]
    win = (
        select(WorkOrder.id.label("work_order_id"), Order.id.label("order_id"), Order.order_no)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Order, Order.customer_id == WorkOrder.customer_id)
        .join(Product, Product.id == Order.product_id)
        .where(is_win(), *matured)
        .ext(distinct_on(WorkOrder.id))
        .order_by(WorkOrder.id, Order.ordered_at, Order.id)
        .subquery("win")
    )
    statement = (
        select(
            WorkOrder.id.label("work_order_id"),
            credited().label("staff_id"),
            counted(win.c.order_id).label("counted"),
            win.c.order_id,
            win.c.order_no,
            cast(WorkOrder.score, Numeric).label("score"),
        )
        .outerjoin(win, win.c.work_order_id == WorkOrder.id)
        .where(*matured)
        .order_by(WorkOrder.id)
    )
    with seeing_ones_grids(session):
        return [WorkOrderFact._make(row) for row in session.execute(statement)]


def feedback_facts(session: Session, month: Month, *, staff_ids: Collection[int] | None = None) -> list[FeedbackFact]:
    """Current feedback received in a month with its standing verdict."""
    standing = standing_verdict()
    judged = standing.c.verdict.in_([Verdict.CONFIRMED, Verdict.CONTRADICTED])
    weight = func.round(cast(1 / standing.c.judging_probability, Numeric), 8)
    statement = (
        select(
            ContactFeedback.id.label("feedback_id"),
            ContactFeedback.work_order_id,
            ContactFeedback.staff_id,
            standing.c.id.label("verification_id"),
            standing.c.verdict,
            case((judged, weight), else_=0).label("weight"),
        )
        .outerjoin(standing, true())
        .where(ContactFeedback.month == month, is_current())
        .order_by(ContactFeedback.received_at, ContactFeedback.id)
    )
    if staff_ids is not None:
        statement = statement.where(ContactFeedback.staff_id.in_(staff_ids))
    return [FeedbackFact._make(row) for row in session.execute(statement)]


def base_points(session: Session, month: Month, *, staff_ids: Collection[int] | None = None) -> list[BasePointsFact]:
    """The existing scheme's lines of a month."""
    statement = select(BasePoints.staff_id, BasePoints.component, BasePoints.points).where(BasePoints.period == month)
    if staff_ids is not None:
        statement = statement.where(BasePoints.staff_id.in_(staff_ids))
    ordered = statement.order_by(BasePoints.staff_id, BasePoints.component)
    return [BasePointsFact._make(row) for row in session.execute(ordered)]


def is_paid(month: Month) -> ColumnElement[bool]:
    """Condition on Staff: a terminal manager who was active in a month or whom the existing scheme gave points."""
    fed = select(BasePoints.staff_id).where(BasePoints.staff_id == Staff.id, BasePoints.period == month).exists()
    last_day = month.next.first_day
    active = and_(Staff.active_from < last_day, or_(Staff.active_to.is_(None), Staff.active_to >= month.first_day))
    return and_(Staff.role == Role.TERMINAL_MANAGER, or_(active, fed))


def managers(session: Session, month: Month, also: Collection[int]) -> Sequence[Row[int, str, int]]:
    """Who has points in a month: (staff_id, staff_no, unit_id) of the paid and of those who worked in it (`also`)."""
    statement = select(Staff.id, Staff.staff_no, Staff.unit_id).where(or_(is_paid(month), Staff.id.in_(also)))
    return session.execute(statement.order_by(Staff.staff_no)).all()


def entries_of(session: Session, month: Month) -> Sequence[Row[PointsEntry, str]]:
    """All entries of a month with the staff number."""
    statement = select(PointsEntry, Staff.staff_no).join(Staff, Staff.id == PointsEntry.staff_id)
    return session.execute(statement.where(PointsEntry.month == month).order_by(Staff.staff_no, PointsEntry.id)).all()
