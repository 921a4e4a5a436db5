"""A month's facts for PostgreSQL to keep and to add up, instead of row by row here."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Insert,
    Integer,
    MetaData,
    Numeric,
    Row,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.feedback import ContactFeedback, Verification
from app.points.credit import WHOLE
from app.points.credit_queries import credits_of, matured_between
from app.points.queries import judged_weight
from app.verification.queries import is_current

_ours = MetaData()
CREDITS = Table(
    "month_credits",
    _ours,
    Column("work_order_id", BigInteger),
    Column("staff_id", Integer),
    Column("counted", Text),
    Column("order_id", BigInteger),
    Column("share", Numeric),
    Column("score", Numeric),
)
VERDICTS = Table(
    "month_verdicts",
    _ours,
    Column("feedback_id", Uuid),
    Column("work_order_id", BigInteger),
    Column("staff_id", Integer),
    Column("verification_id", BigInteger),
    Column("verdict", Text),
    Column("weight", Numeric),
)


def credit_facts(month: Month, now: datetime) -> Insert:
    """Fill month_credits with the parts in the work orders that matured in a month by now."""
    parts = credits_of(matured_between(month.starts_at, min(month.ends_at, now))).subquery("parts")
    names = [column.name for column in CREDITS.columns]
    return insert(CREDITS).from_select(names, select(*(parts.c[name] for name in names)))


def verdict_facts(month: Month) -> Insert:
    """Fill month_verdicts with the current feedback received in a month and its standing verdict.

    All verdicts are sorted once: for a whole month that takes a third of the time of looking each latest one up.
    """
    found = (
        select(
            ContactFeedback.id,
            ContactFeedback.work_order_id,
            ContactFeedback.staff_id,
            Verification.id,
            Verification.verdict,
            judged_weight(Verification.__table__),
        )
        .outerjoin(Verification, Verification.feedback_id == ContactFeedback.id)
        .where(ContactFeedback.month == month, is_current())
        .ext(distinct_on(ContactFeedback.id))
        .order_by(ContactFeedback.id, Verification.number.desc())
    )
    return insert(VERDICTS).from_select([column.name for column in VERDICTS.columns], found)


def fact_counts(session: Session) -> dict[str, int]:
    """How many work orders and feedbacks were taken down."""
    orders = select(func.count(CREDITS.c.work_order_id.distinct())).scalar_subquery()
    feedbacks = select(func.count()).select_from(VERDICTS).scalar_subquery()
    row = session.execute(select(orders, feedbacks)).one()
    return {"work_orders": row[0], "feedbacks": row[1]}


def success_sums(session: Session) -> Iterator[Row[int, str, Any, Any, int]]:
    """(staff_id, counted, credit, expected, shared) over month_credits."""
    c = CREDITS.c
    shared = func.count().filter(c.share != WHOLE)
    statement = select(c.staff_id, c.counted, func.sum(c.share), func.sum(c.share * c.score), shared)
    return iter(session.execute(statement.group_by(c.staff_id, c.counted).order_by(c.staff_id, c.counted)))


def accuracy_sums(session: Session) -> Iterator[Row[int, str, int, Any, Any]]:
    """(staff_id, verdict or None, number, weight, sum of squared weights) over month_verdicts."""
    c = VERDICTS.c
    statement = select(c.staff_id, c.verdict, func.count(), func.sum(c.weight), func.sum(c.weight * c.weight))
    return iter(session.execute(statement.group_by(c.staff_id, c.verdict).order_by(c.staff_id, c.verdict)))
