"""Reads behind the checks before a close."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Text, cast, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.core import clock
from app.core.clock import Month
from app.feedback.decisions import WAITS_IN_ORDER
from app.models.close import CarriedKind, CarriedOver, MonthOverride
from app.models.dispute import PointsDispute
from app.models.evidence import ReviewCase
from app.models.feedback import BackCheck, QuarantinedFeedback
from app.models.organisation import Account, Staff
from app.models.points import BasePoints
from app.models.work_order import WorkOrder, WorkOrderReturn
from app.points.queries import is_paid
from app.verification.matching import CALL_TOLERANCE

# The days of an hour's reports are those of its first and its last.
_CALLS_MISSING = text("""
WITH said AS (
    SELECT min(f.contacted_at) AS first, max(f.contacted_at) AS last FROM contact_feedback f
    WHERE f.month = :month AND f.received_at >= :starts_at AND f.received_at < :ends_at AND f.channel = 'call'
        AND NOT EXISTS (SELECT FROM contact_feedback c WHERE c.corrects_id = f.id AND c.corrects_id IS NOT NULL)
    GROUP BY date_trunc('hour', f.contacted_at)
)
SELECT DISTINCT d.day FROM said
CROSS JOIN LATERAL (VALUES (first - :near), (first + :near), (last - :near), (last + :near)) AS t (at)
CROSS JOIN LATERAL (SELECT CAST(t.at AT TIME ZONE :zone AS date) AS day) d
WHERE NOT EXISTS (SELECT FROM feed_days x WHERE x.feed = 'calls' AND x.day = d.day) ORDER BY d.day
""")
# From the first dispatch of a campaign whose orders mature in the month until they do: a cancellation counts until then. Which
# campaigns these are the kept figures say, or, of one that was never added up, its own work orders.
_ORDERS_MISSING = text("""
WITH asked AS (
    SELECT campaign_id FROM campaign_month_figures WHERE month = :month AND (matured <> 0 OR left_out <> 0)
    UNION SELECT m.campaign_id FROM figure_marks m WHERE m.campaign_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM campaign_month_figures f WHERE f.campaign_id = m.campaign_id)
), due AS (
    SELECT a.campaign_id, (SELECT w.matures_at FROM work_orders w WHERE w.campaign_id = a.campaign_id
        AND w.matures_at > :starts_at AND w.matures_at <= :ends_at LIMIT 1) AS matures_at FROM asked a
), span AS (
    SELECT coalesce((SELECT min(r.started_at) FROM dispatch_runs r WHERE r.campaign_id = d.campaign_id),
        (SELECT min(w.dispatched_at) FROM work_orders w WHERE w.campaign_id = d.campaign_id)) AS begins, d.matures_at
    FROM due d WHERE d.matures_at IS NOT NULL
)
SELECT DISTINCT CAST(d.day AS date) AS day FROM span CROSS JOIN LATERAL generate_series(
    CAST(begins AT TIME ZONE :zone AS date), CAST(matures_at AT TIME ZONE :zone - interval '1 microsecond' AS date),
    interval '1 day') AS d (day)
