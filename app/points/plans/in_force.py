"""The plans of a month, and the months that collect entries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.points import PlanComponent, PointsMonth, PointsPlan
from app.points import queries
from app.points.formula import DEFAULT_PLAN, ComponentRule, Plan
from app.points.plans import queries as plan_queries

BEGINNING = Month(1971, 1)  # from when the default plan is in force: always
NumberedPlan = tuple[int, Plan]


@dataclass(frozen=True)
class MonthPlans:
    """The plans in force in a month: the company's, and those of branches that have their own. `parents`: the unit above each."""

    company: NumberedPlan
    own: Mapping[int, NumberedPlan]
    parents: Mapping[int, int | None]

    def of(self, grid_id: int) -> NumberedPlan:
        """(id, plan) by which the managers of a grid are paid: that of its branch where it has one, else the company's.

        Who was called to lead the branch before the month closed is of that branch.
        """
        return self.own.get(grid_id) or self.own.get(self.parents.get(grid_id) or 0, self.company)


def take_points_lock(session: Session) -> None:
    """Close and adjust one after the other: until the end of the transaction nobody else does either."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('points', 0))"))


def stop_arrivals(session: Session, month: Month) -> None:
    """Wait for the reports that are being taken into this month; those that come now wait until we are done, and then go to the
    first open month (the trigger of migration 0040)."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('month/' || :month, 0))"), {"month": str(month)})


def ensure_default_plan(session: Session, *, now: datetime) -> None:
    """Store the default plan, in force from the beginning, unless a plan is."""
    plan = DEFAULT_PLAN
    values = {"code": plan.code, "version": plan.version, "effective_from": BEGINNING, "pays": plan.pays, "created_at": now}
    minima = {"minimum_matured": plan.minimum_matured, "minimum_judged": plan.minimum_judged}
    statement = insert(PointsPlan).values(**values, **minima, index_prior=plan.index_prior).on_conflict_do_nothing()
    plan_id = session.scalar(statement.returning(PointsPlan.id))
    if plan_id is not None:
        add_components(session, plan_id, plan)


def add_components(session: Session, plan_id: int, plan: Plan) -> None:
    """Store the components of a plan that was stored just now."""
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


def find_plans(session: Session, month: Month) -> MonthPlans | None:
    """The plans in force in a month; None before the first was stored."""
    stored = plan_queries.plans_in_force(session, month)
    plans = dict(zip((one.unit_id for one in stored), _as_rules(session, stored), strict=True))
    if None not in plans:
        return None
    own = {unit_id: plan for unit_id, plan in plans.items() if unit_id is not None}
    return MonthPlans(plans[None], own, plan_queries.parents(session) if own else {})


def plans_by_staff(session: Session, *, month: Month, staff_ids: Collection[int]) -> dict[int, Plan]:
    """By which plan each of these people would be paid in a month, where they are now."""
    found, units = find_plans(session, month), plan_queries.units_of_staff(session, staff_ids)
    return {one: found.of(units.get(one, 0))[1] if found else DEFAULT_PLAN for one in staff_ids}


def get_plan(session: Session, plan_id: int) -> Plan:
    """A stored plan by the id that entries name."""
    ((_, plan),) = _as_rules(session, [session.get_one(PointsPlan, plan_id)])
    return plan


def _as_rules(session: Session, stored: Sequence[PointsPlan]) -> list[NumberedPlan]:
    rules: defaultdict[int, list[ComponentRule]] = defaultdict(list)
    for each in plan_queries.components_of(session, [one.id for one in stored]):
        rule = ComponentRule(each.component.value, each.weight, each.floor, each.target, each.cap, each.fallback)
        rules[each.plan_id].append(rule)
    return [
        (
            one.id,
            Plan(
                code=one.code,
                version=one.version,
                pays=one.pays,
                index_prior=one.index_prior,
                minimum_matured=one.minimum_matured,
                minimum_judged=one.minimum_judged,
                components=tuple(rules[one.id]),
            ),
        )
        for one in stored
    ]


def plans_of(session: Session, *, month: Month, now: datetime) -> MonthPlans:
    """The plans in force in a month; the default plan is stored where there is none."""
    found = find_plans(session, month)
    if found is None:
        ensure_default_plan(session, now=now)
        found = find_plans(session, month)
    assert found is not None  # the default plan is in force from the beginning
    return found


def open_month(session: Session, *, month: Month, now: datetime) -> PointsMonth:
    """The month's row, made if need be, and locked: whoever inserts into the month waits for us."""
    plan_id, _ = plans_of(session, month=month, now=now).company
    session.execute(insert(PointsMonth).values(month=month, plan_id=plan_id).on_conflict_do_nothing())
    return queries.lock_month(session, month)
