"""Opening cases for the people who review: a report, or a manager's month."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from json import dumps

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.verification.pleading import Case

_INSERT = text(
    """
    INSERT INTO review_cases (kind, staff_id, grid_id, month, feedback_id, reasons, opened_at)
    SELECT CASE WHEN c.feedback_id IS NULL THEN 'manager' ELSE 'feedback' END, c.staff_id, c.grid_id, :month, c.feedback_id,
        c.reasons, :now
    FROM json_to_recordset(CAST(:cases AS json)) AS c (staff_id int, grid_id int, feedback_id uuid, reasons jsonb)
    ON CONFLICT (kind, staff_id, month, feedback_id) DO NOTHING
    RETURNING id
    """
)


def open_cases(session: Session, *, month: Month, cases: Iterable[Case], now: datetime) -> int:
    """Open those that are not there, decided ones included; how many are new. What was opened is left as it was."""
    rows = [
        {
            "staff_id": case.staff_id,
            "grid_id": case.grid_id,
            "feedback_id": None if case.feedback_id is None else str(case.feedback_id),
            "reasons": [asdict(reason) for reason in case.reasons],
        }
        for case in cases
    ]
    if not rows:
        return 0
    return len(session.scalars(_INSERT, {"month": month.first_day, "cases": dumps(rows), "now": now}).all())
