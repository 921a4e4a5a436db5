"""Whose month a person should look at (pure): chances of the findings of each rule, a robust mean, and false discoveries held.

A score here decides who is looked at and nothing else: no verdict, no points.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from app.verification.chance import Numbers, among_the_many, combine, discoveries, fit, surprise, tail
from app.verification.rules.every import RULES
from app.verification.rules.reports import prepare
from app.verification.rules.rule import FEEDS, Asked, Rule

FALSE_CASES = 0.05  # of the cases of a month, in the long run
HONEST_CASES = 0.003  # of the honest managers, however many others there are
LEAST_FINDINGS = 2  # nobody's month is doubted for one report
LEAST_PEERS = 100  # managers of one kind of grid; of fewer no share of their own is estimated
CUT = 0.001  # a chance below it counts as this in the mean, so that no single rule carries it
WHOLE = 2.0  # what the feeds count, and the mean; all other families together count 1
TELLING = 0.01  # a rule whose chance is below is named in the case
AGREEING = 3  # families of rules that find something at one report before it is a case by itself


@dataclass(frozen=True)
class Evidence:
    """A month judged. `asked`: what each rule in use made of it. `counts`: staff, rule, asked, found, chance, honest_share.
    `managers`: staff, reports, chance and whether a case is opened."""

    asked: Mapping[str, Asked]
    counts: pl.DataFrame
    managers: pl.DataFrame


def judge_month(reports: pl.DataFrame, *, without: Collection[str] = (), spend: float = 1.0) -> Evidence:
    """Ask every rule that is not switched off about the reports (columns of rules/reports.py), and each manager's month.

    `spend`: which part of the two limits of false cases this look may use, at most 1; whoever looks often looks more strictly.
    """
    prepared = prepare(reports)
    asked = {code: rule.ask(prepared) for code, rule in RULES.items() if len(reports) and code not in without}
    people = prepared.group_by("staff", maintain_order=True).agg(peers=pl.col("peers").first(), reports=pl.len())
    counts = [_count(RULES[code], answer, prepared, people) for code, answer in asked.items()]
    table = pl.concat(counts) if counts else _NO_COUNTS
    chances = _overall(people, table)
    telling = table.filter(_TELLING)["staff"].unique().to_list()
    beyond = discoveries(chances, FALSE_CASES * spend) & (chances <= HONEST_CASES * spend)
    opened = beyond & people["staff"].is_in(telling).to_numpy()
    return Evidence(asked, table, people.with_columns(chance=pl.Series(chances, dtype=pl.Float64), opened=pl.Series(opened)))


def telling_rules(evidence: Evidence) -> pl.DataFrame:
    """Of the managers whose case is opened, the counts of each rule that speaks against them, the most telling first."""
    opened = evidence.managers.filter("opened")["staff"].to_list()
    return evidence.counts.filter(_TELLING & pl.col("staff").is_in(opened)).sort("staff", "chance", "rule")


def agreeing_reports(evidence: Evidence) -> pl.DataFrame:
    """Reports that are for a person by themselves, whatever else their manager did: rules of AGREEING families, which see other
    traces each, found something at them. Columns: row, rules."""
    found = [
        answer.found.select(pl.col("row").cast(pl.Int64), rule=pl.lit(code), family=pl.lit(RULES[code].family))
        for code, answer in evidence.asked.items()
        if RULES[code].counts
    ]
    if not found:
        return pl.DataFrame(schema={"row": pl.Int64, "rules": pl.List(pl.String)})
    counted = pl.concat(found).group_by("row").agg(rules=pl.col("rule").sort(), families=pl.col("family").n_unique())
    return counted.filter(pl.col("families") >= AGREEING).select("row", "rules").sort("row")


_TELLING = pl.col("counts") & (pl.col("found") >= LEAST_FINDINGS) & (pl.col("chance") < TELLING)
_NO_COUNTS = pl.DataFrame(
    schema={
        "staff": pl.Int64,
        "asked": pl.Int64,
        "found": pl.Int64,
        "rule": pl.String,
        "family": pl.String,
        "counts": pl.Boolean,
        "chance": pl.Float64,
        "surprise": pl.Float64,
        "usual": pl.Float64,
        "deviation": pl.Float64,
        "honest_share": pl.Float64,
    }
)


def _count(rule: Rule, answer: Asked, reports: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Of each manager how many reports the rule could judge, at how many it found something, and how likely that is."""
    whose = reports.select("row", "staff")
    asked = whose.filter(pl.col("row").is_in(answer.rows.to_list())).group_by("staff").agg(asked=pl.len())
    found = whose.filter(pl.col("row").is_in(answer.found["row"].to_list())).group_by("staff").agg(found=pl.len())
    joined = people.select("staff", "peers").join(asked, on="staff", how="left").join(found, on="staff", how="left")
    joined = joined.with_columns(pl.col("asked", "found").fill_null(0).cast(pl.Int64))
    return pl.concat([_chances(rule, group) for group in _peer_groups(joined)])


