"""The figures of a whole month at once: facts are taken down once, so that sums and evidence agree; PostgreSQL adds them up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.points.closing.month_queries import accuracy_sums, credit_facts, fact_counts, success_sums, verdict_facts
from app.points.figures import CONFIRMED, CONTRADICTED, FAILED, LEFT_OUT, SUCCEEDED, BasePointsFact, ManagerFigures
from app.points.formula import AccuracyFigures, SuccessFigures

_TABLES = (
    "CREATE TEMP TABLE IF NOT EXISTS month_credits (work_order_id bigint, staff_id int, counted text, order_id bigint,"
    " share numeric, score numeric) ON COMMIT DROP",
    "CREATE TEMP TABLE IF NOT EXISTS month_verdicts (feedback_id uuid, work_order_id bigint, staff_id int,"
    " verification_id bigint, verdict text, weight numeric) ON COMMIT DROP",
    "TRUNCATE month_credits, month_verdicts",
)
# The planner takes the sub-queries of row level security, which nobody of the company's scope runs, for dear, and would look up
# each of half a million rows by itself.
_WHOLE, _AS_BEFORE = "SET LOCAL enable_nestloop = off", "SET LOCAL enable_nestloop TO DEFAULT"
_CREDITS = """
    INSERT INTO points_evidence (entry_id, grid_id, staff_id, work_order_id, order_id, counted, weight, score)
    SELECT e.id, e.grid_id, e.staff_id, c.work_order_id, c.order_id, c.counted, c.share, c.score
    FROM month_credits c JOIN points_entries e ON e.staff_id = c.staff_id
    WHERE e.month = :month AND e.kind = 'earned' AND e.component = 'success' ORDER BY c.work_order_id, c.staff_id
"""
_VERDICTS = """
    INSERT INTO points_evidence (entry_id, grid_id, staff_id, work_order_id, feedback_id, verification_id, counted, weight)
    SELECT e.id, e.grid_id, e.staff_id, v.work_order_id, v.feedback_id, v.verification_id, coalesce(v.verdict, 'unverifiable'),
        v.weight
    FROM month_verdicts v JOIN points_entries e ON e.staff_id = v.staff_id
    WHERE e.month = :month AND e.kind = 'earned' AND e.component = 'accuracy' ORDER BY v.work_order_id, v.feedback_id
"""


def take_down_facts(session: Session, *, month: Month, now: datetime) -> dict[str, int]:
    """Keep what matured and what was reported in a month, as it is in this moment, until the end of the transaction.

    Returns counts: work_orders, feedbacks.
    """
    for statement in _TABLES:
        session.execute(text(statement))
    session.execute(text(_WHOLE))
    session.execute(credit_facts(month, now))
    session.execute(verdict_facts(month))
    session.execute(text(_AS_BEFORE))
    return fact_counts(session)


def figures_of_month(session: Session, *, base_points: Iterable[BasePointsFact]) -> dict[int, ManagerFigures]:
    """Figures by staff id from the facts taken down, as `app.points.figures.gather` gives them from single ones."""
    existing: defaultdict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    for staff_id, component, points in base_points:
        existing[staff_id].append((component, points))
    success, accuracy = _success(success_sums(session)), _accuracy(accuracy_sums(session))
    return {
        staff_id: ManagerFigures(
            success.get(staff_id, SuccessFigures()),
            accuracy.get(staff_id, AccuracyFigures()),
            tuple(sorted(existing.get(staff_id, []))),
        )
        for staff_id in success.keys() | accuracy.keys() | existing.keys()
    }


def keep_evidence(session: Session, *, month: Month) -> None:
    """Put the facts behind the earned lines of the month, which are there by now; a plan need not pay for all of them."""
    for statement in (_CREDITS, _VERDICTS):
        session.execute(text(statement), {"month": month.first_day})


def _success(sums: Iterator[Any]) -> dict[int, SuccessFigures]:
    found: defaultdict[int, SuccessFigures] = defaultdict(SuccessFigures)
    for staff_id, counted, credit, expected, shared in sums:
        figures = found[staff_id]
        figures = replace(figures, shared=figures.shared + shared)
        if counted == LEFT_OUT:
            figures = replace(figures, left_out=credit)
        else:
            assert counted in (SUCCEEDED, FAILED)
            won = credit if counted == SUCCEEDED else figures.successes
            figures = replace(figures, successes=won, matured=figures.matured + credit, expected=figures.expected + expected)
        found[staff_id] = figures
    return dict(found)


def _accuracy(sums: Iterator[Any]) -> dict[int, AccuracyFigures]:
    found: defaultdict[int, AccuracyFigures] = defaultdict(AccuracyFigures)
    for staff_id, verdict, number, weight, squares in sums:
        one = found[staff_id]
        if verdict == CONFIRMED:
            one = replace(one, confirmed=number, truthful_weight=weight, truthful_squares=squares)
        elif verdict == CONTRADICTED:
            one = replace(one, contradicted=number)
        else:
            one = replace(one, unverifiable=one.unverifiable + number)
        if verdict in (CONFIRMED, CONTRADICTED):
            one = replace(one, judged_weight=one.judged_weight + weight, judged_squares=one.judged_squares + squares)
        found[staff_id] = one
    return dict(found)
