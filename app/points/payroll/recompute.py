"""Recomputing a closed month from its stored inputs: the same bytes as payroll pulled, or it is said where they differ."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, insert
from sqlalchemy.orm import Session

from app.core.clock import Month
from app.core.errors import Conflict
from app.models.payroll import PointsInputs
from app.points import statement_queries
from app.points.figures import BasePointsFact
from app.points.payroll import file_queries, recompute_queries
from app.points.payroll.file_format import read_file
from app.points.payroll.recomputing import MonthInputs, first_difference, recompute_file
from app.points.plans.in_force import get_plan


class InputsNotKept(Conflict):
    """This month was closed by a release that did not keep what is needed to compute it again."""

    code = "month.inputs_not_kept"


class RecomputedDiffers(Conflict):
    """The month as computed again is not the one that was paid."""

    code = "month.recomputed_differs"


def keep_inputs(
    session: Session,
    *,
    month: Month,
    managers: Sequence[Row[int, str, int]],
    base_points: list[BasePointsFact],
    company_ratio: Decimal,
) -> None:
    """Keep, at the close, who is paid, what was fed and the company's ratio; the evidence holds the rest."""
    fed = [[fact.staff_id, fact.component, str(fact.points)] for fact in base_points]
    kept = {"managers": [list(one) for one in managers], "base_points": fed, "company_ratio": company_ratio}
    session.execute(insert(PointsInputs).values(month=month, **kept))


def recompute_month(session: Session, *, month: Month, now: datetime) -> dict[str, Any]:
    """Compute a closed month's first file anew, from nothing but what was stored at its close.

    Returns rows, sum, SHA-256, and when. Raises MonthNotClosed, InputsNotKept; RecomputedDiffers, which names the first
    difference.
    """
    stored = statement_queries.get_payroll_file(session, month)
    computed = recompute_file(_inputs(session, month))
    if computed.sha256 != stored.sha256:
        found = first_difference(read_file(stored.content), read_file(computed.content))
        raise RecomputedDiffers(f"{month}: {found}", stored=stored.sha256, computed=computed.sha256)
    counted = {"rows": computed.row_count, "points": str(computed.points_sum), "sha256": computed.sha256}
    return {"month": str(month)} | counted | {"recomputed_at": now.isoformat(timespec="seconds")}


def _inputs(session: Session, month: Month) -> MonthInputs:
    kept = recompute_queries.find_inputs(session, month)
    if kept is None or recompute_queries.lacks_scores(session, month):
        raise InputsNotKept
    plan_ids = recompute_queries.plan_ids(session, month)
    plans = {plan_id: get_plan(session, plan_id) for plan_id in set(plan_ids.values())}
    return MonthInputs(
        month=str(month),
        plans={staff_id: plans[plan_id] for staff_id, plan_id in plan_ids.items()},
        managers={staff_id: staff_no for staff_id, staff_no, _ in kept.managers},
        work_orders=recompute_queries.work_orders(session, month),
        feedback=recompute_queries.feedback(session, month),
        base_points=[BasePointsFact(staff_id, component, Decimal(points)) for staff_id, component, points in kept.base_points],
        entry_ids=recompute_queries.entry_ids(session, month),
        posted=file_queries.posted_lines(session, month),
        company_ratio=kept.company_ratio,
    )
