"""The life of a campaign: which verb leads from which status to which, and who may say it (pure).

draft -> submitted -> approved -> scheduled (the list is drawn) -> running -> closed -> evaluated. Sent back or revised, it is
a draft again, and nothing of an approval is left.
"""

from dataclasses import dataclass
from enum import StrEnum

DRAFT, SUBMITTED, APPROVED, SCHEDULED = "draft", "submitted", "approved", "scheduled"
RUNNING, CLOSED, EVALUATED = "running", "closed", "evaluated"
PLANNED = frozenset({SUBMITTED, APPROVED, SCHEDULED, RUNNING, CLOSED, EVALUATED})  # the plan is fixed in these
_PLANNERS = frozenset({"planner", "admin"})
_APPROVERS = frozenset({"branch_manager", "admin"})
LONGEST_COMMENT = 4_000


class Verb(StrEnum):
    """What a person, or the system, does to a campaign."""

    SUBMIT = "submit"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    REVISE = "revise"
    SCHEDULE = "schedule"
    RUN = "run"
    CLOSE = "close"
    EVALUATE = "evaluate"


@dataclass(frozen=True)
class Step:
    """A verb: from these statuses to `target`, by these roles. `by_another`: not by who planned or submitted it.

    `by_system`: a job or a dispatch may do it for nobody. `says_why`: it wants a comment.
    """

    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    by_another: bool = False
    by_system: bool = False
    says_why: bool = False


STEPS = {
    Verb.SUBMIT: Step(frozenset({DRAFT}), SUBMITTED, _PLANNERS),
    Verb.APPROVE: Step(frozenset({SUBMITTED}), APPROVED, _APPROVERS, by_another=True),
    Verb.SEND_BACK: Step(frozenset({SUBMITTED}), DRAFT, _APPROVERS, says_why=True),
    Verb.REVISE: Step(frozenset({SUBMITTED, APPROVED, SCHEDULED}), DRAFT, _PLANNERS, says_why=True),
    Verb.SCHEDULE: Step(frozenset({APPROVED}), SCHEDULED, _PLANNERS, by_system=True),
    Verb.RUN: Step(frozenset({SCHEDULED}), RUNNING, _PLANNERS, by_system=True),
    Verb.CLOSE: Step(frozenset({APPROVED, SCHEDULED, RUNNING}), CLOSED, _PLANNERS, by_system=True),
    Verb.EVALUATE: Step(frozenset({CLOSED}), EVALUATED, _PLANNERS | {"analyst"}, by_system=True),
}


def next_status(status: str, verb: Verb) -> str | None:
    """Where the verb leads from this status; None: nowhere."""
    step = STEPS[verb]
    return step.target if status in step.sources else None


def allows_role(verb: Verb, role: str | None) -> bool:
    """Whether somebody of this role may say the verb; None is the system itself."""
    step = STEPS[verb]
    return step.by_system if role is None else role in step.roles


def allows_unit(role: str | None, unit_id: int | None, campaign_unit_id: int | None) -> bool:
    """Whether a step is this unit's to take: a branch manager decides on campaigns of the own branch alone."""
    return role != "branch_manager" or (campaign_unit_id is not None and unit_id == campaign_unit_id)
