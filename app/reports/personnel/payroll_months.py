"""Months of points as the console shows them: open, over or closed, and whether payroll holds their files."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month

_MONTHS = text("""
SELECT m.month, m.closed_at, a.login AS closed_by, f.row_count, f.points_sum, f.sha256,
    coalesce(d.files, 0) + (f.month IS NOT NULL)::int AS files,
    coalesce(d.held, 0) + (k.month IS NOT NULL)::int AS held, k.acknowledged_at,
    (SELECT count(*) FROM month_overrides o WHERE o.month = m.month) AS passed_over
FROM points_months m LEFT JOIN accounts a ON a.id = m.closed_by_account_id
    LEFT JOIN payroll_files f ON f.month = m.month LEFT JOIN payroll_acknowledgements k ON k.month = m.month
    LEFT JOIN (SELECT x.month, count(*) AS files, count(y.month) AS held FROM payroll_delta_files x
        LEFT JOIN payroll_delta_acknowledgements y USING (month, version) GROUP BY 1) d ON d.month = m.month
WHERE m.closed_at IS NOT NULL ORDER BY m.month DESC LIMIT 120
""")
OPEN, OVER, CLOSED = "open", "over", "closed"


@dataclass(frozen=True)
class PayrollMonth:
    """A month: open, over (it can be closed) or closed. `files`: its files, `held`: those of them that payroll acknowledged;
    `passed_over`: checks that it was closed despite."""

    month: str
    state: str
    closed_at: datetime | None = None
    closed_by: str | None = None
    row_count: int | None = None
    points_sum: Decimal | None = None
    sha256: str | None = None
    files: int = 0
    held: int = 0
    acknowledged_at: datetime | None = None
    passed_over: int = 0


def payroll_months(session: Session, *, now: datetime) -> list[PayrollMonth]:
    """This month, those that are over and not closed, and the closed ones; the newest first."""
    rows = session.execute(_MONTHS).all()
    closed = [PayrollMonth(str(row.month)[:7], CLOSED, *row[1:]) for row in rows]
    newest = Month.of_day(rows[0].month) if rows else Month.of(now).previous.previous
    this, unclosed = Month.of(now), []
    one = newest.next
    while one < this:
        unclosed.append(PayrollMonth(str(one), OVER))
        one = one.next
    return [PayrollMonth(str(this), OPEN), *reversed(unclosed), *closed]
