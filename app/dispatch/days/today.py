"""The order in which a day's work is recommended, and why each comes where it does (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Because(StrEnum):
    """Why a work order comes where it does."""

    CALLBACK = "callback"  # the customer waits to be called back today
    LAST_DAY = "last_day"  # today is its last day
    VALUE = "value"  # the more is expected of it the sooner
    LATER = "later"  # the customer asked to be called back on a later day


_TURN = {Because.CALLBACK: 0, Because.LAST_DAY: 1, Because.VALUE: 2, Because.LATER: 3}


@dataclass(frozen=True)
class Task:
    """A work order of the day. `value`: money, None where no price is known; `score`: probability; `callback_day` is local."""

    work_order_id: int
    due_on: date
    value: float | None
    score: float
    callback_at: datetime | None = None
    callback_day: date | None = None


def recommend(tasks: Iterable[Task], *, today: date) -> list[tuple[Task, Because]]:
    """Callbacks of today by their time, then last days, then by value and where it is equal or unknown by score; at the end
    those who want to be called another day.
    """
    judged = [(task, _because(task, today)) for task in tasks]
    return sorted(judged, key=lambda one: (_TURN[one[1]], _time(one[0], one[1]), *_worth(one[0])))


def _worth(task: Task) -> tuple[bool, float, float, date, int]:
    """Money and probability are not compared: what has no price comes after what has one."""
    return task.value is None, -(task.value or 0.0), -task.score, task.due_on, task.work_order_id


def _because(task: Task, today: date) -> Because:
    if task.callback_day is not None:
        return Because.CALLBACK if task.callback_day <= today else Because.LATER
    return Because.LAST_DAY if task.due_on <= today else Because.VALUE


def _time(task: Task, because: Because) -> float:
    return task.callback_at.timestamp() if task.callback_at is not None and because in (Because.CALLBACK, Because.LATER) else 0.0
