"""A manager's day: today's work in the order that is recommended, and a walking order of its visits. Offered, never forced."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.core import clock
from app.core.security import Principal
from app.dispatch.days.today import Because, Task, recommend
from app.dispatch.days.walking import Leg, Stop, walk
from app.models.campaign import Campaign
from app.models.customer import ContactPreference, Customer, PreferenceStatus
from app.models.feedback import ContactFeedback
from app.models.work_order import WorkOrder, WorkOrderState

_MOST = 500  # of one list: as many as a page of a pull


@dataclass(frozen=True)
class DayItem:
    """A work order of today, and why it comes where it does."""

    work_order_id: int
    because: Because
    callback_at: datetime | None
    due_on: date


@dataclass(frozen=True)
class Day:
    """Today's work as recommended; and the visits among it in walking order, as far as their places are known."""

    day: date
    recommended: list[DayItem]
    walk: list[Leg]


@dataclass(frozen=True)
class _Found:
    task: Task
    stop: Stop | None


def day_of(session: Session, *, principal: Principal, start: tuple[float, float] | None, now: datetime) -> Day:
    """What this manager's phone holds for today or before, in order. `start`: where the walk begins, else at the first visit."""
    today = clock.local_date(now)
    found = {one.task.work_order_id: one for one in _tasks(session, principal, today)}
    ordered = recommend((one.task for one in found.values()), today=today)
    stops = [stop for task, _ in ordered if (stop := found[task.work_order_id].stop) is not None]
    items = [DayItem(task.work_order_id, because, task.callback_at, task.due_on) for task, because in ordered]
    return Day(today, items, walk(stops, start))


def _tasks(session: Session, principal: Principal, today: date) -> list[_Found]:
    correction = aliased(ContactFeedback)
    newest = (
        select(ContactFeedback.callback_at)
        .where(
            ContactFeedback.work_order_id == WorkOrder.id,
            ContactFeedback.staff_id == WorkOrder.staff_id,
            ~exists().where(correction.corrects_id == ContactFeedback.id),
        )
        .order_by(ContactFeedback.received_at.desc(), ContactFeedback.contacted_at.desc(), ContactFeedback.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    refused = exists().where(
        ContactPreference.customer_id == WorkOrder.customer_id,
        ContactPreference.status == PreferenceStatus.REFUSED,
        or_(ContactPreference.until.is_(None), ContactPreference.until >= today),
        ContactPreference.scope.in_(["all", Campaign.channel, WorkOrder.product_family]),
    )
    statement = (
        select(WorkOrder.id, WorkOrder.due_on, WorkOrder.score, newest, Campaign.channel, Customer.latitude, Customer.longitude)
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .where(
            WorkOrder.staff_id == principal.staff_id,
            WorkOrder.state.in_([WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS]),
            WorkOrder.scheduled_on <= today,
            ~refused,
        )
        .order_by(WorkOrder.score.desc(), WorkOrder.id)
        .limit(_MOST)
    )
    return [
        _Found(
            Task(id_, due_on, float(worth), back, None if back is None else clock.local_date(back)),
            Stop(id_, latitude, longitude) if channel == "visit" and latitude is not None and longitude is not None else None,
        )
        for id_, due_on, worth, back, channel, latitude, longitude in session.execute(statement)
    ]
