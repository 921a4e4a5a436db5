"""Reads behind escalation: what is on phones and why it may be late, what was told already, who leads a grid."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dispatch.escalation.rules import DEFAULTS, Facts, Raised, Rule, Threshold
from app.models.escalation import Escalation, EscalationLevel, EscalationRule
from app.models.notice import Notice

ROWS = 10_000

# Whose it is since when: the dispatch, a person's decision, or the morning's release. A roll to the next day does not count.
_FACTS = text("""
SELECT w.id, coalesce(w.lent_to_grid_id, w.grid_id) AS grid_id, w.staff_id, w.state,
    greatest(w.dispatched_at, e.handed_at) AS handed_at, greatest(w.dispatched_at, e.handed_at, e.released_at) AS held_since,
    e.touched_at, :today - w.scheduled_on + w.rolls AS days_late, w.due_on, f.callback_at, p.pulled_at,
    CAST(NULL AS timestamptz) AS returned_at
FROM work_orders w LEFT JOIN phone_pulls p ON p.staff_id = w.staff_id
CROSS JOIN LATERAL (
    SELECT max(x.happened_at) FILTER (WHERE x.event IN
            ('reassigned', 'lent', 'brought_home', 'redispatched', 'return_rejected', 'reset')
            OR x.from_staff_id <> x.to_staff_id) AS handed_at,
        max(x.happened_at) FILTER (WHERE x.event = 'released') AS released_at,
        max(x.happened_at) FILTER (WHERE x.event IN ('started', 'contacted', 'reopened')) AS touched_at
    FROM work_order_events x WHERE x.work_order_id = w.id) e
LEFT JOIN LATERAL (
    SELECT b.callback_at FROM contact_feedback b
    WHERE b.work_order_id = w.id AND w.state = 'in_progress' AND b.staff_id = w.staff_id
        AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = b.id)
    ORDER BY b.received_at DESC, b.contacted_at DESC, b.id DESC LIMIT 1) f ON true
WHERE w.state IN ('open', 'in_progress') AND w.scheduled_on <= :today
UNION ALL
SELECT r.work_order_id, r.grid_id, r.staff_id, w.state, r.returned_at, r.returned_at, NULL, 0, w.due_on, NULL, NULL, r.returned_at
FROM work_order_returns r JOIN work_orders w ON w.id = r.work_order_id WHERE r.decided_at IS NULL AND w.state = 'returned'
""")


@dataclass(frozen=True)
class Place:
    """A grid: its code, its branch, and whether an active grid manager leads it."""

    grid_code: str
    branch_id: int
    branch_code: str
    led: bool


def facts_of_phones(session: Session, *, today: date) -> Iterator[Facts]:
    """Every work order that is on a phone today or was given back and is undecided; streamed."""
    result = session.execute(_FACTS, {"today": today}, execution_options={"yield_per": ROWS})
    for row in result:
        yield Facts(*row)


def rules_in_force(session: Session) -> dict[Rule, Threshold]:
    """Every rule with its days: those that were set, else the default ones."""
    rows = session.scalars(select(EscalationRule).order_by(EscalationRule.rule))
    changed = {
        Rule(row.rule): Threshold(row.after_days, row.branch_after_days, row.enabled) for row in rows if row.rule in set(Rule)
    }
    return {**DEFAULTS, **changed}


def raised_and_open(session: Session, level: EscalationLevel) -> dict[int, Raised]:
    """By work order: what was told at this level and is not resolved."""
    statement = (
        select(
            Escalation.id, Escalation.work_order_id, Escalation.staff_id, Escalation.rule, Escalation.since, Escalation.raised_at
        )
        .where(Escalation.level == level, Escalation.resolved_at.is_(None))
        .order_by(Escalation.id)
    )
    rows = session.execute(statement)
    return {order: Raised(id_, order, staff, Rule(rule), since, at) for id_, order, staff, rule, since, at in rows}


def ever_raised(session: Session, level: EscalationLevel, order_ids: Collection[int]) -> set[tuple[int, str, datetime]]:
    """(work order, rule, since) of what was ever told at this level of these orders."""
    statement = (
        select(Escalation.work_order_id, Escalation.rule, Escalation.since)
        .where(Escalation.level == level, Escalation.work_order_id.in_(order_ids))
        .order_by(Escalation.id)
    )
    return {(order, rule, since) for order, rule, since in session.execute(statement)} if order_ids else set()


def places(session: Session, *, today: date) -> dict[int, Place]:
    """Every grid by id."""
    rows = session.execute(
        text("""
SELECT g.id, g.code, b.id AS branch_id, b.code AS branch_code, EXISTS (SELECT FROM staff s WHERE s.unit_id = g.id
    AND s.role = 'grid_manager' AND s.active_from <= :today AND coalesce(s.active_to, 'infinity') >= :today) AS led
FROM units g JOIN units b ON b.id = g.parent_id WHERE g.kind = 'grid' ORDER BY g.id"""),
        {"today": today},
    )
    return {row.id: Place(row.code, row.branch_id, row.branch_code, row.led) for row in rows}


def open_counts(session: Session, kind: str) -> dict[int, int]:
    """By open notice of this kind: how many of its work orders are not resolved."""
    statement = (
        select(Notice.id, func.count(Escalation.id))
        .outerjoin(Escalation, (Escalation.notice_id == Notice.id) & Escalation.resolved_at.is_(None))
        .where(Notice.kind == kind, Notice.resolved_at.is_(None))
        .group_by(Notice.id)
        .order_by(Notice.id)
    )
    return {row[0]: row[1] for row in session.execute(statement)}
