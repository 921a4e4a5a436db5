"""Late news of closed months: what a month should have paid is posted, as a difference, to the open month.

A sale that came or was cancelled late, a return decided late, a work order withdrawn late: all that changes the rate.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.models.points import EntryKind, PointsEntry
from app.points import adjustment_queries, queries
from app.points.adjustment_queries import Change
from app.points.evidence import EvidenceRow, insert_evidence
from app.points.figures import LEFT_OUT
from app.points.formula import Plan, SuccessFigures, earn_success
from app.points.late import Kind, add_steps, kind_of, read_step, step_of
from app.points.plans import get_plan, open_month, take_points_lock
from app.points.words import explain_adjustment

LOOK_BACK_MONTHS = 12  # closed months that are compared with billing

Posting = tuple[Change, dict[str, Any]]


def adjust_closed_months(session: Session, *, now: datetime) -> dict[str, Any]:
    """Post an adjustment for each work order of a closed month that counts otherwise now than it was paid.

    Each refers to the original line; together with it they always sum to the points under the facts as they are now. Doing it
    again changes nothing. Returns counts: late_wins, cancelled, left_out, counted_again, points, and the month they went to.
    """
    take_points_lock(session)
    latest = queries.find_latest_closed(session)
    changes = [] if latest is None else adjustment_queries.changed_outcomes(session, _first_month(latest))
    counts = {of.counter: sum(kind_of(change.counted_before, change.counted_now) is of for change in changes) for of in Kind}
    if latest is None or not changes:
        return counts | {"points": "0"}
    month = max(Month.of(now), latest.next)
    open_month(session, month=month, now=now)
    postings = list(_postings(session, changes))
    _post(session, postings, month, now)
    points = sum((values["points"] for _, values in postings), Decimal(0))
    return counts | {"points": str(points), "month": str(month)}


def _first_month(latest: Month) -> Month:
    number = max(latest.year * 12 + latest.number - LOOK_BACK_MONTHS, 1971 * 12)  # months since the year 0, from 0
    return Month(number // 12, number % 12 + 1)


def _postings(session: Session, changes: Sequence[Change]) -> Iterator[Posting]:
    originals = {entry.id: entry for entry in adjustment_queries.entries(session, {change.entry_id for change in changes})}
    earlier: defaultdict[int | None, list[PointsEntry]] = defaultdict(list)
    for entry in adjustment_queries.adjustments_of(session, originals):
        earlier[entry.refers_to_id].append(entry)
    plans = {plan_id: get_plan(session, plan_id) for plan_id in {entry.plan_id for entry in originals.values()}}
    for entry_id, of_entry in groupby(changes, key=lambda change: change.entry_id):
        original = originals[entry_id]
        yield from _correct(original, earlier[entry_id], list(of_entry), plans[original.plan_id])


def _correct(original: PointsEntry, earlier: list[PointsEntry], changes: list[Change], plan: Plan) -> Iterator[Posting]:
    """One posting for each change; each starts from where the one before left the figures."""
    figures, ratio = _figures_of(original)
    before = add_steps(figures, [read_step(entry.explanation["figures"]) for entry in earlier])
    causes = [entry.cause or "" for entry in earlier]
    for change in changes:
        kind, step = kind_of(change.counted_before, change.counted_now), step_of(change)
        after = add_steps(before, [step])
        points = earn_success(after, plan, ratio).points - earn_success(before, plan, ratio).points
        cause = _cause(f"{kind}:{change.work_order_id}", causes)
        explanation = explain_adjustment(
            kind=kind, month=str(original.month), order_no=change.order_no, before=before, step=step, points=points
        )
        place = {"staff_id": original.staff_id, "grid_id": original.grid_id, "component": original.component}
        origin = {"plan_id": original.plan_id, "refers_to_id": original.id, "cause": cause}
        yield change, place | origin | {"points": points, "explanation": explanation}
        before = after


def _figures_of(original: PointsEntry) -> tuple[SuccessFigures, Decimal]:
    stored = original.explanation["figures"]
    figures = SuccessFigures(stored["successes"], stored["matured"], stored["left_out"], Decimal(stored["expected"]))
    return figures, Decimal(stored["company_ratio"])


def _cause(name: str, earlier: Sequence[str]) -> str:
    """The name, numbered where the same work order changed the same way before."""
    again = sum(cause == name or cause.startswith(name + "#") for cause in earlier)
    return f"{name}#{again + 1}" if again else name


def _post(session: Session, postings: Sequence[Posting], month: Month, now: datetime) -> None:
    rows = [values | {"month": month, "kind": EntryKind.ADJUSTMENT, "posted_at": now} for _, values in postings]
    made = session.scalars(insert(PointsEntry).returning(PointsEntry.id, sort_by_parameter_order=True), rows)
    insert_evidence(
        session,
        [
            EvidenceRow(
                entry_id=entry_id,
                grid_id=values["grid_id"],
                staff_id=values["staff_id"],
                work_order_id=change.work_order_id,
                feedback_id=None,
                verification_id=None,
                order_id=change.order_id,
                counted=change.counted_now,
                weight=Decimal(0 if change.counted_now == LEFT_OUT else 1),
            )
            for entry_id, (change, values) in zip(made, postings, strict=True)
        ],
    )
