"""Who makes reports up comes before a person, and who only looks odd does not: over a town that the rules know nothing of."""

import ast
from pathlib import Path

import polars as pl
import pytest

from app.verification.rules.every import RULES
from app.verification.rules.reports import ADDRESS_ERROR, GRID_ERROR, SCHEMA
from app.verification.suspicion import agreeing_reports, discoveries, judge_month
from tests.journey import dishonest_town, other_town, plain_town
from tests.journey.dishonest_town import DAYS, DISHONEST, ODD, Town, make_town

SEEDS = (101, 102)
LOOKS = ((7, 0.1), (14, 0.1), (21, 0.1), (DAYS - 1, 1.0), (DAYS, 1.0))  # days of the month that are over, as scanning.py looks
BY_CALL, GRACE = 1_800, 3 * 86_400


def seen(town: Town, kinds: int | None = 1) -> pl.DataFrame:
    """What the product knows of the town: what phones said, the feeds, and of which of so many kinds a manager's grid is, at
    random; None: of those that the town has."""
    reports = town.reports
    near = reports.select("customer", "staff", "started").join(town.calls, on=["staff", "customer"], suffix="_call")
    near = near.filter((pl.col("started_call") - pl.col("started")).abs() <= BY_CALL)
    near = near.group_by("customer").agg(call_seconds=pl.col("seconds").max())
    sold = town.orders.join(reports.select("customer", "started"), on="customer")
    sold = sold.filter(pl.col("ordered") <= pl.col("started") + GRACE).select("customer", order_found=True).unique("customer")
    home = town.customers.select(
        "customer",
        home_latitude="latitude",
        home_longitude="longitude",
        home_error=pl.when("exact").then(ADDRESS_ERROR).otherwise(GRID_ERROR),
    )
    for known in (near, sold, home):
        reports = reports.join(known, on="customer", how="left")
    columns = reports.with_columns(
        peers=pl.col("peers") if kinds is None else 1 + pl.col("staff") % kinds,
        sale=pl.col("outcome") == "bought",
        doubtful=False,
        days_left=DAYS - 1 - pl.col("day"),
        calls_known=pl.col("day") != town.lost_day,
        orders_known=True,
        order_found=pl.col("order_found").fill_null(value=False),
    )
    return columns.select("staff", *(pl.col(name).cast(kind) for name, kind in SCHEMA.items() if name != "staff"))


@pytest.fixture(scope="module")
def judged() -> pl.DataFrame:
    """Every manager of three towns, and whether the looks of a month opened their case."""
    return pl.concat([_month(seed) for seed in SEEDS])


def _month(seed: int) -> pl.DataFrame:
    town = make_town(seed)
    reports, opened, agreeing = seen(town), set(), set()
    for days, spend in LOOKS:
        so_far = reports.filter(pl.col("day") < days)
        evidence = judge_month(so_far, spend=spend)
        opened |= set(evidence.managers.filter("opened")["staff"])
        agreeing |= set(so_far["staff"].gather(agreeing_reports(evidence)["row"]))
    looked_at = pl.col("staff").is_in(list(opened | agreeing))
    return town.truth.with_columns(opened=looked_at, agreeing=pl.col("staff").is_in(list(agreeing - opened)), seed=seed)


def test_who_fakes_comes_before_a_person_within_the_month_and_who_is_honest_does_not(judged):
    kinds = judged.group_by("kind").agg(managers=pl.len(), made_up=pl.col("share").mean(), opened=pl.col("opened").mean())
    print(*kinds.sort("opened").rows(), sep="\n")  # noqa: T201 - the figures are what this is for; seen with -s
    much = judged.filter(pl.col("kind").is_in([kind for kind in DISHONEST if kind != "fakes 15 %"]))
    honest = judged.filter(~pl.col("kind").is_in(DISHONEST))
    shares = {
        "at least 30 %": much["opened"].mean(),
        "adapts": much.filter(pl.col("kind") == "adapts")["opened"].mean(),
        "15 %": judged.filter(pl.col("kind") == "fakes 15 %")["opened"].mean(),
        "honest": honest["opened"].mean(),
        "odd": honest.filter(pl.col("kind").is_in(ODD))["opened"].mean(),
        "honest by agreeing hints alone": honest["agreeing"].mean(),
    }
    print({name: round(share, 4) for name, share in shares.items()})  # noqa: T201 - seen with -s
    assert much["share"].min() > 0.1
    assert shares["at least 30 %"] >= 0.95
    assert shares["adapts"] >= 0.70
    assert shares["15 %"] >= 0.75
    assert shares["honest"] <= 0.01


