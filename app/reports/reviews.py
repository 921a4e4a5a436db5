"""The queue of cases, and all that is known of one on one page."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select, text, tuple_
from sqlalchemy.orm import Session

from app.core.paging import Page, clamp_page_size, read_cursor, write_cursor
from app.models.evidence import CaseDecision, ReviewCase
from app.models.organisation import Staff, Unit
from app.reports.accuracy import accuracy_of
from app.verification.reviewing.queries import UnknownCase


class Standing(StrEnum):
    """Where a case stands: nobody decided; upheld and waiting for the second person; done."""

    OPEN = "open"
    TO_SECOND = "to_second"
    DONE = "done"


_STANDS: dict[Standing, ColumnElement[bool]] = {
    Standing.OPEN: ReviewCase.decided_at.is_(None),
    Standing.TO_SECOND: (ReviewCase.decision == CaseDecision.UPHELD) & ReviewCase.seconded_at.is_(None),
    Standing.DONE: (ReviewCase.decision == CaseDecision.DISMISSED) | ReviewCase.seconded_at.is_not(None),
}

# The report with its traces in the feeds, where it was, what rules found, its verdicts, photos and what else happened with the
# customer; metres by the haversine formula on a sphere of 6,371 km.
_EVIDENCE = text("""
SELECT json_build_object(
    'feedback', json_build_object('id', f.id, 'work_order_id', f.work_order_id, 'channel', f.channel, 'outcome', f.outcome,
        'objection', f.objection, 'note', f.note, 'contacted_at', f.contacted_at, 'received_at', f.received_at,
        'elapsed_ms', f.elapsed_ms, 'clock_offset_seconds', f.clock_offset_seconds, 'clock_doubtful', f.clock_doubtful,
        'device_id', f.device_id, 'corrects_id', f.corrects_id),
    'position', json_build_object('latitude', f.latitude, 'longitude', f.longitude, 'accuracy_metres', f.accuracy_metres,
        'mock_location', f.mock_location, 'metres_to_address', CASE WHEN f.latitude IS NOT NULL AND c.latitude IS NOT NULL THEN
            round((12742000 * asin(least(1, sqrt(power(sin(radians(f.latitude - c.latitude) / 2), 2) + cos(radians(f.latitude))
            * cos(radians(c.latitude)) * power(sin(radians(f.longitude - c.longitude) / 2), 2)))))::numeric) END),
    'customer', json_build_object('customer_no', c.customer_no, 'name', c.name, 'address', c.address),
    'findings', (SELECT coalesce(json_agg(json_build_object('rule', e.rule, 'version', e.rule_version, 'strength', e.strength,
        'facts', e.facts, 'found_at', e.found_at) ORDER BY e.rule, e.rule_version), '[]') FROM evidence_findings e
        WHERE e.feedback_id = f.id),
    'calls', (SELECT coalesce(json_agg(json_build_object('call_id', k.call_id, 'started_at', k.started_at,
        'duration_seconds', k.duration_seconds) ORDER BY k.started_at, k.call_id), '[]') FROM calls k
        WHERE k.staff_id = f.staff_id AND k.customer_id = f.customer_id
        AND k.started_at BETWEEN f.contacted_at - interval '3 days' AND f.contacted_at + interval '3 days'),
    'orders', (SELECT coalesce(json_agg(json_build_object('order_no', o.order_no, 'family', p.family,
        'ordered_at', o.ordered_at, 'cancelled_at', o.cancelled_at) ORDER BY o.ordered_at, o.order_no), '[]') FROM orders o
        JOIN products p ON p.id = o.product_id WHERE o.customer_id = f.customer_id AND o.ordered_at >= w.dispatched_at),
    'verdicts', (SELECT coalesce(json_agg(json_build_object('number', v.number, 'kind', v.kind, 'verdict', v.verdict,
        'rule', v.rule, 'evidence', v.evidence, 'decided_at', v.decided_at) ORDER BY v.number), '[]') FROM verifications v
        WHERE v.feedback_id = f.id),
    'photos', (SELECT coalesce(json_agg(json_build_object('id', l.attachment_id, 'content_type', a.content_type)
        ORDER BY l.attachment_id), '[]') FROM feedback_attachments l JOIN attachments a ON a.id = l.attachment_id
        WHERE l.feedback_id = f.id AND a.kept_path IS NOT NULL),
    'history', (SELECT coalesce(json_agg(x ORDER BY x.contacted_at DESC, x.id), '[]') FROM (SELECT h.id, s.staff_no, h.channel,
        h.outcome, h.contacted_at FROM contact_feedback h JOIN staff s ON s.id = h.staff_id
        WHERE h.customer_id = f.customer_id AND h.id <> f.id ORDER BY h.contacted_at DESC, h.id LIMIT 20) x)) AS found
