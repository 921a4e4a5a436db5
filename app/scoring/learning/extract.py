"""Any extract made ready to learn from: what is the label, what may teach, and what is left out for which reason."""

import operator
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from app.core.errors import Invalid
from app.scoring.learning.encoding import to_numbers
from app.scoring.learning.features import CALENDAR_NAMES, NOT_FEATURES
from app.scoring.learning.figures import why_left_out
from app.scoring.learning.labels import FEWEST_OF_A_CLASS, OneOutcomeOnly
from app.scoring.learning.times import UnusableTime, read_times

YES = frozenset({"1", "yes", "y", "true", "t", "是"})
NO = frozenset({"0", "no", "n", "false", "f", "否"})
RESERVED = NOT_FEATURES | CALENDAR_NAMES
DENIED = re.compile(r"^(no|not|non|un)[\s_-]*")
BEYOND = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
BOUND = re.compile(r"^(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)$")  # --positive '>0': a sum of money as an outcome
PREFIX = "features."  # before a column whose name would mean something to us


class NoSuchColumn(Invalid):
    """The file has no such column."""

    code = "extract.no_such_column"


class UnusableLabel(Invalid):
    """It cannot be told which rows are positive."""

    code = "extract.unusable_label"


@dataclass(frozen=True)
class LeftOut:
    """A column that is not learned from, and why."""

    column: str
    reason: str


@dataclass(frozen=True, eq=False)
class Extract:
    """n rows made ready. frame: columns to learn from. labels (n,) 0 or 1. treatment (n,): the arm, or None. times (n,): whole
    numbers that rise with time (days where the file has days), or None; then the rows are in that order. positive: the value
    of the label that counts as 1, and why that one. notes: sentences about rows left out. dated: `times` are days since 1970."""

    frame: pl.DataFrame
    labels: NDArray[np.int8]
    treatment: pl.Series | None
    times: NDArray[np.int64] | None
    left_out: tuple[LeftOut, ...]
    positive: str
    why_positive: str = ""
    notes: tuple[str, ...] = ()
    dated: bool = False

    def without(self, columns: Collection[str]) -> "Extract":
        """The same without these columns."""
        return replace(self, frame=self.frame.drop(columns))


def prepare(
    table: pl.DataFrame,
    *,
    label: str,
    positive: str | None = None,
    treatment: str | None = None,
    time: str | None = None,
    allow: Collection[str] = (),
    today: date,
) -> Extract:
    """The table as examples. `allow`: columns to use though they look like identifiers. Raises NoSuchColumn, UnusableLabel,
    UnusableTime, OneOutcomeOnly."""
    for option, name in (("label", label), ("treatment", treatment), ("time", time), *(("allow", name) for name in allow)):
        if name is not None and name not in table.columns:
            raise NoSuchColumn(option, f"one of the columns {', '.join(table.columns)}, got {name!r}")
    roles = [name for name in (label, treatment, time) if name is not None]
    if len(set(roles)) < len(roles):
        raise NoSuchColumn("treatment" if treatment in (label, time) else "time", f"another column than {label!r}")
    notes, table = _with_values(table, label, time)
    labels, counted, why = _labels(table[label], positive)
    times, dated = None, False
    if time is not None:
        times, dated = read_times(table[time], today=today)
        order = np.argsort(times, kind="stable")
        table, labels, times = table[order.tolist()], labels[order], times[order]
    figures = table.drop(roles)
    left_out = [
        LeftOut(name, reason)
        for name in figures.columns
        if name not in allow and (reason := why_left_out(figures[name], times, table[time] if time else None))
    ]
    kept = figures.drop([one.column for one in left_out])
    arms = table[treatment] if treatment else None
    return Extract(_ready(kept), labels, arms, times, tuple(left_out), counted, why, notes, dated)


def shown(column: str) -> str:
    """The name as it stands in the file."""
    return column.removeprefix(PREFIX)


