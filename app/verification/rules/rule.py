"""What every rule of evidence says of itself, and what it gives back (pure)."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

CONTRADICTION, HINT = "contradiction", "hint"
FEEDS, TALKS, PLACES, TIMES, COPIES, DEVICES = "feeds", "talks", "places", "times", "copies", "devices"


@dataclass(frozen=True)
class Asked:
    """What a rule made of a month's reports.

    `rows`: those it could judge at all (the others it says nothing of). `found`: of these the ones it found something at,
    with columns `row` and one for each named fact.
    """

    rows: pl.Series
    found: pl.DataFrame


@dataclass(frozen=True)
class Rule:
    """One rule. A contradiction by a complete feed may make a verdict; a hint is for a person and never does.

    `family`: rules of one family see the same trace, so that they count once. `expected`: the least share of honest reports at
    which it is taken to find something, `alike`: the least likeness (intraclass correlation) of one manager's honest reports in
    that. `habit`: honest managers may have it at any share of their reports, so that it is weighed against all such habits.
    `counts`: whether it may help to open a manager's case. zh, en: what it shows. not_zh: a sentence of what it cannot
    prove; not_en: what that is, "that ...". limits_zh, limits_en: from where on it finds something, in its own figures.
    """

    code: str
    version: int
    kind: str
    family: str
    zh: str
    en: str
    not_zh: str
    not_en: str
    ask: Callable[[pl.DataFrame], Asked]
    limits_zh: str
    limits_en: str
    expected: float = 0.005
    alike: float = 0.01
    habit: bool = False
    counts: bool = True

    @property
    def module(self) -> str:
        """Where its figures are set: the file of its family."""
        return self.ask.__module__


def asked(reports: pl.DataFrame, may: pl.Expr, found: pl.Expr, **facts: pl.Expr) -> Asked:
    """What a rule made of the reports that it may judge; `found` and the facts are read from their columns."""
    judged = reports.filter(may)
    hits = judged.filter(found.fill_null(value=False))
    return Asked(judged["row"], hits.select("row", **facts))
