"""A manager's day: today's work in the order that is recommended, and a walking order of its visits. Offered, never forced."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.campaigns.policy.queries import policy_in_force
from app.campaigns.policy.rules import QuietHours, quiet_hours
from app.core import clock
from app.core.db import seeing_ones_grids
from app.core.security import Principal
from app.devices.message_queries import unseen_messages
from app.dispatch.days.today import Because, Task, recommend
from app.dispatch.days.walking import Leg, Stop, by_nearest, walk
from app.dispatch.queries import MOST_PROMISING
from app.models.campaign import Campaign
from app.models.customer import ContactPreference, Customer, PreferenceStatus
from app.models.feedback import ContactFeedback
from app.models.live import ManagerMessage
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
    """Today's work as recommended; the visits among it in walking order; all of it by nearest from where one is (these two as far
    as places are known); the hours in which the contact policy allows no contact; and messages that were not seen."""

    day: date
    recommended: list[DayItem]
    walk: list[Leg]
    nearest: list[Leg]
    quiet: list[QuietHours]
    messages: list[ManagerMessage]


@dataclass(frozen=True)
class _Found:
    task: Task
    place: Stop | None
    visited: bool


def day_of(session: Session, *, principal: Principal, start: tuple[float, float] | None, now: datetime) -> Day:
    """What this manager's phone holds for today or before, in order. `start`: where one is, and the walk begins; without it the
    walk begins at the first visit, and nothing is nearest."""
    today = clock.local_date(now)
    found = {one.task.work_order_id: one for one in _tasks(session, principal, today)}
    ordered = recommend((one.task for one in found.values()), today=today)
    placed = [found[task.work_order_id] for task, _ in ordered]
    stops = [one.place for one in placed if one.place is not None and one.visited]
    places = [one.place for one in placed if one.place is not None]
    items = [DayItem(task.work_order_id, because, task.callback_at, task.due_on) for task, because in ordered]
    nearest = by_nearest(places, start) if start is not None else []
    quiet = quiet_hours(policy_in_force(session, day=today).rules, day=today)
    return Day(today, items, walk(stops, start), nearest, quiet, unseen_messages(session, principal.staff_id))


def _tasks(session: Session, principal: Principal, today: date) -> list[_Found]:
    correction = aliased(ContactFeedback)
    newest = (
        select(ContactFeedback.callback_at)
        .where(
            ContactFeedback.work_order_id == WorkOrder.id,
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
        select(
            WorkOrder.id,
            WorkOrder.due_on,
            WorkOrder.value,
            WorkOrder.score,
            newest,
            Campaign.channel,
            Customer.latitude,
            Customer.longitude,
        )
        .join(Campaign, Campaign.id == WorkOrder.campaign_id)
        .join(Customer, Customer.id == WorkOrder.customer_id)
        .where(
            WorkOrder.staff_id == principal.staff_id,
            WorkOrder.state.in_([WorkOrderState.OPEN, WorkOrderState.IN_PROGRESS]),
            WorkOrder.scheduled_on <= today,
            ~refused,
        )
        .order_by(*MOST_PROMISING)
        .limit(_MOST)
    )
    with seeing_ones_grids(session):  # what a colleague promised on an order that is mine now is mine to keep
        return [_found(*row) for row in session.execute(statement)]


def _found(
    id_: int,
    due_on: date,
    value: Decimal | None,
    score: float,
    back: datetime | None,
    channel: str,
    latitude: float | None,
    longitude: float | None,
) -> _Found:
    callback_day = None if back is None else clock.local_date(back)
    task = Task(id_, due_on, None if value is None else float(value), score, back, callback_day)
    stop = Stop(id_, latitude, longitude) if latitude is not None and longitude is not None else None
    return _Found(task, stop, channel == "visit")
