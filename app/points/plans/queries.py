"""Reads of plans: versions with what was done with them, and which are in force."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Text, and_, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.core.errors import NotFound
from app.models.organisation import Account, Staff, Unit, UnitKind
from app.models.points import (
    EntryKind,
    PlanComponent,
    PointsEntry,
    PointsMonth,
    PointsPlan,
    PointsPlanApproval,
    PointsPlanStep,
)

DRAFT, BUILT_IN = "draft", "built_in"


class UnknownPlan(NotFound):
    """There is no points plan with this number."""

    code = "points_plan.unknown"


@dataclass(frozen=True)
class PlanStanding:
    """A version and where it stands; status is draft, submitted, approved or sent_back, or built_in."""

    plan: PointsPlan
    unit_code: str | None
    author: str | None
    status: str
    last_by: str | None
    last_at: datetime | None
    last_comment: str | None


def plans_in_force(session: Session, month: Month) -> Sequence[PointsPlan]:
    """Of each scope the approved plan of a month: the newest whose months it is among; the built-in one counts as approved."""
    approved = or_(PointsPlan.author_account_id.is_(None), PointsPlanApproval.plan_id.is_not(None))
    statement = (
        select(PointsPlan)
        .outerjoin(PointsPlanApproval, PointsPlanApproval.plan_id == PointsPlan.id)
        .where(approved, PointsPlan.effective_from <= month)
        .where(or_(PointsPlan.effective_to.is_(None), PointsPlan.effective_to >= month))
        .ext(distinct_on(PointsPlan.unit_id))
        .order_by(PointsPlan.unit_id, PointsPlan.effective_from.desc(), PointsPlan.id.desc())
    )
    return session.scalars(statement).all()


def components_of(session: Session, plan_ids: Collection[int]) -> Sequence[PlanComponent]:
    """The components of these plans."""
    statement = select(PlanComponent).where(PlanComponent.plan_id.in_(plan_ids))
    return session.scalars(statement.order_by(PlanComponent.plan_id, PlanComponent.component)).all()


def parents(session: Session) -> dict[int, int | None]:
    """The unit above each unit."""
    return dict(session.execute(select(Unit.id, Unit.parent_id).order_by(Unit.id)).all())


def units_of_staff(session: Session, staff_ids: Collection[int]) -> dict[int, int]:
    """Where each of these people is."""
    return dict(session.execute(select(Staff.id, Staff.unit_id).where(Staff.id.in_(staff_ids)).order_by(Staff.id)).all())


def find_branch(session: Session, code: str) -> Unit | None:
    """The branch of this code."""
    return session.scalar(select(Unit).where(Unit.code == code, Unit.kind == UnitKind.BRANCH).order_by(Unit.id))


def plan_versions(session: Session) -> list[PlanStanding]:
    """Every version, newest first."""
    return [PlanStanding(*row) for row in session.execute(_standings().order_by(PointsPlan.id.desc()))]


def get_standing(session: Session, plan_id: int) -> PlanStanding:
    """One version; raises UnknownPlan."""
    found = session.execute(_standings().where(PointsPlan.id == plan_id).order_by(PointsPlan.id)).one_or_none()
    if found is None:
        raise UnknownPlan(f"number: there is no points plan {plan_id}")
    return PlanStanding(*found)


def find_last_of_code(session: Session, code: str) -> PointsPlan | None:
    """The latest version of a code."""
    return session.scalar(select(PointsPlan).where(PointsPlan.code == code).order_by(PointsPlan.version.desc()).limit(1))


def find_approved_for(session: Session, unit_id: int | None, month: Month) -> int | None:
    """The plan that was approved for a scope from exactly this month on."""
    same = PointsPlanApproval.unit_id.is_not_distinct_from(unit_id)
    statement = select(PointsPlanApproval.plan_id).where(same, PointsPlanApproval.effective_from == month)
    return session.scalar(statement.order_by(PointsPlanApproval.plan_id))


def next_step_number(session: Session, plan_id: int) -> int:
    """1 for the first step."""
    statement = select(func.coalesce(func.max(PointsPlanStep.number), 0) + 1).where(PointsPlanStep.plan_id == plan_id)
    return session.scalars(statement).one()


def closed_months(session: Session, limit: int) -> list[Month]:
    """The latest closed months, the last first."""
    statement = select(PointsMonth.month).where(PointsMonth.closed_at.is_not(None)).order_by(PointsMonth.month.desc())
    return list(session.scalars(statement.limit(limit)))


def paid_lines(session: Session, months: Collection[Month], unit_id: int | None) -> Sequence[Row[*tuple[Any, ...]]]:
    """What was paid in closed months and by which figures, of the company or of a branch as it is now.

    Columns: month, staff_no, grid_code, component, points, figures.
    """
    entry, figures = PointsEntry, PointsEntry.explanation["figures"]
    statement = (
        select(entry.month, Staff.staff_no, Unit.code, entry.component, entry.points, figures)
        .join(Staff, Staff.id == entry.staff_id)
        .join(Unit, Unit.id == entry.grid_id)
        .where(entry.month.in_(months), entry.kind == EntryKind.EARNED)
        .order_by(entry.month, Staff.staff_no, entry.component)
    )
    if unit_id is not None:
        statement = statement.where(or_(Unit.id == unit_id, Unit.parent_id == unit_id))
    return session.execute(statement).all()


def _standings() -> Select[*tuple[Any, ...]]:
    last, author, by = aliased(PointsPlanStep), aliased(Account), aliased(Account)
    highest = select(func.max(PointsPlanStep.number)).where(PointsPlanStep.plan_id == PointsPlan.id).scalar_subquery()
    unsent = case((PointsPlan.author_account_id.is_(None), BUILT_IN), else_=DRAFT)
    status = func.coalesce(cast(last.step, Text), unsent)
    return (
        select(PointsPlan, Unit.code, author.login, status, by.login, last.taken_at, last.comment)
        .outerjoin(Unit, Unit.id == PointsPlan.unit_id)
        .outerjoin(author, author.id == PointsPlan.author_account_id)
        .outerjoin(last, and_(last.plan_id == PointsPlan.id, last.number == highest))
        .outerjoin(by, by.id == last.account_id)
    )
