"""What the dashboard says of disputes, and what is said to it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.api.explained import ExplainedOut
from app.api.types import In, LongText, MonthText, Out
from app.models.dispute import DisputeDecision
from app.models.feedback import Verdict
from app.models.organisation import Role
from app.models.points import Component
from app.points.disputes.rules import Way

Points = Annotated[Decimal, Field(max_digits=14, decimal_places=4)]


class PostedOut(Out):
    """An entry that came of a dispute: in which month, and how many points."""

    entry_id: int
    month: MonthText
    points: Decimal


class DisputeOut(Out):
    """A dispute; `shown`: the line as it stood when it was disputed; `due_on`: the last day to decide on it.

    `waits_for_second`: somebody accepted it with `proposed_points`, and another person is to agree or to say otherwise.
    `verdict`: how the report `feedback_id` is judged by that, proposed or decided. `told_branch_at`, `told_company_at`: when
    those above the grid were told that it is overdue.
    """

    id: UUID
    staff_no: str
    manager_name: str
    grid_code: str
    month: MonthText
    component: Component
    entry_id: int | None
    work_order_id: int | None
    expected: str
    reason: str
    evidence: str | None
    attachment_ids: list[UUID]
    shown: dict[str, Any]
    raised_at: datetime
    status: str
    decision_reason: str | None
    decided_at: datetime | None
    decided_by: str | None
    decided_by_role: Role | None
    expected_points: Decimal | None
    due_on: date | None
    overdue: bool
    told_branch_at: datetime | None
    told_company_at: datetime | None
    waits_for_second: bool
    proposed_points: Decimal | None
    proposed_reason: str | None
    proposed_at: datetime | None
    proposed_by: str | None
    proposed_by_role: Role | None
    accepted_points: Decimal | None
    feedback_id: UUID | None
    verdict: Verdict | None
    posted: PostedOut | None


class DisputePage(Out):
    """A page: what waits by how long it does, what is decided newest first."""

    items: list[DisputeOut]
    next_cursor: str | None


class AttachedOut(Out):
    """A file that the manager named: not_arrived, arriving, refused or kept; see /attachments/{id}."""

    id: UUID
    content_type: str | None
    standing: str


class DisputeEventOut(Out):
    """What happened to it: raised, told_branch, told_company, carried_over, proposed, accepted or rejected."""

    act: str
    at: datetime
    by: str | None
    role: Role | None
    reason: str | None
    points: Decimal | None


class DisputeWholeOut(Out):
    """One dispute with all there is.

    `paid`: what the line read when it was disputed, `difference`: how much more is wanted, where that is a figure. `explained`:
    the line as it stands now, null where the manager went elsewhere. `evidence`: all that is known of the reports on the work
    order, or else of those of the month that stand contradicted. `ways`: how it may be accepted. `own`: I raised it, and somebody
    else decides; `proposed_by_me`: another person has to agree. Points of the manager's month above `second_above`, with those
    `accepted_before`, take two persons.
    """

    dispute: DisputeOut
    paid: Decimal | None
    difference: Decimal | None
    month_closed_at: datetime | None
    explained: ExplainedOut | None
    evidence: list[dict[str, Any]]
    attached: list[AttachedOut]
    events: list[DisputeEventOut]
    ways: list[Way]
    own: bool
    proposed_by_me: bool
    accepted_before: Decimal
    second_above: Decimal


class AcceptanceIn(In):
    """An acceptance that somebody thinks of giving, as in a decision."""

    points: Points | None = None
    verdict: Verdict | None = Field(None, description="confirmed or unverifiable")
    feedback_id: UUID | None = None


class OutcomeOut(Out):
    """What it would come to: by how much the line changes (null: by nothing), and to which month that is posted.

    `posted_to` is null where nothing is posted: nothing changes, or the month is open and its own figures take the verdict in.
    `waits_for_second`: only once another person accepts the same.
    """

    points: Decimal | None
    posted_to: MonthText | None
    waits_for_second: bool
    feedback_id: UUID | None
    verdict: Verdict | None


class DecisionIn(AcceptanceIn):
    """accepted or rejected, and why: the manager reads it.

    `points`: by how much an accepted dispute changes the line, posted to the open month; none: by nothing. Of a dispute about
    accuracy `verdict` says instead how a report stands from now on, and the points follow; `feedback_id` may be left out where
    the dispute names a work order with one report.
    """

    decision: DisputeDecision
    reason: Annotated[LongText, Field(min_length=1)]


class DecisionOut(Out):
    """What was decided; still open where `waits_for_second`."""

    id: UUID
    status: str
    decision_reason: str | None
    decided_at: datetime | None
    waits_for_second: bool
    accepted_points: Decimal | None
    feedback_id: UUID | None
    verdict: Verdict | None


class RateOut(Out):
    """Disputes about one month under one plan; `rate`: disputing managers of those with a statement, exact, as text."""

    month: MonthText
    plan_number: int | None
    plan_code: str | None
    plan_version: int | None
    managers: int
    disputing: int
    rate: str | None
    disputes: int
    open: int
    overdue: int
    accepted: int
    rejected: int
    share_in_time: str | None
    points: Decimal


class Rates(Out):
    """Newest month first."""

    items: list[RateOut]