def _peer_groups(counts: pl.DataFrame) -> list[pl.DataFrame]:
    """Managers by kind of grid; those of kinds with few managers together."""
    sized = counts.with_columns(group=pl.when(pl.len().over("peers") >= LEAST_PEERS).then("peers").otherwise(None))
    return sized.partition_by("group", maintain_order=True)


def _chances(rule: Rule, group: pl.DataFrame) -> pl.DataFrame:
    found, asked = group["found"].to_numpy(), group["asked"].to_numpy()
    share, likeness = fit(found, asked, expected=rule.expected, alike=rule.alike)
    surprising, usual, deviation = surprise(found, asked, share, likeness, cut=CUT)
    return group.select(
        "staff",
        "asked",
        "found",
        rule=pl.lit(rule.code),
        family=pl.lit(rule.family),
        counts=pl.lit(rule.counts),
        chance=pl.Series(tail(found, asked, share, likeness), dtype=pl.Float64),
        surprise=pl.Series(surprising, dtype=pl.Float64),
        usual=pl.Series(usual, dtype=pl.Float64),
        deviation=pl.Series(deviation, dtype=pl.Float64),
        honest_share=pl.lit(share),
    )


def _overall(people: pl.DataFrame, table: pl.DataFrame) -> Numbers:
    """One probability for each manager: of the feeds, of the mean over all rules, and of each other family for a little."""
    place = people.select("staff").with_row_index("place")
    asked = table.filter(pl.col("counts") & (pl.col("asked") > 0)).join(place, on="staff")
    families = sorted(set(asked["family"]))
    if not families:
        return np.ones(len(people))
    chances = np.stack([_of_family(asked, one, len(people)) for one in families])
    weights = [WHOLE if family == FEEDS else 1 / len(families) for family in families]
    return combine(np.vstack([chances, _of_mean(asked, len(people))]), np.array([*weights, WHOLE])[:, None])


def _of_family(asked: pl.DataFrame, family: str, people: int) -> Numbers:
    """One probability of a family's rules for each manager, each rule by the reports that it could judge; 1 where none."""
    rules = asked.filter(pl.col("family") == family).partition_by("rule", maintain_order=True)
    chances, weights = np.ones((len(rules), people)), np.zeros((len(rules), people))
    for number, rule in enumerate(rules):
        chances[number, rule["place"].to_numpy()] = rule["chance"].to_numpy()
        weights[number, rule["place"].to_numpy()] = rule["asked"].to_numpy()
    some = weights.sum(axis=0) > 0
    return np.where(some, combine(chances, np.where(some, weights, 1.0)), 1.0)


def _of_mean(asked: pl.DataFrame, people: int) -> Numbers:
    """How likely a mean of standardised surprises so large is among honest managers, as the many show."""
    sums = asked.group_by("place").agg(
        surprise=pl.col("surprise").sum(), usual=pl.col("usual").sum(), deviation=pl.col("deviation").pow(2).sum().sqrt()
    )
    chances = np.ones(people)
    mean, deviation = sums["usual"].to_numpy(), np.maximum(sums["deviation"].to_numpy(), 1e-6)
    chances[sums["place"].to_numpy()] = among_the_many(sums["surprise"].to_numpy(), mean, deviation)
    return chances
