"""Reasons in plain words: names, units, sentinels, how strongly, and what to say."""

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.dictionary import BUILT_IN, Word, is_described, word_of
from app.scoring.learning.features import DERIVED
from app.scoring.learning.reasons import Reason, Standing, bounds_of, standing_of
from app.scoring.words import Line, Vocabulary, say_figure, say_reasons, short

NOTHING = Vocabulary({}, {})


def said(feature, value, contribution=0.3, standing=None, vocabulary=NOTHING):
    (entry,) = say_reasons((Reason(feature, value, contribution, standing),), vocabulary)
    return entry


def test_a_reason_names_value_unit_standing_and_direction_in_both_languages():
    entry = said("monthly_fee", 129.9000015, 0.8, Standing.HIGH)
    assert entry["zh"] == "月费：130元，高于多数客户（明显有利）"
    assert entry["en"] == "Monthly fee: 130 yuan, more than most customers (speaks strongly for it)"
    assert said("data_gb", 2.5, -0.05, Standing.LOW)["en"] == (
        "Mobile data a month: 2.5 GB, less than most customers (speaks slightly against it)"
    )
    assert said("data_gb", 1, -0.3)["zh"] == "每月流量：1 GB（不利）"


@pytest.mark.parametrize(
    ("feature", "value", "expected"),
    [
        ("days_since_last_contact", None, "Time since the last contact: never contacted (speaks for it)"),
        ("pdays", 999, "Time since the last campaign's contact: never contacted (speaks for it)"),
        ("idle_days", -1, "Idle days: never (speaks for it)"),
        ("arpu", -9999, "Average monthly bill: not known (speaks for it)"),
        ("arpu", None, "Average monthly bill: not known (speaks for it)"),
        ("arpu", float("nan"), "Average monthly bill: not known (speaks for it)"),
        ("arpu", 999, "Average monthly bill: 999 yuan (speaks for it)"),
        ("tenure_days", 3650, "Time with us: 10 years (speaks for it)"),
        ("tenure_days", 1, "Time with us: 1 day (speaks for it)"),
        ("PaperlessBilling", "Yes", "Paperless bill: yes (speaks for it)"),
        ("has_tv", True, "Has television: yes (speaks for it)"),
        ("lifecycle_stage", "declining", "Stage: declining (speaks for it)"),
        ("neighbours_share", 0.3333333, "Of the contacts have it: 33.3% (speaks for it)"),
        ("nr_employed", 5228.1, "Nr employed: 5,228 (speaks for it)"),
        ("features.NrEmployed", 0.000123456, "Nr employed: 0.00012 (speaks for it)"),
    ],
)
def test_units_sentinels_and_what_is_missing_are_said_as_such(feature, value, expected):
    assert said(feature, value)["en"] == expected


def test_what_is_no_number_of_ours_is_not_compared():
    assert "most customers" not in said("pdays", 999, 0.3, Standing.HIGH)["en"]
    assert "most customers" not in said("arpu", None, 0.3, Standing.HIGH)["en"]


def test_every_derived_feature_has_words_of_its_own():
    assert [name for name in DERIVED if not is_described(name, {})] == []
    assert all(re.search(r"[\u4e00-\u9fff]", word.zh) for word in BUILT_IN.values())


def test_the_operators_words_come_first_then_ours_then_the_columns_name():
    own = {"data_gb": Word("流量", "Traffic", "GB", "GB")}
    assert word_of("data_gb", own).en == "Traffic"
    assert word_of("DataGB", own).en == "Mobile data a month"
    assert word_of("someNewFigure_2", own).en == "Some new figure 2"
    assert say_figure("data_gb", 3, own) == {"zh": "流量：3 GB", "en": "Traffic: 3 GB"}


def test_only_what_speaks_for_the_product_leads_to_what_to_say():
    vocabulary = Vocabulary({}, {"data_gb": Line("流量大", "You use much data")})
    assert said("data_gb", 80, 0.4, vocabulary=vocabulary)["talk_track"] == {"zh": "流量大", "en": "You use much data"}
    assert "talk_track" not in said("data_gb", 1, -0.4, vocabulary=vocabulary)
    assert "talk_track" not in said("arpu", 1, 0.4, vocabulary=vocabulary)


def test_most_customers_are_three_in_four_and_equal_numbers_are_usual():
    bounds = bounds_of(pl.DataFrame({"x": [float(n) for n in range(1, 101)], "same": [5.0] * 100, "none": [None] * 100}))
    assert set(bounds) == {"x", "same"}
    low, high = bounds["x"]
    assert standing_of(low - 1, bounds["x"]) is Standing.LOW
    assert standing_of((low + high) / 2, bounds["x"]) is Standing.USUAL
    assert standing_of(high + 1, bounds["x"]) is Standing.HIGH
    assert standing_of(5.0, bounds["same"]) is Standing.USUAL
    assert [standing_of(value, (0, 1)) for value in (None, "text", True)] == [None] * 3
    assert standing_of(1.0, None) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_has_no_tail_and_stays_near_itself(value):
    text = short(value)
    digits = text.lstrip("-").replace(",", "")
    assert len(digits.partition(".")[2]) <= 6
    assert abs(float(text.replace(",", "")) - value) <= max(0.05 * abs(value), 1e-6)


@given(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=300)), st.floats(-5, 5), st.text(min_size=1)
)
def test_whatever_the_value_and_the_column_are_something_short_is_said(value, contribution, feature):
    entry = said(feature, value, contribution)
    assert entry["zh"]
    assert entry["en"]
    assert "nan" not in entry["en"].lower() or "nan" in feature.lower() or isinstance(value, str)
