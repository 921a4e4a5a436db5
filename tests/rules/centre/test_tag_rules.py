"""Rules of tags: whom they hold for, by hand, and what is said of a wrong one."""

from datetime import date

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.centre.bearing import add_holdings, bearers, plain_figures, problem_of
from app.centre.rules import BOUNDS, WrongRule, check_rule, expression_of, features_of
from app.centre.starters import STARTER_TAGS
from app.scoring.learning.lifecycle import STAGES

DAY = date(2026, 9, 1)
HOLDINGS = pl.DataFrame(
    [
        (1, "BB500", "broadband", date(2020, 1, 1), None, 99.0),
        (1, "TV1", "tv", date(2020, 1, 1), date(2026, 8, 1), 30.0),
        (2, "BB500", "broadband", date(2020, 1, 1), date(2026, 8, 31), 99.0),
        (3, "BB100", "broadband", date(2020, 1, 1), date(2025, 1, 1), 59.0),
        (3, "BB500", "broadband", date(2025, 1, 2), None, 99.0),
        (4, "TV1", "tv", date(2026, 8, 1), DAY, 30.0),
    ],
    schema=["customer_id", "product_code", "family", "from_date", "to_date", "monthly_price"],
    orient="row",
)


def people():
    """Five customers: 1 gave up television, 2 lost all yesterday, 3 changed broadband, 4 is new, 5 never held anything."""
    frame = pl.DataFrame(
        {
            "customer_id": [1, 2, 3, 4, 5],
            "as_of": [DAY] * 5,
            "opened_on": [date(2020, 1, 1), date(2020, 1, 1), date(2020, 1, 1), date(2026, 8, 1), None],
            "segment": ["home", "home", "shop", "home", None],
            "figure.data_gb": [80.0, 50.0, 10.0, None, 0.0],
            "figure.plan": ["basic", "family", None, "basic", "basic"],
        }
    )
    return add_holdings(frame, HOLDINGS, DAY)


def who(rule):
    return people().filter(expression_of(check_rule(rule)))["customer_id"].to_list()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"feature": "data_gb", "at_least": 50}, [1, 2]),
        ({"feature": "data_gb", "above": 50}, [1]),
        ({"feature": "data_gb", "at_most": 10}, [3, 5]),
        ({"feature": "data_gb", "at_least": 10, "below": 80}, [2, 3]),
        ({"feature": "data_gb", "equals": 10}, [3]),
        ({"feature": "data_gb", "is_missing": True}, [4]),
        ({"feature": "data_gb", "is_missing": False}, [1, 2, 3, 5]),
        ({"feature": "plan", "equals": "basic"}, [1, 4, 5]),
        ({"feature": "plan", "one_of": ["family", "other"]}, [2]),
        ({"not": {"feature": "plan", "equals": "basic"}}, [2, 3]),
        ({"holds": "BB500"}, [1, 3]),
        ({"holds_family": "tv"}, [4]),
        ({"held_before": "BB500"}, [2]),
        ({"held_before": "BB100"}, [3]),
        ({"held_family_before": "broadband"}, [2]),
        ({"lost_within_days": 1}, [2]),
        ({"lost_within_days": 31}, [1, 2]),
        ({"lost_within_days": 31, "family": "tv"}, [1]),
        ({"lost_within_days": 3650, "family": "broadband"}, [2]),
        ({"lifecycle_stage": "lost"}, [2]),
        ({"lifecycle_stage": ["declining", "new"]}, [1, 4]),
        ({"segment": "shop"}, [3]),
        ({"segment": ["home", "shop"]}, [1, 2, 3, 4]),
        ({"tenure_days": {"at_most": 31}}, [4]),
        ({"tenure_days": {"is_missing": True}}, [5]),
        ({"monthly_value": {"at_least": 99}}, [1, 3]),
        ({"all": [{"holds": "BB500"}, {"not": {"segment": "home"}}]}, [3]),
        ({"any": [{"holds": "TV1"}, {"lifecycle_stage": "lost"}]}, [2, 4]),
    ],
)
def test_a_rule_holds_for_these(rule, expected):
    assert who(rule) == expected


