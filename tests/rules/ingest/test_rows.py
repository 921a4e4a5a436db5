import math
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ingest.feeds import FEEDS
from app.ingest.phones import normalise_phone
from app.ingest.rows import Chunk, check_chunk, keep_last

GOOD = {
    "org_units": {"code": "B01", "kind": "branch", "name": "第1分公司"},
    "staff": {
        "staff_no": "T1",
        "name": "甲",
        "role": "planner",
        "unit_code": "B01",
        "active_from": "2025-01-01",
    },
    "absences": {"staff_no": "T1", "from_date": "2026-10-01", "to_date": "2026-10-01"},
    "products": {"product_code": "P1", "name": "宽带", "kind": "upsell"},
    "customers": {"customer_no": "C1", "grid_code": "G1"},
    "contact_preferences": {
        "customer_no": "C1",
        "scope": "all",
        "status": "refused",
        "recorded_at": "2026-10-01T09:30:00+08:00",
    },
    "features": {"snapshot_date": "2026-10-01", "customer_no": "C1"},
    "orders": {
        "order_no": "O1",
        "customer_no": "C1",
        "product_code": "P1",
        "ordered_at": "2026-10-01T09:30:00+08:00",
    },
    "ties": {"customer_no": "C1", "other_customer_no": "C2"},
    "base_points": {"period": "2026-10", "staff_no": "T1", "component": "x", "points": "1"},
}


def check(name, *changes):
    """Check one row per change to the good row of this feed."""
    rows = [{**GOOD[name], **change} for change in changes]
    names = list(dict.fromkeys(key for row in rows for key in row))
    frame = pl.DataFrame({n: [row.get(n) for row in rows] for n in names}, schema=dict.fromkeys(names, pl.String))
    return check_chunk(Chunk(frame, pl.int_range(2, 2 + len(rows), eager=True)), FEEDS[name])


def accepted(name, /, **change):
    checked = check(name, change)
    assert checked.rejected == []
    return checked.accepted.row(0, named=True)


def rejected(name, /, **change):
    checked = check(name, change)
    assert checked.accepted.is_empty()
    (row,) = checked.rejected
    return row.column, row.code


@pytest.mark.parametrize("name", GOOD)
def test_a_row_with_the_required_values_alone_is_accepted(name):
    row = accepted(name)
    assert list(row)[: len(FEEDS[name].names)] == list(FEEDS[name].names)
    assert row["line"] == 2


@pytest.mark.parametrize(("name", "column"), [(f, c) for f in GOOD for c in FEEDS[f].required])
@pytest.mark.parametrize("blank", ["", "  \u3000", None])
def test_a_required_value_that_is_blank_rejects_the_row(name, column, blank):
    assert rejected(name, **{column: blank}) == (column, "value_missing")


