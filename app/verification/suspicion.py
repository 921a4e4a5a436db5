"""Whose month a person should look at (pure): what each rule found is weighed, joined, and false discoveries held.

A score here decides who is looked at and nothing else: no verdict, no points.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.verification.chance import Counts, discoveries
from app.verification.doubt import overall
from app.verification.rules.every import RULES
from app.verification.rules.reports import prepare
from app.verification.rules.rule import Asked
from app.verification.usual import Count, Weighed, weigh

FALSE_CASES = 0.1  # of the cases of a month, in the long run
HONEST_CASES = 0.004  # of the honest managers, however many others there are
LEAST_FINDINGS = 2  # nobody's month is doubted for one report
TELLING = 0.05  # a rule whose chance is below is named in the case
AGREEING = 3  # families of rules that find something at one report before it is a case by itself
COMMON = 0.05  # a rule that finds something at more of honest reports says nothing of a single one
HABITUAL = 0.25  # nor does one that finds it at more of this manager's, where honest people have such habits


@dataclass(frozen=True)
class Evidence:
    """A month judged. `asked`: what each rule in use made of it. `counts`: staff, rule, asked, found, chance, honest_share.
    `telling`: row, rule, family of the findings that say something of their report by themselves.
    `managers`: staff, reports, chance and whether a case is opened."""

    asked: Mapping[str, Asked]
    counts: pl.DataFrame
    telling: pl.DataFrame
    managers: pl.DataFrame


def judge_month(reports: pl.DataFrame, *, without: Collection[str] = (), spend: float = 1.0) -> Evidence:
    """Ask every rule that is not switched off about the reports (columns of rules/reports.py), and each manager's month.

    `spend`: which part of the two limits of false cases this look may use, at most 1; whoever looks often looks more strictly.
    """
    prepared = prepare(reports)
    asked = {code: rule.ask(prepared) for code, rule in RULES.items() if len(reports) and code not in without}
    return judge_asked(prepared, asked, spend=spend)


def judge_asked(prepared: pl.DataFrame, asked: Mapping[str, Asked], *, spend: float = 1.0) -> Evidence:
    """The same of what the rules made of the reports. `prepared`: row, staff and peers of each of them."""
    people = prepared.group_by("staff", maintain_order=True).agg(peers=pl.col("peers").first(), reports=pl.len())
    places = prepared.select("row", "staff").join(people.select("staff").with_row_index("place"), on="staff").sort("row")
    whose = places["place"].to_numpy().astype(np.int64)
    weighed = weigh(_count(asked, whose, len(people)), RULES, people["peers"].to_numpy())
    counts, telling = _table(people, weighed), _that_tell(asked, weighed, whose)
    chances = overall(weighed, RULES, telling, whose, len(people))
    named = people["staff"].is_in(counts.filter(_TELLING)["staff"].unique().to_list()).to_numpy()
    opened = discoveries(chances, FALSE_CASES * spend) & (chances <= HONEST_CASES * spend) & named
    managers = people.with_columns(chance=pl.Series(chances, dtype=pl.Float64), opened=pl.Series(opened, dtype=pl.Boolean))
    return Evidence(asked, counts, telling, managers)


def telling_rules(evidence: Evidence) -> pl.DataFrame:
    """Of the managers whose case is opened, the counts of each rule that speaks against them, the most telling first."""
    opened = evidence.managers.filter("opened")["staff"].to_list()
    return evidence.counts.filter(_TELLING & pl.col("staff").is_in(opened)).sort("staff", "chance", "rule")


def agreeing_reports(evidence: Evidence) -> pl.DataFrame:
    """Reports that are for a person by themselves, whatever else their manager did: rules of AGREEING families, which see other
    traces each, found something at them that tells. Columns: row, rules."""
    counted = evidence.telling.group_by("row").agg(rules=pl.col("rule").sort(), families=pl.col("family").n_unique())
    return counted.filter(pl.col("families") >= AGREEING).select("row", "rules").sort("row")


_TELLING = pl.col("counts") & (pl.col("found") >= LEAST_FINDINGS) & (pl.col("chance") < TELLING)
_NO_COUNTS = pl.DataFrame(
    schema={
        "staff": pl.Int64,
        "rule": pl.String,
        "family": pl.String,
        "counts": pl.Boolean,
        "asked": pl.Int64,
        "found": pl.Int64,
        "chance": pl.Float64,
        "honest_share": pl.Float64,
    }
)
_NOTHING_TELLS = pl.DataFrame(schema={"row": pl.Int64, "rule": pl.String, "family": pl.String})


def _count(asked: Mapping[str, Asked], whose: Counts, people: int) -> dict[str, Count]:
    """Of each manager how many reports each rule could judge, and at how many it found something."""
    return {
        code: Count(*(np.bincount(whose[rows.unique().to_numpy()], minlength=people) for rows in (one.rows, one.found["row"])))
        for code, one in asked.items()
    }


def _table(people: pl.DataFrame, weighed: Mapping[str, Weighed]) -> pl.DataFrame:
    """A row for each manager and rule."""
    parts = [_NO_COUNTS]
    for code, one in weighed.items():
        rule = RULES[code]
        named = people.select("staff", rule=pl.lit(code), family=pl.lit(rule.family), counts=pl.lit(rule.counts))
        figures = {name: pl.Series(getattr(one, name)) for name in ("asked", "found", "chance", "honest_share")}
        parts.append(named.with_columns(**figures))
    return pl.concat(parts)


def _that_tell(asked: Mapping[str, Asked], weighed: Mapping[str, Weighed], whose: Counts) -> pl.DataFrame:
    """Of all findings those that say something by themselves: not of what most have, nor of what is this manager's habit."""
    parts = [_NOTHING_TELLS]
    for code, one in weighed.items():
        rule, rows = RULES[code], asked[code].found["row"].cast(pl.Int64)
        if rule.counts:
            tells = (one.honest_share <= COMMON) & ((one.found <= HABITUAL * one.asked) | (not rule.habit))
            kept = rows.filter(pl.Series(tells[whose[rows.to_numpy()]], dtype=pl.Boolean))
            parts.append(pl.select(row=kept, rule=pl.lit(code), family=pl.lit(rule.family)))
    return pl.concat(parts)
