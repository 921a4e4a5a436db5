"""Who has what part in which work order that matured: the table of `app.points.credit` in SQL, for a month at once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Select,
    and_,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.dispatch.by_hand.returns import LEAVES_DENOMINATOR
from app.feedback.outcomes import OUTCOMES
from app.models.campaign import Campaign, Product
from app.models.customer import Order
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrder, WorkOrderState
from app.points.credit import LAST_SHARE, WHOLE
from app.points.figures import FAILED, LEFT_OUT, SUCCEEDED
from app.verification.queries import is_current

SPOKEN = tuple(outcome.code for outcome in OUTCOMES.values() if outcome.spoke)


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


def matured_between(after: datetime, until: datetime) -> ColumnElement[bool]:
    """Condition on WorkOrder: it matured after the one instant, at the other at the latest."""
    return and_(WorkOrder.matures_at > after, WorkOrder.matures_at <= until)


def touched_ids(session: Session, staff_ids: Collection[int], *, after: datetime, until: datetime) -> list[int]:
    """The work orders that matured after the one instant, at the other at the latest, and that these people have or reported on;
    no other can have a part in them.

    Each is looked up by its key. Asked in one statement with the credits, the plan that PostgreSQL keeps for all values reads all
    work orders of all months.
    """
    values = {"staff": list(staff_ids), "after": after, "until": until}
    return list(session.scalars(_TOUCHED, values))


_TOUCHED = text("""
WITH touched AS MATERIALIZED (
    SELECT id FROM work_orders WHERE staff_id = ANY (:staff) AND matures_at > :after AND matures_at <= :until
    UNION SELECT work_order_id FROM contact_feedback WHERE staff_id = ANY (:staff)
)
SELECT w.id FROM touched t CROSS JOIN LATERAL (
    SELECT o.id FROM work_orders o WHERE o.id = t.id AND o.matures_at > :after AND o.matures_at <= :until OFFSET 0) w
ORDER BY w.id
""")


def one_of(ids: Collection[int]) -> ColumnElement[bool]:
    """Condition on WorkOrder: it is one of these; an array, so that the statement is the same however many there are."""
    return WorkOrder.id == any_(literal(list(ids), ARRAY(BigInteger)))


def waits_for(staff_id: int) -> ColumnElement[bool]:
    """Condition on WorkOrder: it would count for this person if it matured now without a sale."""
    report, correction = aliased(ContactFeedback), aliased(ContactFeedback)
    spoken = exists().where(
        report.work_order_id == WorkOrder.id,
        report.outcome.in_(SPOKEN),
        ~select(correction.id).where(correction.corrects_id == report.id).exists(),
    )
    return or_(spoken.where(report.staff_id == staff_id), and_(WorkOrder.staff_id == staff_id, ~spoken))


def credits_of(*matured: ColumnElement[bool]) -> Select[tuple[int, int, str, int | None, str | None, datetime, float, object]]:
    """The parts in the work orders for which these conditions on WorkOrder hold.

    Columns: work_order_id, staff_id, counted, order_id, order_no, sold_at, score, share; several rows for one work order where
    several have a part.
    """
    outcomes = _outcomes(*matured)
    parts = _parts(outcomes)
    return select(
        outcomes.c.work_order_id,
        func.coalesce(parts.c.staff_id, outcomes.c.holder, type_=Integer).label("staff_id"),
        outcomes.c.counted,
        outcomes.c.order_id,
        outcomes.c.order_no,
        outcomes.c.sold_at,
        outcomes.c.score,
        func.coalesce(parts.c.share, literal(WHOLE, Numeric)).label("share"),
    ).outerjoin(parts, parts.c.work_order_id == outcomes.c.work_order_id)


def _outcomes(*matured: ColumnElement[bool]) -> CTE:
    """Each work order once, with the first order that makes it a success and until when a talk counts."""
    win = (
        select(WorkOrder.id.label("work_order_id"), Order.id.label("order_id"), Order.order_no, Order.ordered_at)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Order, Order.customer_id == WorkOrder.customer_id)
        .join(Product, Product.id == Order.product_id)
        .where(is_win(), *matured)
        .ext(distinct_on(WorkOrder.id))
        .order_by(WorkOrder.id, Order.ordered_at, Order.id)
        .subquery("win")
    )
    return (
        select(
            WorkOrder.id.label("work_order_id"),
            WorkOrder.staff_id.label("holder"),
            counted(win.c.order_id).label("counted"),
            win.c.order_id,
            win.c.order_no,
            win.c.ordered_at.label("sold_at"),
            func.coalesce(win.c.ordered_at, WorkOrder.matures_at).label("until"),
            cast(WorkOrder.score, Numeric).label("score"),
        )
        .outerjoin(win, win.c.work_order_id == WorkOrder.id)
        .where(*matured)
        .cte("outcomes")
    )


def _parts(outcomes: CTE) -> CTE:
    """Who spoke with the customer in time, with their shares."""
    talks = (
        select(ContactFeedback.work_order_id, ContactFeedback.staff_id, func.max(ContactFeedback.contacted_at).label("last"))
        .join(outcomes, outcomes.c.work_order_id == ContactFeedback.work_order_id)
        .where(ContactFeedback.outcome.in_(SPOKEN), ContactFeedback.contacted_at <= outcomes.c.until, is_current())
        .group_by(ContactFeedback.work_order_id, ContactFeedback.staff_id)
        .subquery("talks")
    )
    order = talks.c.work_order_id
    placed = select(
        talks.c.work_order_id,
        talks.c.staff_id,
        func.row_number().over(partition_by=order, order_by=(talks.c.last.desc(), talks.c.staff_id)).label("place"),
        (func.count().over(partition_by=order) - 1).label("others"),
    ).subquery("placed")
    each = func.trunc(literal(WHOLE - LAST_SHARE, Numeric) / placed.c.others, 8)
    share = case(
        (placed.c.others == 0, literal(WHOLE, Numeric)),
        (placed.c.place == 1, WHOLE - each * placed.c.others),
        else_=each,
    )
    return select(placed.c.work_order_id, placed.c.staff_id, share.label("share")).cte("parts")