def _ready(figures: pl.DataFrame) -> pl.DataFrame:
    """Days and instants as days since 1970, lists and structures left away by name before; reserved names get a prefix."""
    days = [pl.col(n).cast(pl.Date).cast(pl.Int32) for n, kind in figures.schema.items() if kind in (pl.Date, pl.Datetime)]
    return figures.with_columns(days).rename({n: PREFIX + n for n in figures.columns if n in RESERVED or n.lower() in RESERVED})


def _with_values(table: pl.DataFrame, label: str, time: str | None) -> tuple[tuple[str, ...], pl.DataFrame]:
    """The rows that have a label and a time, and sentences about the others."""
    notes = []
    for role, name in (("label", label), ("time", time)):
        if name is None:
            continue
        there = table[name].is_not_null() & (table[name].is_not_nan() if table[name].dtype.is_float() else True)
        missing = table.height - int(there.sum())
        if missing == table.height:
            error = UnusableLabel if role == "label" else UnusableTime
            raise error(role, f"a value in some rows, {name!r} has none in any of {missing}")
        notes += [f"{missing:,} rows without a {role} are left out"] if missing else []
        table = table.filter(there) if missing else table
    return tuple(notes), table


def _labels(values: pl.Series, positive: str | None) -> tuple[NDArray[np.int8], str, str]:
    """0 or 1 per row, which value is 1, and in words why it is that one."""
    name, why = values.name, "as asked"
    if positive is not None and values.dtype.is_numeric() and (bound := BOUND.match(positive.strip())):
        beyond = BEYOND[bound[1]](values.cast(pl.Float64), float(bound[2]))
        return _of_both_kinds(name, beyond), positive.strip(), why
    texts = _plain_texts(values)
    found = texts.unique().sort().to_list()
    if len(found) < 2:
        raise OneOutcomeOnly("label", f"two different values, {name!r} is {found[0]!r} in every row")
    if positive is None:
        positive, why = _positive(name, texts, found)
    elif positive.strip().casefold() not in {one.casefold() for one in found}:
        raise UnusableLabel("positive", f"one of the values of {name!r}, {', '.join(found[:10])}, got {positive!r}")
    return _of_both_kinds(name, texts.str.to_lowercase() == positive.strip().casefold()), positive, why


def _of_both_kinds(name: str, hits: pl.Series) -> NDArray[np.int8]:
    labels = hits.cast(pl.Int8).to_numpy()
    positives = int(labels.sum())
    if min(positives, labels.size - positives) < FEWEST_OF_A_CLASS:
        raise OneOutcomeOnly(
            "label", f"at least {FEWEST_OF_A_CLASS} rows of either kind, {name!r} has {positives} of {labels.size} positive"
        )
    return labels


def _plain_texts(values: pl.Series) -> pl.Series:
    if values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        raise UnusableLabel("label", f"numbers, texts or true and false, {values.name!r} is {values.dtype}")
    if values.dtype.is_decimal():
        values = values.cast(pl.Float64)
    if values.dtype.is_float() and bool((values == values.round()).all()):
        values = values.cast(pl.Int64)
    return values.cast(pl.String).str.strip_chars(" .")  # some write True. and False.


def _positive(name: str, texts: pl.Series, found: list[str]) -> tuple[str, str]:
    """Which of two values is 1, and why: the larger of two numbers, yes and no in some form, what the other one denies, or the
    rarer."""
    if len(found) > 2:
        raise UnusableLabel(
            "label",
            f"a column of two values, or --positive with one of them, or of numbers a bound such as --positive '>0'; "
            f"{name!r} has {len(found)} different ones",
        )
    numbers = to_numbers(pl.Series(found))
    if not numbers.null_count():
        return found[int(numbers.arg_max() or 0)], "the larger"
    yes = [one for one in found if one.casefold() in YES]
    no = [one for one in found if one.casefold() in NO]
    if len(yes) == 1 or len(no) == 1:
        chosen = yes[0] if len(yes) == 1 else next(one for one in found if one not in no)
        return chosen, "told by its name"
    bare = [DENIED.sub("", one.casefold()) for one in found]
    if bare[0] == bare[1]:
        return min(found, key=len), "told by its name"
    counts = texts.value_counts().sort("count", name)
    return str(counts[name][0]), "the rarer; --positive says otherwise"
