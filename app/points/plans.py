"""The plan of a month, and the months that collect entries."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.points import PlanComponent, PointsMonth, PointsPlan
from app.points import queries
from app.points.formula import DEFAULT_PLAN, ComponentRule, Plan

BEGINNING = Month(1971, 1)  # from when the default plan is in force: always


def take_points_lock(session: Session) -> None:
    """Close and adjust one after the other: until the end of the transaction nobody else does either."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('points', 0))"))


def ensure_default_plan(session: Session, *, now: datetime) -> None:
    """Store the default plan, in force from the beginning, unless a plan is."""
    plan = DEFAULT_PLAN
    values = {"code": plan.code, "version": plan.version, "effective_from": BEGINNING, "pays": plan.pays, "created_at": now}
    minima = {"minimum_matured": plan.minimum_matured, "minimum_judged": plan.minimum_judged}
    statement = insert(PointsPlan).values(**values, **minima, index_prior=plan.index_prior).on_conflict_do_nothing()
    plan_id = session.scalar(statement.returning(PointsPlan.id))
    if plan_id is not None:
        session.add_all(
            PlanComponent(
                plan_id=plan_id,
                component=rule.component,
                weight=rule.weight,
                floor=rule.floor,
                target=rule.target,
                cap=rule.cap,
                fallback=rule.fallback,
            )
            for rule in plan.components
        )
        session.flush()  # plans are read again by statements of our own


def find_plan(session: Session, month: Month) -> tuple[int, Plan] | None:
    """(id, plan) in force in a month; None before the first was stored."""
    stored = queries.find_plan(session, month)
    return None if stored is None else (stored.id, _as_rules(session, stored))


def get_plan(session: Session, plan_id: int) -> Plan:
    """A stored plan by the id that entries name."""
    return _as_rules(session, session.get_one(PointsPlan, plan_id))


def _as_rules(session: Session, stored: PointsPlan) -> Plan:
    components = queries.plan_components(session, stored.id)
    return Plan(
        code=stored.code,
        version=stored.version,
        pays=stored.pays,
        index_prior=stored.index_prior,
        minimum_matured=stored.minimum_matured,
        minimum_judged=stored.minimum_judged,
        components=tuple(
            ComponentRule(each.component.value, each.weight, each.floor, each.target, each.cap, each.fallback)
            for each in components
        ),
    )


def plan_of(session: Session, *, month: Month, now: datetime) -> tuple[int, Plan]:
    """(id, plan) in force in a month; the default plan is stored where there is none."""
    found = find_plan(session, month)
    if found is None:
        ensure_default_plan(session, now=now)
        found = find_plan(session, month)
    assert found is not None  # the default plan is in force from the beginning
    return found


def open_month(session: Session, *, month: Month, now: datetime) -> PointsMonth:
    """The month's row, made if need be, and locked: whoever inserts into the month waits for us."""
    plan_id, _ = plan_of(session, month=month, now=now)
    session.execute(insert(PointsMonth).values(month=month, plan_id=plan_id).on_conflict_do_nothing())
    return queries.lock_month(session, month)