BAD = [
    ("customers", "customer_no", "C\x001", "control_character"),
    ("customers", "customer_no", "C\u200b1", "control_character"),
    ("customers", "customer_no", "C" * 65, "too_long"),
    ("customers", "name", "a\x1bb", "control_character"),
    ("customers", "name", "名" * 201, "too_long"),
    ("customers", "phone", "12", "not_a_phone"),
    ("customers", "tags", ";".join(map(str, range(101))), "too_many"),
    ("customers", "tags", "a;" + "b" * 65, "too_long"),
    ("customers", "opened_on", "1970-12-31", "date_out_of_range"),
    ("customers", "opened_on", "2099-01-01", "date_out_of_range"),
    ("customers", "opened_on", "2026-02-30", "not_a_date"),
    ("customers", "opened_on", "2026-2-3", "not_a_date"),
    ("customers", "opened_on", "01/02/2026", "not_a_date"),
    ("staff", "daily_capacity", "501", "out_of_range"),
    ("staff", "daily_capacity", "-1", "out_of_range"),
    ("staff", "daily_capacity", "1.5", "not_a_whole_number"),
    ("staff", "daily_capacity", "9" * 30, "not_a_whole_number"),
    ("staff", "daily_capacity", "NaN", "not_a_whole_number"),
    ("staff", "role", "boss", "not_a_choice"),
    ("staff", "active_to", "2024-12-31", "before_start"),
    ("absences", "to_date", "2026-09-30", "before_start"),
    ("org_units", "parent_code", "B01", "same_twice"),
    ("ties", "other_customer_no", "C1", "same_twice"),
    ("ties", "weight", "inf", "not_a_number"),
    ("ties", "weight", "nan", "not_a_number"),
    ("ties", "weight", "1e400", "not_a_number"),
    ("ties", "weight", "-1", "out_of_range"),
    ("orders", "amount", "1e400", "not_a_decimal"),
    ("orders", "amount", "NaN", "not_a_decimal"),
    ("orders", "amount", "1.00001", "not_a_decimal"),
    ("orders", "amount", "9999999999", "out_of_range"),
    ("orders", "amount", "1,000", "not_a_decimal"),
    ("orders", "cancelled_at", "2026-10-01T09:29:59+08:00", "before_start"),
    ("orders", "ordered_at", "2026-10-01T09:30:00", "time_without_offset"),
    ("orders", "ordered_at", "2026-10-01 09:30", "time_without_offset"),
    ("orders", "ordered_at", "2026-10-01", "not_a_time"),
    ("orders", "ordered_at", "2026-10-01T24:00:00+08:00", "not_a_time"),
    ("orders", "ordered_at", "2026-02-30T09:30:00+08:00", "not_a_time"),
    ("orders", "ordered_at", "2026-10-01T09:30:60+08:00", "not_a_time"),
    ("orders", "ordered_at", "1970-01-01T00:00:00Z", "time_out_of_range"),
    ("orders", "ordered_at", "2099-01-01T00:00:00Z", "time_out_of_range"),
    ("orders", "ordered_at", "9999-12-31T23:59:59-14:00", "time_out_of_range"),
    ("base_points", "period", "2026-13", "not_a_month"),
    ("base_points", "period", "1970-12", "month_out_of_range"),
    ("base_points", "period", "2099-01", "month_out_of_range"),
    ("base_points", "points", "0.12345", "not_a_decimal"),
    ("features", "age", "NaN", "not_finite"),
    ("features", "age", "-Infinity", "not_finite"),
    ("features", "age", "1e400", "out_of_range"),
    ("features", "job", "a\x00b", "control_character"),
    ("features", "job", "x" * 1001, "too_long"),
]


@pytest.mark.parametrize(("name", "column", "value", "code"), BAD)
def test_a_value_that_cannot_be_taken_names_its_column_and_reason(name, column, value, code):
    assert rejected(name, **{column: value}) == (column, code)


@pytest.mark.parametrize(("name", "column", "value", "code"), BAD)
def test_one_bad_row_never_stops_the_others(name, column, value, code):
    checked = check(name, {}, {column: value}, {})
    assert checked.accepted["line"].to_list() == [2, 4]
    assert [(row.line, row.code) for row in checked.rejected] == [(3, code)]
    assert checked.rejected[0].reason.startswith("expected ")
    assert value in checked.rejected[0].values


@pytest.mark.parametrize(("lat", "lon"), [("90.1", "1"), ("-91", "1"), ("1", "180.5"), ("x", "1"), ("inf", "1")])
def test_a_place_off_the_globe_rejects_the_row(lat, lon):
    assert rejected("customers", latitude=lat, longitude=lon)[0] in ("latitude", "longitude")


def test_half_a_place_rejects_the_row():
    assert rejected("customers", latitude="39.1") == ("latitude", "half_given")


@pytest.mark.parametrize(
    "written",
    [
        "2026-10-01T09:30:00+08:00",
        "2026-10-01T09:30:00+0800",
        "2026-10-01T09:30:00.000+08",
        "2026-10-01 09:30+08:00",
        "2026-10-01T01:30:00Z",
        "2026-09-30T23:30:00-02:00",
    ],
)
def test_an_instant_is_the_same_in_every_iso_form(written):
    assert accepted("orders", ordered_at=written)["ordered_at"] == datetime(2026, 10, 1, 1, 30, tzinfo=UTC)


