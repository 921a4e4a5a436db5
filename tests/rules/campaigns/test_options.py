"""What a planner may choose."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.campaigns.options import CampaignOptions, seed_of
from app.campaigns.plan_checks import check_maturity, check_objective, check_options
from app.core.errors import Invalid

GOOD = CampaignOptions("K-1", "Autumn", "FTTH1", date(2026, 10, 5), date(2026, 10, 21), list_size=10)


def test_the_defaults_are_good():
    check_options(GOOD)
    check_options(replace(GOOD, list_size=None, minimum_score=0.1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", ""),
        ("code", "a b"),
        ("code", "x" * 65),
        ("code", "Käse"),
        ("name", "  "),
        ("name", "a\0b"),
        ("name", "\ud800"),
        ("name", "x" * 201),
        ("talk_track", "\udcff"),
        ("required_tags", ["x"] * 21),
        ("required_tags", [""]),
        ("excluded_tags", ["a\0b"]),
        ("excluded_tags", ["x" * 201]),
        ("talk_track", "x" * 4001),
        ("product_code", "a\0"),
        ("starts_on", date(1970, 12, 31)),
        ("ends_on", date(2099, 1, 1)),
        ("ends_on", date(2026, 10, 4)),
        ("ends_on", date(2028, 10, 4)),
        ("list_size", 0),
        ("list_size", None),
        ("list_size", 10**9),
        ("control_share", Decimal(1)),
        ("control_share", Decimal("-0.01")),
        ("control_share", Decimal("NaN")),
        ("exploration_share", Decimal("1.5")),
        ("exploration_share", Decimal("Infinity")),
        ("rest_days", -1),
        ("rest_days", 10**6),
        ("seed", -1),
        ("seed", 2**63),
        ("channel", "fax"),
        ("objective", "profit"),
        ("fit", "stretch"),
        ("any_tags", [""]),
        ("maximum_score", 1.5),
        ("minimum_score", float("nan")),
        ("budget", Decimal("-1")),
        ("budget", Decimal("NaN")),
        ("budget", Decimal("0.00001")),
        ("budget", Decimal("1e10")),
        ("strategic_weight", Decimal(1001)),
        ("minimum_volume", -1),
        ("minimum_load", -1),
        ("maximum_load", 0),
        ("fairness", Decimal(1)),
        ("km_cost", Decimal(-1)),
        ("km_cost", Decimal(10_001)),
        ("unit_code", " "),
        ("programme", "x" * 65),
        ("strategy", "x" * 4001),
        ("objective_reason", "\ud800"),
    ],
)
def test_a_wrong_option_is_named(field, value):
    with pytest.raises(Invalid) as caught:
        check_options(replace(GOOD, **{field: value}))
    assert caught.value.field == field


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_minimum_score_is_a_probability(score):
    with pytest.raises(Invalid, match="minimum_score"):
        check_options(replace(GOOD, list_size=None, minimum_score=score))


def test_a_list_size_may_be_taken_from_a_range_of_scores():
    check_options(replace(GOOD, minimum_score=0.2, maximum_score=0.5))
    with pytest.raises(Invalid, match="maximum_score"):
        check_options(replace(GOOD, minimum_score=0.5, maximum_score=0.2))
    with pytest.raises(Invalid, match="maximum_load"):
        check_options(replace(GOOD, minimum_load=5, maximum_load=4))


def test_a_product_serves_another_objective_only_if_somebody_says_why():
    check_objective("care", "care", "")
    check_objective("cross_sell", "acquire", "They hold something else.")
    with pytest.raises(Invalid, match="objective_reason: expected why a product of the kind acquire serves the objective care"):
        check_objective("care", "acquire", " ")


def test_a_list_rule_is_one_of_the_grammar_of_tags():
    check_options(replace(GOOD, list_rule={"all": [{"feature": "data_gb", "at_least": 5}, {"segment": "home"}]}))
    with pytest.raises(Invalid) as caught:
        check_options(replace(GOOD, list_rule={"all": [{"colour": "red"}]}))
    assert caught.value.field == "list_rule.all[0]"


@pytest.mark.parametrize(("attribution", "maturity", "field"), [(-1, 0, "attribution_days"), (0, 731, "maturity_days")])
def test_days_until_maturity_are_bounded(attribution, maturity, field):
    with pytest.raises(Invalid, match=field):
        check_maturity(date(2026, 1, 1), attribution_days=attribution, maturity_days=maturity)


def test_orders_mature_in_a_month_that_exists():
    with pytest.raises(Invalid, match="ends_on"):
        check_maturity(date(2098, 12, 1), attribution_days=30, maturity_days=7)


def test_a_seed_follows_from_the_code_and_fits_the_database():
    assert seed_of("K-1") == seed_of("K-1") != seed_of("K-2")
    assert 0 <= seed_of("x") < 2**63
