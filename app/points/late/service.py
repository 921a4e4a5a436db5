"""Late news of closed months: what a month should have paid is posted, as a difference, to the open month.

A sale that came or was cancelled late, a return decided or a work order withdrawn late, a report so late that it moves credit, a
verdict or points of the existing scheme that changed: all that changes what a closed month was paid by.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import Month
from app.points import queries
from app.points.evidence import EvidenceRow, insert_evidence
from app.points.late.correcting import LatePosting, correct_accuracy, correct_existing, correct_success
from app.points.late.steps import Kind
from app.points.ledger.service import month_for_late, post_entries
from app.points.plans.in_force import take_points_lock

LOOK_BACK_MONTHS = 12  # closed months that are compared with the facts


def adjust_closed_months(session: Session, *, now: datetime) -> dict[str, Any]:
    """Post an adjustment for each fact of a closed month that counts otherwise now than it was paid.

    Each refers to the original line; together with it they always sum to the points under the facts as they are now. Doing it
    again changes nothing. Returns a count of each Kind (late_wins, cancelled, ...), points, and the month they went to.
    """
    take_points_lock(session)
    latest = queries.find_latest_closed(session)
    since = None if latest is None else _first_month(latest)
    postings = [] if since is None else _postings(session, since)
    counts = {kind.counter: sum(late.kind is kind for late in postings) for kind in Kind}
    if latest is None or not postings:
        return counts | {"points": "0"}
    month = month_for_late(session, now=now)
    post_late(session, postings, month, now)
    points = sum((late.posting.points for late in postings), Decimal(0))
    return counts | {"points": str(points), "month": str(month)}


def _first_month(latest: Month) -> Month:
    number = max(latest.year * 12 + latest.number - LOOK_BACK_MONTHS, 1971 * 12)  # months since the year 0, from 0
    return Month(number // 12, number % 12 + 1)


def _postings(session: Session, since: Month) -> list[LatePosting]:
    return [*correct_success(session, since), *correct_accuracy(session, since), *correct_existing(session, since)]


def post_late(session: Session, postings: Sequence[LatePosting], month: Month, now: datetime) -> list[int]:
    """Post these to a month that was opened, each with its evidence; the ids of their entries, in their order."""
    made = post_entries(session, [late.posting for late in postings], month=month, now=now)
    insert_evidence(
        session,
        [
            EvidenceRow(entry_id, late.posting.grid_id, late.posting.staff_id, *late.evidence)
            for entry_id, late in zip(made, postings, strict=True)
            if late.evidence is not None
        ],
    )
    return made