def test_until_takes_an_instant_or_a_whole_local_day():
    instant = accepted("contact_preferences", until="2026-12-31T00:00:00+08:00")["until"]
    assert instant == datetime(2026, 12, 30, 16, tzinfo=UTC)
    day = accepted("contact_preferences", until="2026-12-31")["until"]
    assert day == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert rejected("contact_preferences", until="soon") == ("until", "not_a_time")
    assert rejected("contact_preferences", until="2026-09-01") == ("until", "before_start")


def test_values_are_typed_and_defaults_stand_for_blanks():
    row = accepted("products", monthly_price="120.50", attribution_days="", bundle_of="P2; P3;;P2", contact_cost="+2")
    assert row["monthly_price"] == Decimal("120.50")
    assert row["contact_cost"] == 2
    assert row["margin"] is None
    assert (row["strategic_weight"], row["attribution_days"], row["maturity_days"]) == (1, 30, 7)
    assert row["bundle_of"] == ["P2", "P3"]
    customer = accepted("customers", phone="+86 139 1234 5678", opened_on="1971-01-01", tags="高价值", name=" ４Ｓ店 ")
    assert customer["phone"] == "13912345678"
    assert customer["opened_on"] == date(1971, 1, 1)
    assert customer["tags"] == ["高价值"]
    assert customer["name"] == "４Ｓ店"
    assert accepted("staff", daily_capacity="10.0")["daily_capacity"] == 10


def test_any_other_scope_is_a_product_family():
    assert accepted("contact_preferences", scope="broadband")["scope"] == "broadband"


def test_figures_are_kept_as_numbers_booleans_and_text():
    given = {"age": "31", "rate": "-1.5e3", "code": "007", "paid": "TRUE", "job": 'a "b"\\c', "gone": "", "big": "1e300"}
    assert check("features", given).figures.row(0, named=True) == {
        "age": 31,
        "rate": -1500.0,
        "code": "007",
        "paid": True,
        "job": 'a "b"\\c',
        "gone": None,
        "big": 1e300,
    }


def test_repeated_text_figures_keep_their_rows():
    rows = [{"job": ["a", "", "7", "true"][n % 4], "bad": "inf" if n == 9 else "x"} for n in range(40)]
    checked = check("features", *rows)
    assert [row.line for row in checked.rejected] == [11]
    assert checked.figures["job"].to_list() == [["a", None, "7", "true"][n % 4] for n in range(40) if n != 9]


def test_the_later_line_of_one_key_wins_and_the_earlier_is_counted():
    checked = check("customers", {"name": "a"}, {"customer_no": "C2"}, {"name": "b"}, {"name": "c"})
    kept, superseded = keep_last(checked.accepted, FEEDS["customers"])
    assert superseded == 2
    assert kept.select("customer_no", "name", "line").rows() == [("C2", None, 3), ("C1", "c", 5)]


_ANY = st.text(max_size=12) | st.sampled_from([value for _, _, value, _ in BAD])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(GOOD)), st.data())
def test_every_row_is_either_accepted_or_rejected_whatever_it_holds(name, data):
    columns = [*FEEDS[name].names, *(["x"] if FEEDS[name].keeps_extra else [])]
    changes = data.draw(st.lists(st.dictionaries(st.sampled_from(columns), _ANY, max_size=3), max_size=6))
    checked = check(name, {}, *changes)
    lines = checked.accepted["line"].to_list() + [row.line for row in checked.rejected]
    assert sorted(lines) == list(range(2, 3 + len(changes)))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20) | st.floats().map(repr) | st.integers().map(str) | st.booleans().map(str))
def test_figures_are_finite_numbers_or_what_was_written(text):
    for value in check("features", {"x": text}).figures["x"]:
        assert not isinstance(value, float) or math.isfinite(value)
        if isinstance(value, str):
            assert value == text.strip(" \t\r\n\u00a0\u3000")


@settings(max_examples=100, deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_money_is_exact(amount):
    assert accepted("orders", amount=f"{amount:f}")["amount"] == amount


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789+８６- \u200b", max_size=18))
def test_a_column_of_phones_is_read_as_each_phone_is(text):
    checked = check("customers", {"phone": text}, {"phone": "13912345678"})
    try:
        expected = [normalise_phone(text)]
    except ValueError:
        expected = []
    assert checked.accepted["phone"].to_list() == [*expected, "13912345678"]
