"""Everything that was reported on one work order, for whoever manages its grid: one statement, its JSON made by PostgreSQL."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dispatch.queries import UnknownWorkOrder

_REPORTS = text("""
SELECT json_build_object('work_order_id', w.id, 'reports', (
    SELECT coalesce(json_agg(x ORDER BY x.received_at, x.id), '[]') FROM (
        SELECT f.id, s.staff_no, s.name AS manager_name, f.corrects_id,
            (SELECT n.id FROM contact_feedback n WHERE n.corrects_id = f.id) AS corrected_by, f.channel, f.outcome, f.objection,
            f.reached, f.callback_at, f.note, f.contacted_at, f.received_at, f.elapsed_ms, f.clock_doubtful, f.latitude,
            f.longitude, f.accuracy_metres, f.mock_location,
            (SELECT v.verdict FROM verifications v WHERE v.feedback_id = f.id ORDER BY v.number DESC LIMIT 1) AS verdict,
            (SELECT json_build_object('operator', c.operator, 'monthly_price', trim_scale(c.monthly_price)::text,
                'ends_on', c.ends_on) FROM competitor_findings c WHERE c.feedback_id = f.id) AS competitor,
            (SELECT coalesce(json_agg(json_build_object('field', p.field, 'decision', p.decision) ORDER BY p.field), '[]')
                FROM correction_proposals p WHERE p.feedback_id = f.id) AS proposals,
            (SELECT coalesce(json_agg(json_build_object('id', l.attachment_id, 'content_type', a.content_type,
                'kept_bytes', a.kept_bytes, 'standing', CASE WHEN a.id IS NULL THEN 'not_arrived'
                    WHEN a.refused_because IS NOT NULL THEN 'refused' WHEN a.completed_at IS NULL THEN 'arriving' ELSE 'kept' END)
                ORDER BY l.attachment_id), '[]')
                FROM feedback_attachments l LEFT JOIN attachments a ON a.id = l.attachment_id AND a.staff_id = f.staff_id
                    AND a.work_order_id = f.work_order_id
                WHERE l.feedback_id = f.id) AS attachments
        FROM contact_feedback f JOIN staff s ON s.id = f.staff_id WHERE f.work_order_id = w.id) x)) AS found
FROM work_orders w WHERE w.id = :work_order_id AND (w.grid_id = ANY(:grid_ids) OR w.lent_to_grid_id = ANY(:grid_ids))
""")


def reports_on(session: Session, *, work_order_id: int, grid_ids: Collection[int]) -> dict[str, Any]:
    """The reports on a work order of these grids, or lent to one, as they came. Raises UnknownWorkOrder."""
    row = session.execute(_REPORTS, {"work_order_id": work_order_id, "grid_ids": list(grid_ids)}).one_or_none()
    if row is None:
        raise UnknownWorkOrder
    return dict(row.found)
