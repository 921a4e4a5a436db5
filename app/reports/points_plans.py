"""Points plans as people see them: versions, the page that a manager reads, and what a plan would have paid."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict, Invalid
from app.models.points import PlanStep
from app.points.formula import DEFAULT_PLAN, Plan
from app.points.plans import queries as plan_queries
from app.points.plans.document import PlanDocument, PlanFrame, write_document
from app.points.plans.in_force import BEGINNING, find_plans, get_plan
from app.points.plans.queries import BUILT_IN, PlanStanding
from app.points.plans.replay import PaidLine, Replay, replay_months
from app.points.plans.service import read_proposed
from app.points.words import exact

MOST_MONTHS = 12


class NothingClosed(Conflict):
    """No month is closed yet: there is nothing to replay."""

    code = "points_plan.nothing_closed"


@dataclass(frozen=True)
class PlanView:
    """A version with all of its rules, exact numbers as text, and where it stands."""

    number: int
    code: str
    version: int
    unit_code: str | None
    effective_from: str
    effective_to: str | None
    pays: str
    index_prior: str
    minimum_matured: int
    minimum_judged: int
    components: list[dict[str, str]]
    note: str
    status: str
    author: str | None
    last_by: str | None
    last_at: datetime | None
    last_comment: str | None


@dataclass(frozen=True)
class MyPlan:
    """The plan by which a manager is paid in a month, as a page in two languages."""

    month: str
    code: str
    version: int
    zh: str
    en: str


@dataclass(frozen=True)
class TermsView:
    """What pays, without months and signatures; exact numbers as text."""

    code: str
    pays: str
    index_prior: str
    minimum_matured: int
    minimum_judged: int
    components: list[dict[str, str]]


@dataclass(frozen=True)
class PlanList:
    """Every version, newest first; `in_force`: the numbers of those that pay this month, the company's and branches' own.

    `earliest`: the month from which a new one may be in force; `built_in`: what it may begin with.
    """

    items: list[PlanView]
    in_force: list[int]
    earliest: str
    built_in: TermsView


@dataclass(frozen=True)
class PlanTrial:
    """A plan that is not stored: the page that managers would read, and what closed months would have paid (None: none is)."""

    zh: str
    en: str
    replay: Replay | None


def plan_versions(session: Session) -> list[PlanView]:
    """Every version, newest first."""
    return [plan_view(session, standing) for standing in plan_queries.plan_versions(session)]


def plan_list(session: Session, *, now: datetime) -> PlanList:
    """Every version, which of them pay this month, and the built-in one to begin with."""
    paying = [plan.id for plan in plan_queries.plans_in_force(session, Month.of(now))]
    return PlanList(plan_versions(session), paying, str(Month.of(now).next), TermsView(**_terms(DEFAULT_PLAN)))


def one_plan(session: Session, number: int) -> PlanView:
    """One version; raises UnknownPlan."""
    return plan_view(session, plan_queries.get_standing(session, number))


def plan_view(session: Session, standing: PlanStanding) -> PlanView:
    """A version as it is shown."""
    stored, plan = standing.plan, get_plan(session, standing.plan.id)
    return PlanView(
        number=stored.id,
        version=plan.version,
        unit_code=standing.unit_code,
        effective_from=str(stored.effective_from),
        effective_to=None if stored.effective_to is None else str(stored.effective_to),
        **_terms(plan),
        note=stored.note,
        status=standing.status,
        author=standing.author,
        last_by=standing.last_by,
        last_at=standing.last_at,
        last_comment=standing.last_comment,
    )


def _terms(plan: Plan) -> dict[str, Any]:
    return {
        "code": plan.code,
        "pays": plan.pays,
        "index_prior": exact(plan.index_prior),
        "minimum_matured": plan.minimum_matured,
        "minimum_judged": plan.minimum_judged,
        "components": _components(plan),
    }


def _components(plan: Plan) -> list[dict[str, str]]:
    names = ("weight", "floor", "target", "cap", "fallback")
    return [{"component": rule.component} | {name: exact(getattr(rule, name)) for name in names} for rule in plan.components]


def document_of(session: Session, number: int) -> PlanDocument:
    """The page of a plan; raises UnknownPlan."""
    standing = plan_queries.get_standing(session, number)
    return write_document(get_plan(session, number), _frame(standing))


def _frame(standing: PlanStanding) -> PlanFrame:
    stored = standing.plan
    last = None if stored.effective_to is None else str(stored.effective_to)
    return PlanFrame(standing.unit_code, str(stored.effective_from), last, standing.status in (PlanStep.APPROVED, BUILT_IN))


def my_plan(session: Session, *, staff_id: int, month: Month | None, now: datetime) -> MyPlan:
    """The plan of a manager's grid in a month (this one where none is named)."""
    month = month or Month.of(now)
    plans = find_plans(session, month)
    if plans is None:
        plan, frame = DEFAULT_PLAN, PlanFrame(None, str(BEGINNING), None, approved=True)
    else:
        number, plan = plans.of(plan_queries.units_of_staff(session, [staff_id]).get(staff_id, 0))
        frame = _frame(plan_queries.get_standing(session, number))
    page = write_document(plan, frame)
    return MyPlan(str(month), plan.code, plan.version, page.zh, page.en)


def replay_plan(session: Session, *, number: int, months: int) -> Replay:
    """The last closed months again by this plan, for those for whom it is. Raises UnknownPlan, NothingClosed, Invalid."""
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid("months", f"a number from 1 to {MOST_MONTHS}")
    standing = plan_queries.get_standing(session, number)
    replay = _find_replay(session, get_plan(session, number), standing.plan.unit_id, months)
    if replay is None:
        raise NothingClosed
    return replay


def try_plan(session: Session, *, written: Any, months: int, now: datetime) -> PlanTrial:
    """What a plan would be and would have paid, before it is stored as a version.

    Raises Invalid with the field that is wrong, PlanTooLate.
    """
    proposed = read_proposed(session, written=written, now=now)
    plan = proposed.terms.plan
    before = plan_queries.find_last_of_code(session, plan.code)
    plan = replace(plan, version=1 if before is None else before.version + 1)
    last = None if proposed.last is None else str(proposed.last)
    page = write_document(plan, PlanFrame(proposed.terms.unit_code, str(proposed.first), last, approved=False))
    return PlanTrial(page.zh, page.en, _find_replay(session, plan, proposed.unit_id, months))


def _find_replay(session: Session, plan: Plan, unit_id: int | None, months: int) -> Replay | None:
    closed = plan_queries.closed_months(session, months)
    if not closed:
        return None
    rows = plan_queries.paid_lines(session, closed, unit_id)
    lines = [PaidLine(str(month), staff, grid, component.value, *paid) for month, staff, grid, component, *paid in rows]
    return replay_months(lines, plan)
