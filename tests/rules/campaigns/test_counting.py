"""Lists counted on a sample: the interval holds, and the walk over conditions is the list's own."""

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from app.campaigns.eligibility import REASONS
from app.campaigns.listing import ListRule
from app.campaigns.sampling.counting import ListPlan, columns_of, count, taken
from app.campaigns.sampling.estimates import Estimate, estimate
from app.campaigns.sampling.looks import looks_of, plain_kinds
from app.campaigns.sampling.terms import rest_of

RULE = ListRule(seed=1, control_share=Decimal(0), holdout_share=Decimal(0), exploration_share=Decimal(0), minimum_score=0.0)


def bit(reason):
    return 1 << REASONS.index(reason)


@pytest.fixture
def frame():
    """Six customers of two branches, with their scores for TD01."""
    return pl.DataFrame(
        {
            "customer_id": [1, 2, 3, 4, 5, 6],
            "branch_id": [1, 1, 1, 1, 2, 2],
            "grid_id": [11, 11, 12, 12, 21, 21],
            "owner": [0] * 6,
            "draw_key": [11, 22, 33, 44, 55, 66],
            "grid": ["G11", "G11", "G12", "G12", "G21", "G21"],
            "lifecycle_stage": ["new", None, None, None, None, None],
            "segment": ["home", "home", "firm", "home", None, "home"],
            "tags": [["loyal"], None, ["loyal", "late"], ["late"], None, ["loyal"]],
            "figure.data_gb": [10.0, 60.0, 70.0, None, 80.0, 90.0],
            "score.TD01": [0.6, 0.5, 0.4, 0.3, 0.2, None],
            "uplift.TD01": [None, None, None, None, None, None],
            "against.call.TD01": [0, bit("invalid"), 0, bit("already_owns"), 0, 0],
            "rested.TV": [0, 0, 14, 0, 0, 0],
        },
        schema_overrides={"score.TD01": pl.Float32, "uplift.TD01": pl.Float32, "rested.TV": pl.Int16},
    )


def plan(**changes):
    values = {
        "product_code": "TD01",
        "family": "TV",
        "channel": "call",
        "rest_days": 0,
        "branch_id": None,
        "required_tags": (),
        "any_tags": (),
        "excluded_tags": (),
        "list_rule": None,
        "minimum_score": None,
        "maximum_score": None,
        "rule": RULE,
    }
    return ListPlan(**values | changes)


def test_each_condition_says_how_many_it_leaves(frame):
    found = count(frame, plan())
    assert found.steps == [("everybody", 6), ("ranked", 5), ("invalid", 4), ("already_owns", 3)]
    assert found.scores.tolist() == pytest.approx([0.6, 0.4, 0.2])
    assert count(frame, plan(branch_id=1)).steps[0] == ("everybody", 4)
    assert dict(count(frame, plan(required_tags=["loyal"])).steps)["required_tags"] == 3
    assert dict(count(frame, plan(excluded_tags=["late"])).steps)["excluded_tags"] == 4
    assert dict(count(frame, plan(any_tags=["late", "loyal"])).steps)["any_tags"] == 4
    assert dict(count(frame, plan(list_rule={"feature": "data_gb", "at_least": 60})).steps)["list_rule"] == 4
    assert dict(count(frame, plan(list_rule={"grid": ["G12", "G21"]})).steps)["list_rule"] == 4
    assert dict(count(frame, plan(list_rule={"segment": "firm"})).steps)["list_rule"] == 1
    assert dict(count(frame, plan(minimum_score=0.4, maximum_score=0.5)).steps)["maximum_score"] == 2


@pytest.mark.parametrize(("days", "left"), [(0, 3), (7, 3), (8, 2), (14, 2), (30, 2), (999, 2)])
def test_who_was_contacted_within_the_rest_falls_out(frame, days, left):
    assert len(count(frame, plan(rest_days=days)).scores) == left


def test_a_rest_is_rounded_up_to_the_next_that_is_known():
    assert [rest_of(days) for days in (0, 1, 7, 8, 30, 31, 180, 400)] == [0, 7, 7, 14, 30, 60, 180, 180]


def test_without_a_ranking_the_rule_is_counted_and_nothing_more(frame):
    found = count(frame.drop("score.TD01", "uplift.TD01"), plan(required_tags=["late"]))
    assert (found.steps, len(found.scores)) == ([("everybody", 6), ("required_tags", 2)], 0)


def test_a_list_takes_its_size_in_the_share_that_was_drawn(frame):
    found = count(frame, plan())
    sized = ListRule(1, Decimal(0), Decimal(0), Decimal(0), list_size=4)
    assert taken(found, sized, share=0.5).tolist() == pytest.approx([0.6, 0.4])
    assert len(taken(found, RULE, share=0.5)) == 3


def test_only_the_columns_that_a_plan_asks_for_are_read(frame):
    asked = columns_of(plan(list_rule={"feature": "data_gb", "above": 1}), [*frame.columns, "figure.other", "score.TD02"])
    assert {"figure.data_gb", "score.TD01", "against.call.TD01"} <= set(asked)
    assert not {"figure.other", "score.TD02", "held_products"} & set(asked)


def test_who_counts_everybody_is_exact():
    assert estimate(7, sampled=15, customers=15) == Estimate(7, 7, 7)


def test_of_nobody_nothing_is_known():
    assert estimate(0, sampled=0, customers=9) == Estimate(0, 0, 9)


def test_two_hundred_thousand_drawn_know_a_list_of_214000_of_the_company_to_within_3300():
    found = estimate(14_897, sampled=200_000, customers=2_873_000)
    assert abs(found.about - 214_000) < 100
    assert 2_900 < found.high - found.about < 3_300
    assert 2_900 < found.about - found.low < 3_300


@pytest.mark.parametrize("matching", [3, 40, 900, 5_000])
def test_nineteen_of_twenty_intervals_hold_the_truth(matching):
    drawn = np.random.default_rng(7).hypergeometric(matching, 10_000 - matching, 2_000, size=1_000)
    found = [estimate(int(k), sampled=2_000, customers=10_000) for k in drawn]
    assert sum(each.low <= matching <= each.high for each in found) >= 930


def test_what_was_seen_is_certain():
    found = estimate(1, sampled=90, customers=100)
    assert (found.low, found.high <= 11) == (1, True)


def test_features_are_shown_as_they_are(frame):
    looks = looks_of(frame)
    assert looks["data_gb"] == {"kind": "number", "known": 0.8333, "low": 10.0, "middle": 70.0, "high": 90.0}
    assert looks["@grid"]["words"] == ["G11", "G12", "G21"]
    assert looks["@segment"]["words"][0] == "home"


def test_a_figure_that_is_a_text_in_one_branch_counts_as_missing_there():
    parts = plain_kinds([pl.DataFrame({"figure.a": [value]}) for value in (1.0, "x", None)])
    assert pl.concat(parts, how="diagonal_relaxed")["figure.a"].to_list() == [1.0, None, None]
