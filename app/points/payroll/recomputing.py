"""A closed month once more, from what it was computed from, in whatever order that comes (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.points.figures import BasePointsFact, FeedbackFact, ManagerFigures, WorkOrderFact, gather, lines_of, ratio_of
from app.points.formula import Plan
from app.points.payroll.file_format import Contents, PayrollLine, points_text, write_file


@dataclass(frozen=True)
class MonthInputs:
    """What a month was computed from. `plans`: by staff id; `managers`: staff number by staff id; `entry_ids`: of the earned
    lines, by staff id and component; `posted`: the lines that others than the month's own facts brought; `company_ratio`: m of
    the success index over everybody, also over those whose plan pays no success and of whom there are no facts here; None of
    months that were closed before it was kept."""

    month: str
    plans: Mapping[int, Plan]
    managers: Mapping[int, str]
    work_orders: Iterable[WorkOrderFact]
    feedback: Iterable[FeedbackFact]
    base_points: Iterable[BasePointsFact]
    entry_ids: Mapping[tuple[int, str], int]
    posted: Sequence[PayrollLine]
    company_ratio: Decimal | None = None


def recompute_file(inputs: MonthInputs) -> Contents:
    """The month's first file by these facts and plans. Raises KeyError for a line without an entry."""
    figures = gather(inputs.work_orders, inputs.feedback, inputs.base_points)
    ratio = ratio_of(figures) if inputs.company_ratio is None else inputs.company_ratio
    earned = [
        PayrollLine(
            entry_id=str(inputs.entry_ids[staff_id, line.earned.component]),
            month=inputs.month,
            staff_no=staff_no,
            component=line.earned.component,
            kind="earned",
            points=points_text(line.earned.points),
            refers_to_entry="",
            reason="",
        )
        for staff_id, staff_no in inputs.managers.items()
        for line in lines_of(figures.get(staff_id, ManagerFigures()), inputs.plans[staff_id], ratio)
    ]
    return write_file([*earned, *inputs.posted])


def first_difference(stored: Sequence[PayrollLine], computed: Sequence[PayrollLine]) -> str:
    """Where two files differ first, in words; empty where they do not."""
    for number, (one, other) in enumerate(zip(stored, computed, strict=False), start=2):
        if one != other:
            return f"row {number}: {one.staff_no} {one.component} {one.points} is computed as {other.staff_no} {other.points}"
    return "" if len(stored) == len(computed) else f"{len(stored)} rows are stored, {len(computed)} computed"
