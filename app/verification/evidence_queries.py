"""Reads behind the findings: a month's reports as the rules ask for them, and how often each rule found something."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, SQLColumnExpression, case, distinct, func, select, text, true
from sqlalchemy.orm import Session, aliased

from app.core.clock import Month
from app.models.attachment import Attachment
from app.models.customer import Customer
from app.models.evidence import CaseKind, EvidenceFinding, EvidenceRuleState, ReviewCase
from app.models.feedback import ContactFeedback
from app.models.findings import FeedbackAttachment
from app.models.organisation import Unit
from app.verification.queries import claims_with_traces, is_current


def reporters(session: Session, month: Month) -> list[int]:
    """Who reported in a month."""
    reported = select(ContactFeedback.staff_id).where(ContactFeedback.month == month, *_received_in(month))
    return list(session.scalars(reported.distinct().order_by(ContactFeedback.staff_id)))


def reports(
    session: Session, *, month: Month, staff_ids: Collection[int], sale_outcomes: Collection[str]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Current feedback of these people in a month: the columns of `claims`, what the phone said, and where the customer lives.

    `home_*` are null where neither the customer nor the grid has a place; `is_exact`: it is the customer's own.
    """
    statement = _with_places(claims_with_traces(sale_outcomes)).where(
        ContactFeedback.staff_id.in_(staff_ids), ContactFeedback.month == month, is_current()
    )
    return session.execute(statement.order_by(ContactFeedback.id)).all()


def _with_places(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    feedback, grid = ContactFeedback, aliased(Unit)
    is_exact = Customer.latitude.is_not(None) & Customer.longitude.is_not(None)
    columns: tuple[SQLColumnExpression[Any], ...] = (
        feedback.customer_id,
        feedback.device_id,
        feedback.contacted_at,
        (feedback.elapsed_ms / 1000.0).label("elapsed"),
        func.extract("epoch", feedback.phone_ended_at - feedback.phone_started_at).label("between"),
        feedback.latitude,
        feedback.longitude,
        feedback.accuracy_metres,
        feedback.mock_location,
        feedback.note,
        case((is_exact, Customer.latitude), else_=grid.latitude).label("home_latitude"),
        case((is_exact, Customer.longitude), else_=grid.longitude).label("home_longitude"),
        is_exact.label("is_exact"),
        _looks().label("looks"),
    )
    joined = statement.outerjoin(Customer, Customer.id == feedback.customer_id).outerjoin(grid, grid.id == Customer.grid_id)
    return joined.add_columns(*columns)


def _looks() -> ScalarSelect[Any]:
    found = select(func.array_agg(Attachment.look)).join(FeedbackAttachment, FeedbackAttachment.attachment_id == Attachment.id)
    return found.where(FeedbackAttachment.feedback_id == ContactFeedback.id, Attachment.look.is_not(None)).scalar_subquery()


# How far apart the middle half of the customers live, north to south and west to east: a wrong address moves it little.
_KINDS = text("""
SELECT grid_id, ntile(3) OVER (ORDER BY sqrt(power(north, 2) + power(east * cos(radians(latitude)), 2)), grid_id) FROM (
    SELECT grid_id, avg(latitude) AS latitude,
        percentile_cont(0.75) WITHIN GROUP (ORDER BY latitude) - percentile_cont(0.25) WITHIN GROUP (ORDER BY latitude) AS north,
        percentile_cont(0.75) WITHIN GROUP (ORDER BY longitude) - percentile_cont(0.25) WITHIN GROUP (ORDER BY longitude) AS east
    FROM customers WHERE latitude IS NOT NULL AND longitude IS NOT NULL GROUP BY grid_id HAVING count(*) >= :least
) s ORDER BY grid_id
""")
LEAST_PLACES = 30  # customers whose place is known, before it says what kind of grid theirs is


def grid_kinds(session: Session) -> dict[int, int]:
    """What kind of grid each is, by how far apart its customers live: 1 (closest), 2 or 3, a third of the grids each. Grids of
    which too few places are known are left out."""
    return dict(session.execute(_KINDS, {"least": LEAST_PLACES}).all())


def switched_off(session: Session) -> Sequence[EvidenceRuleState]:
    """The states of rules that are not in use."""
    found = select(EvidenceRuleState).where(EvidenceRuleState.switched_off_at.is_not(None))
    return session.scalars(found.order_by(EvidenceRuleState.rule, EvidenceRuleState.version)).all()


def rule_states(session: Session) -> Sequence[EvidenceRuleState]:
    """The state of every rule that has one."""
    return session.scalars(select(EvidenceRuleState).order_by(EvidenceRuleState.rule, EvidenceRuleState.version)).all()


def month_size(session: Session, month: Month, grid_ids: Collection[int] | None) -> Row[int, int]:
    """(reports that stand, managers who made them) of a month, in these grids or in all."""
    counted = select(func.count(), func.count(distinct(ContactFeedback.staff_id))).where(
        ContactFeedback.month == month, *_received_in(month), is_current()
    )
    return session.execute(counted.where(_within(ContactFeedback.grid_id, grid_ids))).one()


def finding_counts(session: Session, month: Month, grid_ids: Collection[int] | None) -> Sequence[Row[str, int, int, int]]:
    """(rule, version, reports, managers) with a finding in a month, in these grids or in all; only of reports that stand."""
    finding = EvidenceFinding
    people = func.count(distinct(finding.staff_id))
    counted = (
        select(finding.rule, finding.rule_version, func.count().label("reports"), people.label("managers"))
        .join(ContactFeedback, ContactFeedback.id == finding.feedback_id)
        .where(finding.month == month, is_current(), _within(finding.grid_id, grid_ids))
    )
    return session.execute(
        counted.group_by(finding.rule, finding.rule_version).order_by(finding.rule, finding.rule_version)
    ).all()


def case_counts(session: Session, month: Month, grid_ids: Collection[int] | None) -> Sequence[Row[str, int]]:
    """(rule, cases: managers' cases that name it) of a month, in these grids or in all."""
    named = func.jsonb_array_elements(ReviewCase.reasons).op("->>")("rule").label("rule")
    mine = (ReviewCase.month == month) & (ReviewCase.kind == CaseKind.MANAGER) & _within(ReviewCase.grid_id, grid_ids)
    each = select(ReviewCase.id, named).where(mine).subquery()
    counted = select(each.c.rule, func.count(distinct(each.c.id)).label("cases"))
    return session.execute(counted.group_by(each.c.rule).order_by(each.c.rule)).all()


def _received_in(month: Month) -> tuple[ColumnElement[bool], ...]:
    """Of a month, as its index by time finds it: reports are written in the order in which they are received."""
    return ContactFeedback.received_at >= month.starts_at, ContactFeedback.received_at < month.ends_at


def _within(grid_id: SQLColumnExpression[int], grid_ids: Collection[int] | None) -> ColumnElement[bool]:
    return true() if grid_ids is None else grid_id.in_(grid_ids)
