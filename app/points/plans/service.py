"""From a draft of a points plan to its approval: one person writes it, another agrees to it; a change is a new version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.security import Principal
from app.models.organisation import Role
from app.models.points import PlanStep, PointsPlan, PointsPlanApproval, PointsPlanStep
from app.points.plans import queries as plan_queries
from app.points.plans.in_force import add_components, ensure_default_plan
from app.points.plans.queries import DRAFT, PlanStanding
from app.points.plans.terms import LONGEST_NOTE, PlanTerms, read_terms

_PLANS = frozenset({Role.PLANNER, Role.ADMIN})


class NotYourPlan(Forbidden):
    """This plan is not yours to write, submit, approve or send back."""

    code = "points_plan.not_yours"


class SamePerson(Forbidden):
    """Who wrote or submitted a points plan does not approve it: another person does."""

    code = "points_plan.same_person"


class WrongPlanStatus(Conflict):
    """The plan is not in a status that allows this: a change is a new version."""

    code = "points_plan.wrong_status"


class MonthTaken(Conflict):
    """Another plan was approved for this scope from the same month on: take another first month."""

    code = "points_plan.month_taken"


class PlanTooLate(Conflict):
    """A plan is approved before its first month begins: managers know what they are paid by."""

    code = "points_plan.too_late"


@dataclass(frozen=True)
class Proposed:
    """What may become a version: its terms (`plan.version` is 0), its months, and its branch (None: the company)."""

    terms: PlanTerms
    first: Month
    last: Month | None
    unit_id: int | None


def read_proposed(session: Session, *, written: Any, now: datetime) -> Proposed:
    """A plan as somebody wrote it, held against the calendar and the branches; nothing is stored.

    Raises Invalid with the field that is wrong, PlanTooLate.
    """
    terms = read_terms(written)
    first = _month("effective_from", terms.effective_from)
    last = _month("effective_to", terms.effective_to) if terms.effective_to else None
    if last is not None and last < first:
        raise Invalid("effective_to", f"a month from {first} on")
    _check_in_time(first, now)
    return Proposed(terms, first, last, _scope(session, terms))


def draft_plan(session: Session, *, written: Any, by: Principal, now: datetime) -> PlanStanding:
    """A new version, which nothing is paid by until it was submitted and another person approved it.

    Raises Invalid with the field that is wrong, NotYourPlan, PlanTooLate.
    """
    proposed = read_proposed(session, written=written, now=now)
    terms, unit_id = proposed.terms, proposed.unit_id
    _check_place(by, unit_id)
    _take_turns(session)
    ensure_default_plan(session, now=now)  # the first version of its code is the built-in one
    before = plan_queries.find_last_of_code(session, terms.plan.code)
    if before is not None and before.unit_id != unit_id:
        raise Invalid("code", "a code that no plan of another scope has")
    plan = PointsPlan(
        code=terms.plan.code,
        version=1 if before is None else before.version + 1,
        effective_from=proposed.first,
        effective_to=proposed.last,
        pays=terms.plan.pays,
        index_prior=terms.plan.index_prior,
        minimum_matured=terms.plan.minimum_matured,
        minimum_judged=terms.plan.minimum_judged,
        unit_id=unit_id,
        author_account_id=by.account_id,
        note=terms.note,
        created_at=now,
    )
    session.add(plan)
    session.flush()
    add_components(session, plan.id, terms.plan)
    return plan_queries.get_standing(session, plan.id)


def submit_plan(session: Session, *, plan_id: int, by: Principal, comment: str = "", now: datetime) -> PlanStanding:
    """Ask for the approval of a draft. Raises UnknownPlan, NotYourPlan, WrongPlanStatus, PlanTooLate."""
    found = _locked(session, plan_id, by, DRAFT)
    _check_in_time(found.plan.effective_from, now)
    return _take_step(session, plan_id, PlanStep.SUBMITTED, by, comment, now)


def approve_plan(session: Session, *, plan_id: int, by: Principal, comment: str = "", now: datetime) -> PlanStanding:
    """Let what another person wrote and submitted be in force from its first month on; the database holds that they differ.

    Raises UnknownPlan, NotYourPlan, WrongPlanStatus, SamePerson, MonthTaken, PlanTooLate.
    """
    found = _locked(session, plan_id, by, PlanStep.SUBMITTED)
    plan = found.plan
    if by.role == Role.PLANNER:
        raise NotYourPlan
    if by.login in (found.author, found.last_by):
        raise SamePerson
    _check_in_time(plan.effective_from, now)
    taken = plan_queries.find_approved_for(session, plan.unit_id, plan.effective_from)
    if taken is not None:
        raise MonthTaken(f"Plan {taken} was approved for this scope from {plan.effective_from} on.", approved=taken)
    session.execute(insert(PointsPlanApproval).values(plan_id=plan_id, approved_by=by.account_id, approved_at=now))
    return _take_step(session, plan_id, PlanStep.APPROVED, by, comment, now)


def send_back_plan(session: Session, *, plan_id: int, by: Principal, comment: str, now: datetime) -> PlanStanding:
    """Refuse a submitted plan; the comment says what a new version is to change.

    Raises UnknownPlan, NotYourPlan, WrongPlanStatus, Invalid without a comment.
    """
    if not comment.strip():
        raise Invalid("comment", "what is to be changed")
    _locked(session, plan_id, by, PlanStep.SUBMITTED)
    return _take_step(session, plan_id, PlanStep.SENT_BACK, by, comment, now)


def _locked(session: Session, plan_id: int, by: Principal, status: str) -> PlanStanding:
    _take_turns(session)
    found = plan_queries.get_standing(session, plan_id)
    _check_place(by, found.plan.unit_id)
    if found.status != status:
        raise WrongPlanStatus(f"The plan {plan_id} is {found.status}: expected {status}.", plan_status=found.status)
    return found


def _take_step(session: Session, plan_id: int, step: PlanStep, by: Principal, comment: str, now: datetime) -> PlanStanding:
    if len(comment) > LONGEST_NOTE or any(ord(letter) < 32 for letter in comment):
        raise Invalid("comment", f"a text of at most {LONGEST_NOTE} characters")
    number = plan_queries.next_step_number(session, plan_id)
    session.add(
        PointsPlanStep(plan_id=plan_id, number=number, step=step, account_id=by.account_id, comment=comment, taken_at=now)
    )
    session.flush()
    return plan_queries.get_standing(session, plan_id)


def _scope(session: Session, terms: PlanTerms) -> int | None:
    if terms.unit_code is None:
        return None
    branch = plan_queries.find_branch(session, terms.unit_code)
    if branch is None:
        raise Invalid("unit_code", "the code of a branch, or nothing for the company")
    return branch.id


def _check_place(by: Principal, unit_id: int | None) -> None:
    own = by.role == Role.BRANCH_MANAGER and unit_id is not None and by.unit_id == unit_id
    if by.role not in _PLANS and not own:
        raise NotYourPlan


def _check_in_time(first: Month, now: datetime) -> None:
    if first <= Month.of(now):
        raise PlanTooLate(f"The first month {first} has begun: expected {Month.of(now).next} or later.")


def _month(field: str, written: str) -> Month:
    try:
        return Month.parse(written)
    except ValueError as error:
        raise Invalid(field, str(error).removeprefix("expected ")) from error


def _take_turns(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('points-plans', 0))"))