WHERE NOT EXISTS (SELECT FROM feed_days x WHERE x.feed = 'orders' AND x.day = CAST(d.day AS date))
ORDER BY 1
""")


class SaidSo(NamedTuple):
    """Who passed over a check of a closed month, why and when."""

    check_code: str
    reason: str
    by: str
    at: datetime


class Open(NamedTuple):
    """How many wait, and how many of the undecided were carried over."""

    waiting: int
    carried: int


def calls_missing(session: Session, month: Month) -> list[date]:
    """Local days of calls reported in a month of which the calls feed is not complete."""
    return list(session.scalars(_CALLS_MISSING, _values(month) | {"near": CALL_TOLERANCE}))


def orders_missing(session: Session, month: Month) -> list[date]:
    """Local days on which a work order of the month could be won or lost again, of which the orders feed is not complete."""
    return list(session.scalars(_ORDERS_MISSING, _values(month)))


def fed_managers(session: Session, month: Month) -> tuple[int, int]:
    """(who is paid in a month, those of them of whom the existing scheme says nothing)."""
    fed = select(BasePoints.staff_id).where(BasePoints.staff_id == Staff.id, BasePoints.period == month).exists()
    statement = select(func.count(), func.count().filter(~fed)).select_from(Staff).where(is_paid(month))
    row = session.execute(statement).one()
    return row[0], row[1]


def open_disputes(session: Session, month: Month) -> Open:
    """Undecided disputes about a month."""
    carried = _carried(CarriedKind.DISPUTE, PointsDispute.id)
    statement = select(func.count().filter(~carried), func.count().filter(carried)).select_from(PointsDispute)
    return Open._make(session.execute(statement.where(PointsDispute.month == month, PointsDispute.decided_at.is_(None))).one())


def open_reviews(session: Session, month: Month) -> Open:
    """Undecided reviews of a month."""
    carried = _carried(CarriedKind.REVIEW, ReviewCase.id)
    statement = select(func.count().filter(~carried), func.count().filter(carried)).select_from(ReviewCase)
    return Open._make(session.execute(statement.where(ReviewCase.month == month, ReviewCase.decided_at.is_(None))).one())


def set_aside(session: Session, month: Month) -> Open:
    """Reports of a month kept aside: (as they are, waiting for an earlier one)."""
    kept = QuarantinedFeedback
    waits = (kept.code == WAITS_IN_ORDER) | kept.waits_for_id.is_not(None)
    statement = select(func.count().filter(~waits), func.count().filter(waits)).select_from(kept)
    received = kept.received_at >= month.starts_at, kept.received_at < month.ends_at, kept.released_at.is_(None)
    return Open._make(session.execute(statement.where(*received)).one())


def undecided_returns(session: Session, month: Month) -> int:
    """Returns of work orders that mature in a month on which nobody decided."""
    statement = select(func.count()).select_from(WorkOrderReturn).join(WorkOrder, WorkOrder.id == WorkOrderReturn.work_order_id)
    matured = WorkOrder.matures_at > month.starts_at, WorkOrder.matures_at <= month.ends_at
    return session.scalars(statement.where(WorkOrderReturn.decided_at.is_(None), *matured)).one()


def unanswered_back_checks(session: Session, month: Month) -> int:
    """Back-checks of a month that nobody answered."""
    statement = select(func.count()).select_from(BackCheck).where(BackCheck.month == month, BackCheck.answered_at.is_(None))
    return session.scalars(statement).one()


def overrides_of(session: Session, month: Month) -> Sequence[SaidSo]:
    """The checks of a month that somebody passed over."""
    person = aliased(Staff)
    statement = (
        select(
            MonthOverride.check_code,
            MonthOverride.reason,
            func.coalesce(person.name, Account.login),
            MonthOverride.overridden_at,
        )
        .join(Account, Account.id == MonthOverride.account_id)
        .outerjoin(person, person.id == Account.staff_id)
        .where(MonthOverride.month == month)
        .order_by(MonthOverride.check_code)
    )
    return [SaidSo._make(row) for row in session.execute(statement)]


def find_undecided(session: Session, kind: CarriedKind, ref: str, *, grid_ids: Collection[int]) -> Row[Month, int] | None:
    """(month, grid id) of the undecided dispute or review of these grids whose id reads so."""
    about = PointsDispute if kind is CarriedKind.DISPUTE else ReviewCase
    undecided = cast(about.id, Text) == ref, about.grid_id.in_(grid_ids), about.decided_at.is_(None)
    return session.execute(select(about.month, about.grid_id).where(*undecided).order_by(about.id)).one_or_none()


def _values(month: Month) -> dict[str, Any]:
    """What both statements ask: their months are found by `received_at`, which is written in order, and by what is kept."""
    return {"month": month.first_day, "starts_at": month.starts_at, "ends_at": month.ends_at, "zone": clock.zone().key}


def _carried(kind: CarriedKind, about: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    said = CarriedOver.kind == kind, CarriedOver.ref == cast(about, Text)
    return select(CarriedOver.ref).where(*said).exists()