@pytest.mark.parametrize(
    ("rule", "place", "expected"),
    [
        ([], "rule", "an object such as"),
        ({}, "rule", "exactly one of all, any, not, feature"),
        ({"holds": "A", "segment": "B"}, "rule", "got holds and segment"),
        ({"all": []}, "rule.all", "a list of 1 to 100 rules"),
        ({"all": [{"holds": "A"}, {"holds": 5}]}, "rule.all[1].holds", "a text of 1 to 200"),
        ({"any": [{"not": {"feature": "x"}}]}, "rule.any[0].not", "at least one of at_least"),
        ({"feature": "x", "at_least": "much"}, "rule.at_least", "a number, got much"),
        ({"feature": "x", "at_least": True}, "rule.at_least", "a number"),
        ({"feature": "x", "at_least": float("nan")}, "rule.at_least", "a number"),
        ({"feature": "x", "more_than": 3}, "rule.more_than", "nothing beside feature"),
        ({"feature": "x", "one_of": []}, "rule.one_of", "a list of 1 to"),
        ({"feature": "x", "one_of": ["a", 1]}, "rule.one_of", "texts or numbers, not both"),
        ({"feature": "x", "is_missing": 1}, "rule.is_missing", "true or false"),
        ({"lost_within_days": 0}, "rule.lost_within_days", "a whole number of days from 1"),
        ({"lost_within_days": 3, "family": ""}, "rule.family", "a text"),
        ({"lifecycle_stage": "old"}, "rule.lifecycle_stage", "one of new, growing"),
        ({"segment": ["a", None]}, "rule.segment[1]", "a text"),
        ({"tenure_days": 5}, "rule.tenure_days", "an object of at_least"),
        ({"tenure_days": {"equals": 5}}, "rule.tenure_days.equals", "one of at_least"),
        ({"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"holds": "A"}}}}}}}}}, "not", "at most 8 levels"),
        ({"all": [{"all": [{"holds": "A"}] * 60}, {"any": [{"holds": "A"}] * 60}]}, "rule", "at most 100 parts"),
        ({"feature": "a\x00", "at_least": 1}, "rule.feature", "printable"),
    ],
)
def test_a_wrong_rule_is_refused_with_the_place_and_what_was_expected(rule, place, expected):
    with pytest.raises(WrongRule) as caught:
        check_rule(rule)
    assert caught.value.field.endswith(place)
    assert expected in caught.value.expected


texts = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
numbers = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6))
leaves = st.one_of(
    st.builds(lambda name, bound, value: {"feature": name, bound: value}, texts, st.sampled_from(sorted(BOUNDS)), numbers),
    st.builds(lambda name, values: {"feature": name, "one_of": values}, texts, st.lists(texts, min_size=1, max_size=3)),
    st.builds(lambda name, value: {"feature": name, "is_missing": value}, texts, st.booleans()),
    st.builds(lambda name, value: {name: value}, st.sampled_from(["holds", "holds_family", "held_before"]), texts),
    st.builds(lambda days, family: {"lost_within_days": days, "family": family}, st.integers(1, 36_500), texts),
    st.builds(lambda stages: {"lifecycle_stage": stages}, st.lists(st.sampled_from(STAGES), min_size=1, max_size=5)),
    st.builds(lambda value: {"monthly_value": {"at_least": value}}, numbers),
)
rules = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda name, parts: {name: parts}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=60)
@given(rules)
def test_every_rule_that_is_taken_divides_the_customers(rule):
    """Each customer bears the tag or its opposite, never both and never neither, whatever is missing."""
    try:
        check_rule(rule)
    except WrongRule:
        assume(False)  # too deep
    if not all(features_of(rule).values()):
        assert problem_of(rule, {}) is not None
        return
    frame = people().with_columns(pl.lit(None).alias(f"figure.{name}") for name in features_of(rule))
    found = pl.concat([bearers(frame, 1, rule), bearers(frame, 2, {"not": rule})])
    assert sorted(found["customer_id"]) == [1, 2, 3, 4, 5]


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["all", "any", "not", "feature", "holds", "segment", "at_least", "x\ud800"]), inner),
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=60)
@given(json_values)
def test_whatever_is_sent_is_a_rule_or_refused_in_words(value):
    try:
        check_rule(value)
    except WrongRule as error:
        error.detail.encode()


def test_a_rule_of_a_feature_that_is_gone_or_of_another_kind_says_so():
    tag = {"feature": "data_gb", "at_least": 1}
    assert problem_of(tag, {"data_gb": {"number"}}) is None
    assert problem_of(tag, {}) == "data_gb: no customer has this feature any more"
    assert problem_of(tag, {"data_gb": {"text"}}) == "data_gb: expected a number, it is a text now"
    mixed = {"any": [{"feature": "x", "equals": "a"}, {"feature": "x", "at_least": 1}]}
    assert "with texts and with numbers" in str(problem_of(mixed, {}))


def test_a_figure_of_another_kind_counts_as_missing():
    frame = people()
    assert bearers(frame, 1, {"feature": "plan", "at_least": 0}).height == 0
    assert bearers(frame, 1, {"feature": "data_gb", "equals": "80"}).height == 0
    assert bearers(frame, 7, {"feature": "plan", "is_missing": True}).rows() == [(7, 3)]


def test_true_is_one_and_what_is_nested_is_nothing():
    assert plain_figures(pl.Series("x", [True, None])).to_list() == [1.0, None]
    assert plain_figures(pl.Series("x", [[1], [2]])).dtype == pl.Null
    assert plain_figures(pl.Series("x", [float("nan"), 2.0])).to_list() == [None, 2.0]
    flag = people().with_columns(pl.Series("figure.flag", [1.0, 0.0, None, 1.0, 0.0]))
    assert bearers(flag, 1, check_rule({"feature": "flag", "equals": True}))["customer_id"].to_list() == [1, 4]


def test_the_tags_to_begin_with_are_rules():
    assert len({tag["code"] for tag in STARTER_TAGS}) == len(STARTER_TAGS) >= 8
    for tag in STARTER_TAGS:
        check_rule(tag["rule"])