FROM contact_feedback f JOIN work_orders w ON w.id = f.work_order_id LEFT JOIN customers c ON c.id = f.customer_id
WHERE f.id = ANY (:feedback_ids) ORDER BY f.received_at, f.id
""")

# A manager's month: what rules found how often in how many reports, and the cases about single ones.
_MONTH = text("""
SELECT json_build_object(
    'reports', (SELECT count(*) FROM contact_feedback f WHERE f.staff_id = :staff_id AND f.month = :month),
    'found', (SELECT coalesce(json_agg(x ORDER BY x.reports DESC, x.rule), '[]') FROM (SELECT e.rule, e.rule_version AS version,
        count(DISTINCT e.feedback_id) AS reports, max(e.strength) AS strongest FROM evidence_findings e
        WHERE e.staff_id = :staff_id AND e.month = :month GROUP BY 1, 2) x),
    'cases', (SELECT coalesce(json_agg(json_build_object('id', r.id, 'kind', r.kind, 'feedback_id', r.feedback_id,
        'decision', r.decision, 'seconded_at', r.seconded_at) ORDER BY r.id), '[]') FROM review_cases r
        WHERE r.staff_id = :staff_id AND r.month = :month AND r.grid_id = ANY (:grid_ids) AND r.id <> :case_id)) AS found
""")
_EVENTS = text("""
SELECT e.act, e.reason, e.happened_at, a.login FROM review_events e JOIN accounts a ON a.id = e.account_id
WHERE e.case_id = :case_id ORDER BY e.id
""")


def case_page(
    session: Session, *, grid_ids: Collection[int], standing: Standing, secret: str, cursor: str | None, limit: int
) -> Page[Row[*tuple[Any, ...]]]:
    """A page of these grids' cases, the longest open first. Raises WrongCursor, Invalid for a wrong limit."""
    size = clamp_page_size(limit)
    list_name = f"reviews/{standing}/{sorted(grid_ids)}"
    statement = _cases().where(ReviewCase.grid_id.in_(grid_ids), _STANDS[standing])
    if cursor is not None:
        opened_at, case_id = read_cursor(secret, list_name, cursor)
        statement = statement.where(tuple_(ReviewCase.opened_at, ReviewCase.id) > (datetime.fromisoformat(opened_at), case_id))
    rows = session.execute(statement.order_by(ReviewCase.opened_at, ReviewCase.id).limit(size + 1)).all()
    last = [rows[size - 1].opened_at.isoformat(), rows[size - 1].id] if len(rows) > size else None
    return Page(rows[:size], write_cursor(secret, list_name, last) if last else None)


def show_case(session: Session, *, case_id: int, grid_ids: Collection[int]) -> dict[str, Any]:
    """One case of these grids with its evidence, the manager's month and figures, and who did what. Raises UnknownCase."""
    row = session.execute(_cases().where(ReviewCase.id == case_id, ReviewCase.grid_id.in_(grid_ids))).one_or_none()
    if row is None:
        raise UnknownCase
    values = {"staff_id": row.staff_id, "month": row.month.first_day, "grid_ids": list(grid_ids), "case_id": case_id}
    evidence = next(iter(evidence_of(session, [row.feedback_id])), None) if row.feedback_id else None
    events = [dict(one._mapping) for one in session.execute(_EVENTS, {"case_id": case_id})]
    figures = accuracy_of(session, month=row.month, staff_id=row.staff_id, grid_id=row.grid_id)
    shown = {"case": row, "evidence": evidence, "manager_month": session.scalar(_MONTH, values)}
    return shown | {"manager_figures": figures, "events": events}


def evidence_of(session: Session, feedback_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """All that is known of each of these reports, as far as the session sees them, in the order in which they came."""
    return list(session.scalars(_EVIDENCE, {"feedback_ids": list(feedback_ids)}))


def _cases() -> Any:
    return (
        select(
            ReviewCase.id,
            ReviewCase.kind,
            ReviewCase.staff_id,
            ReviewCase.grid_id,
            ReviewCase.month,
            ReviewCase.feedback_id,
            ReviewCase.reasons,
            ReviewCase.opened_at,
            ReviewCase.decision,
            ReviewCase.decision_reason,
            ReviewCase.decided_at,
            ReviewCase.seconded_at,
            Staff.staff_no,
            Staff.name.label("manager_name"),
            Unit.code.label("grid_code"),
        )
        .join(Staff, Staff.id == ReviewCase.staff_id)
        .join(Unit, Unit.id == ReviewCase.grid_id)
    )