def test_no_rule_alone_would_send_many_honest_managers_to_a_person():
    town = make_town(104)
    evidence = judge_month(seen(town))
    honest = town.truth.filter(pl.col("share") == 0)["staff"].to_list()
    for code, rule in RULES.items():
        counts = evidence.counts.filter(pl.col("rule") == code)
        alone = (
            discoveries(counts["chance"].to_numpy(), 0.05)
            & counts["staff"].is_in(honest).to_numpy()
            & (counts["found"] > 1).to_numpy()
        )
        share, of_reports = alone.sum() / len(honest), _share_of_reports(counts.filter(pl.col("staff").is_in(honest)))
        print(f"{code}: {share:.2%} of the honest managers, {of_reports:.2%} of their reports")  # noqa: T201 - seen with -s
        assert share <= 0.005 or not rule.counts, code


def _share_of_reports(counts: pl.DataFrame) -> float:
    return float(counts["found"].sum() / max(counts["asked"].sum(), 1))


@pytest.mark.parametrize(("dishonest", "kinds"), [(0.0, 1), (0.02, 3), (0.05, 1), (0.05, 3)])
def test_nor_does_it_depend_on_how_many_are_dishonest_nor_on_who_are_peers(dishonest, kinds):
    """Up to two of five, in grids of one kind and split at random into three, which tells nothing apart."""
    town = make_town(105, dishonest=dishonest)
    _is_good(town, kinds, much=DISHONEST, little="fakes 15 %")


@pytest.mark.parametrize("kinds", [None, 3])
def test_nor_on_the_town(kinds):
    """Another town of which two of five are dishonest, by its own kinds of grid, and split at random into three."""
    town = other_town.make_town(24, dishonest=0.05)
    _is_good(town, kinds, much=other_town.MUCH, little=other_town.LITTLE)


@pytest.mark.parametrize("dishonest", [0.0, 0.067])
def test_nor_on_what_honest_people_do_out_of_habit(dishonest):
    """Set phrases, screens left open, contacts that overlap: usual in this town of 300, of whom up to two of five cheat."""
    _is_good(plain_town.make_town(31, dishonest=dishonest), 1, much=plain_town.MUCH, little=plain_town.LITTLE)


def _is_good(town, kinds, *, much, little):
    reports = seen(town, kinds)
    evidence = judge_month(reports)
    agreeing = pl.col("staff").is_in(reports["staff"].gather(agreeing_reports(evidence)["row"]).to_list())
    managers = evidence.managers.with_columns(opened=pl.col("opened") | agreeing).join(town.truth, on="staff")
    honest = managers.filter(~pl.col("kind").is_in([*much, little]))
    kinds_of_much = [kind for kind in much if kind != little]
    shares = [managers.filter(pl.col("kind").is_in(of))["opened"].mean() for of in (kinds_of_much, [little])]
    print(shares, honest["opened"].mean())  # noqa: T201 - seen with -s
    assert honest["opened"].mean() <= 0.01
    assert shares == [None, None] or (shares[0] >= 0.95 and shares[1] >= 0.75)


def test_a_missing_calls_feed_accuses_nobody():
    town = make_town(106, managers=400, dishonest=0)
    lost = seen(town).with_columns(calls_known=False, call_seconds=pl.lit(None, dtype=pl.Float64))
    evidence = judge_month(lost)
    assert evidence.counts.filter(pl.col("rule") == "call_missing")["found"].sum() == 0
    assert evidence.managers["opened"].mean() <= 0.01


def test_the_town_knows_nothing_of_how_it_is_looked_at():
    tree = ast.parse(Path(dishonest_town.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not any(name.startswith(("app", "tests")) for name in imported)
