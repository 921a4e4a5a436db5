"""What the work orders of a campaign add to which day: reads of the tables that say what happened."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Numeric,
    Select,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.selectable import FromClause

from app.core import clock
from app.figures.measures import CLASSES, COUNTS, MEASURES
from app.models.campaign import Product
from app.models.customer import Order
from app.models.feedback import ContactFeedback, Verdict
from app.models.work_order import WorkOrder, WorkOrderState
from app.points.credit_queries import SPOKEN, credits_of
from app.points.figures import LEFT_OUT, SUCCEEDED
from app.points.queries import judged_weight
from app.verification.queries import is_current, standing_verdict

Facts = Select[Any]
_AN_INSTANT: ColumnElement[Any] = literal_column("interval '1 microsecond'")
CLOSED = {
    "done": WorkOrderState.DONE,
    "returned": WorkOrderState.RETURNED,
    "expired": WorkOrderState.EXPIRED,
    "withdrawn": WorkOrderState.WITHDRAWN,
}


def daily_facts(campaign_id: int, grid_ids: Sequence[int] | None) -> Facts:
    """Every row of DailyFigures that a campaign has in these grids (None: in all of them): its keys and all measures.

    A pure function of what is stored, without the time of day: what is still to come, such as maturity, stands on its day.
    """
    chosen = [WorkOrder.campaign_id == campaign_id]
    if grid_ids is not None:
        chosen.append(WorkOrder.grid_id.in_(grid_ids))
    parts = (_dispatches(chosen), _releases(chosen), _reports(chosen), _ends(chosen), _last_days(chosen))
    facts = union_all(*parts, *_credits(chosen)).subquery("facts")
    keys = (facts.c.day, facts.c.grid_id, facts.c.staff_id)
    sums = [func.sum(facts.c[name]).label(name) for name in MEASURES]
    return select(*keys, literal(campaign_id, Integer).label("campaign_id"), *sums).group_by(*keys)


def local_day(instant: Any) -> ColumnElement[Any]:
    """The local day of an instant."""
    return cast(func.timezone(clock.zone().key, instant), Date)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def _added(
    day: Any, grid: Any, staff: Any, measures: Mapping[str, ColumnElement[Any]], source: FromClause | None = None
) -> Facts:
    """One part of the facts: these measures summed by day, grid and manager, nothing of the others."""
    columns = [
        measures[name].label(name) if name in measures else literal(0, Integer if name in COUNTS else Numeric).label(name)
        for name in MEASURES
    ]
    statement = select(day.label("day"), grid.label("grid_id"), staff.label("staff_id"), *columns)
    return (statement if source is None else statement.select_from(source)).group_by(day, grid, staff)


def _of_orders(day: Any, chosen: Sequence[ColumnElement[bool]], measures: Mapping[str, ColumnElement[Any]]) -> Facts:
    return _added(day, WorkOrder.grid_id, WorkOrder.staff_id, measures).where(*chosen)


def _dispatches(chosen: Sequence[ColumnElement[bool]]) -> Facts:
    measures = {"dispatched": func.count(), "promised": func.sum(cast(WorkOrder.score, Numeric))}
    return _of_orders(local_day(WorkOrder.dispatched_at), chosen, measures)


def _releases(chosen: Sequence[ColumnElement[bool]]) -> Facts:
    conditions = [*chosen, WorkOrder.state != WorkOrderState.PLANNED]
    return _of_orders(WorkOrder.scheduled_on, conditions, {"released": func.count()})


def _ends(chosen: Sequence[ColumnElement[bool]]) -> Facts:
    taken = func.sum(func.extract("epoch", WorkOrder.closed_at - WorkOrder.dispatched_at))
    measures = {name: _count(WorkOrder.state == state) for name, state in CLOSED.items()}
    seconds = cast(func.coalesce(taken.filter(WorkOrder.state == WorkOrderState.DONE), 0), Integer)
    conditions = [*chosen, WorkOrder.closed_at.is_not(None), WorkOrder.state.in_(CLOSED.values())]
    return _of_orders(local_day(WorkOrder.closed_at), conditions, measures | {"done_seconds": seconds})


def _last_days(chosen: Sequence[ColumnElement[bool]]) -> Facts:
    met = (local_day(WorkOrder.closed_at) <= WorkOrder.due_on) & (WorkOrder.state != WorkOrderState.EXPIRED)
    return _of_orders(WorkOrder.due_on, chosen, {"due": func.count(), "due_met": _count(met)})


def _reports(chosen: Sequence[ColumnElement[bool]]) -> Facts:
    """Reports that nothing corrects, with their standing verdicts, on the day they came."""
    report = _current_reports(chosen)
    weight, counts = report.c.weight, report.c.verdict == Verdict.CONFIRMED
    measures: dict[str, ColumnElement[Any]] = {
        "reports": func.count(),
        "contacted": _count(report.c.place == 1),
        "reached": _count(report.c.was_reached & (report.c.place_reached == 1)),
        "cost": func.sum(report.c.cost),
        **{name: _count(report.c.outcome.in_(outcomes)) for name, outcomes in CLASSES.items()},
        **{verdict.value: _count(report.c.verdict == verdict) for verdict in Verdict},
        "truthful_weight": func.coalesce(func.sum(weight).filter(counts), 0),
        "judged_weight": func.sum(weight),
        "truthful_squares": func.coalesce(func.sum(weight * weight).filter(counts), 0),
        "judged_squares": func.sum(weight * weight),
    }
    return _added(local_day(report.c.received_at), report.c.grid_id, report.c.staff_id, measures, report)


def _current_reports(chosen: Sequence[ColumnElement[bool]]) -> FromClause:
    standing = standing_verdict()
    reached = func.coalesce(ContactFeedback.reached, ContactFeedback.outcome.in_(SPOKEN))
    in_time = (ContactFeedback.received_at, ContactFeedback.id)
    order = ContactFeedback.work_order_id
    return (
        select(
            WorkOrder.grid_id,
            ContactFeedback.staff_id,
            ContactFeedback.received_at,
            ContactFeedback.outcome,
            reached.label("was_reached"),
            func.row_number().over(partition_by=order, order_by=in_time).label("place"),
            func.row_number().over(partition_by=(order, reached), order_by=in_time).label("place_reached"),
            func.coalesce(Product.contact_cost, literal(0, Numeric)).label("cost"),
            standing.c.verdict,
            judged_weight(standing).label("weight"),
        )
        .join(WorkOrder, WorkOrder.id == order)
        .join(Product, Product.id == WorkOrder.product_id)
        .outerjoin(standing, true())
        .where(is_current(), *chosen)
        .subquery("report")
    )


def _credits(chosen: Sequence[ColumnElement[bool]]) -> tuple[Facts, Facts]:
    """Who has what part in which sale and which maturity (app.points.credit); the last instant of a day belongs to that day."""
    part = credits_of(*chosen).cte("part")
    of = part.join(WorkOrder, WorkOrder.id == part.c.work_order_id)
    won = part.c.counted == SUCCEEDED
    measures = {
        "matured": _share(part, or_(won, part.c.counted != LEFT_OUT)),
        "successes": _share(part, won),
        "left_out": _share(part, part.c.counted == LEFT_OUT),
        "expected": _share(part, part.c.counted != LEFT_OUT, part.c.score),
        "value": _share(part, won, func.coalesce(WorkOrder.value, 0)),
        "revenue": _share(part, won, func.coalesce(Order.amount, 0)),
    }
    matures = local_day(WorkOrder.matures_at - _AN_INSTANT)
    with_sale = of.outerjoin(Order, Order.id == part.c.order_id)
    sold = _added(local_day(part.c.sold_at), WorkOrder.grid_id, part.c.staff_id, {"sold": func.sum(part.c.share)}, of)
    return _added(matures, WorkOrder.grid_id, part.c.staff_id, measures, with_sale), sold.where(part.c.order_id.is_not(None))


def _share(part: FromClause, condition: ColumnElement[bool], worth: Any = 1) -> ColumnElement[Any]:
    return func.sum(case((condition, part.c.share * worth), else_=literal(0, Numeric)))
