"""Reading items of any kind: a bad one says what is wrong with it and can be kept."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feedback.intake import Readable, Unreadable, read_item
from app.feedback.keeping import canonical, storable

GOOD = {
    "id": "5f0c3f7e-6f0e-4a58-8f7b-1a2b3c4d5e6f",
    "work_order_id": 7,
    "channel": "visit",
    "outcome": "interested",
    "started_at": "2026-10-12T09:30:00+08:00",
    "ended_at": "2026-10-12T09:40:00+08:00",
    "latitude": 39.1,
    "longitude": 117,
}
POISON = {
    "id": [None, 5, "", "x", "\x00", "\ud800", [], {}, 10**30, "5f0c3f7e-6f0e-4a58-8f7b"],
    "work_order_id": [None, 0, -1, 2**63, "7", 7.0, True, math.nan, math.inf, [], 10**400],
    "corrects_id": ["x", 5, GOOD["id"]],
    "channel": [None, "fax", 1, "\x00", "CALL"],
    "outcome": [None, "sold", 1, "", "bought\x00", "\ud800", "x" * 10_000, "refused", "callback"],
    "objection": ["", "x", 5, "\ud800"],
    "callback_at": ["tomorrow", 1_700_000_000, "2026-10-12T09:30:00+08:00", "2027-12-12T09:30:00+08:00"],
    "started_at": [
        None,
        "",
        0,
        1_700_000_000,
        "1700000000",
        "2026-10-12",
        "2026-10-12T09:30:00",
        "1970-06-01T00:00:00Z",
        "2099-01-01T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "2026-02-30T00:00:00Z",
        "2026-10-12T09:30:00+99:00",
        math.nan,
        "\u0662026-10-12T09:30:00Z",
    ],
    "ended_at": ["2026-10-12T09:29:00+08:00", "2026-10-14T09:30:00+08:00", 5],
    "note": [5, "a\x00b", "\udfff", "x" * 2_001, ["x"], "\x1b[31m"],
    "latitude": [None, 91, -91, math.nan, math.inf, -math.inf, "39", True, 1e308],
    "longitude": [None, 181, math.nan, [117]],
    "accuracy_metres": [-1, math.inf, "5"],
    "mock_location": ["yes", 1],
    "device_sequence": [-1, 1.5, 2**63],
    "reached": [False, "yes", 1, []],
    "elapsed_ms": [-1, 86_400_001, 1.5, "5", True, math.nan],
    "order_sequence": [0, -1, 1_000_001, 1.5, "1", True],
    "competitor": [5, "telecom", [], {"operator": "telecom", "more": 1}],
    "proposals": [5, {}, [5], [{"field": "address", "value": "x"}] * 2, [{"field": "address", "value": "x"}] * 11],
    "attachment_ids": ["x", [5], [GOOD["id"]] * 2, [GOOD["id"], GOOD["id"].upper()]],
    "points": [5],
    "\ud800": [1],
    "\x00": [1],
}


def test_a_good_item_is_read():
    found = read_item(GOOD)
    assert isinstance(found, Readable)
    assert found.item.started_at.isoformat() == "2026-10-12T01:30:00+00:00"


@pytest.mark.parametrize("field", POISON)
def test_every_poison_is_refused_by_name_and_can_be_stored(field):
    for value in POISON[field]:
        raw = {**GOOD, field: value}
        found = read_item(raw)
        assert isinstance(found, Unreadable), (field, value)
        place = found.detail.split(":")[0].split(".")[0]
        if field not in {"outcome", "latitude", "\ud800"}:  # these are found at the field that lacks or contradicts them
            assert place == (field if field.isprintable() else "\\u0000"), (found.detail, value)
        kept = json.dumps(found.kept, allow_nan=False)
        assert "\\u0000" not in kept.replace("\\\\u0000", "")
        found.detail.encode()


@pytest.mark.parametrize("raw", [None, True, 5, math.nan, "x", "\ud800", [], [GOOD], {}, {"id": GOOD["id"]}])
def test_what_is_no_report_at_all_is_refused(raw):
    assert isinstance(read_item(raw), Unreadable)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None)),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(categories=None), max_size=5), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(raw=anything | st.fixed_dictionaries({}, optional=dict.fromkeys(GOOD, anything)).map(lambda odd: {**GOOD, **odd}))
def test_reading_never_fails_and_what_it_keeps_is_storable(raw):
    found = read_item(raw)
    if isinstance(found, Unreadable):
        text = json.dumps(found.kept, allow_nan=False, ensure_ascii=False)
        text.encode()
        assert "\x00" not in text
        assert found.digest == read_item(raw).digest


def test_the_digest_is_of_what_a_report_says_and_not_of_how_it_was_written():
    same = {
        **GOOD,
        "started_at": "2026-10-12T01:30:00Z",
        "longitude": 117.0,
        "note": None,
        "device_sequence": 5,
        "order_sequence": 5,
        "id": GOOD["id"].upper(),
    }
    assert read_item(GOOD).digest == read_item(same).digest
    assert read_item(GOOD).digest != read_item({**GOOD, "note": "x"}).digest
    assert read_item(GOOD).digest != read_item({**GOOD, "outcome": "moved"}).digest


def test_what_is_long_is_kept_whole():
    long = {"note": "x" * 1_000_000, "points": list(range(10_000))}
    assert read_item(long).kept == long


def test_what_is_nested_deeply_is_kept_as_text():
    deep = inner = []
    for _ in range(900):
        inner.append([])
        inner = inner[0]
    kept, depth = storable(deep), 0
    while isinstance(kept, list):
        kept, depth = kept[0], depth + 1
    assert (json.loads(kept), depth) == (json.loads("[" * (901 - depth) + "]" * (901 - depth)), 12)
    canonical(storable(deep))


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("competitor", {}, "competitor.operator"),
        ("competitor", {"operator": "  "}, "competitor.operator"),
        ("competitor", {"operator": "x" * 61}, "competitor.operator"),
        ("competitor", {"operator": "a\x00b"}, "competitor.operator"),
        ("competitor", {"operator": "telecom", "monthly_price": -1}, "competitor.monthly_price"),
        ("competitor", {"operator": "telecom", "monthly_price": 99.999}, "competitor.monthly_price"),
        ("competitor", {"operator": "telecom", "monthly_price": 1e300}, "competitor.monthly_price"),
        ("competitor", {"operator": "telecom", "monthly_price": math.nan}, "competitor.monthly_price"),
        ("competitor", {"operator": "telecom", "monthly_price": True}, "competitor.monthly_price"),
        ("competitor", {"operator": "telecom", "monthly_price": "1_000"}, "competitor.monthly_price"),
        ("competitor", {"operator": "telecom", "ends_on": "2026-02-30"}, "competitor.ends_on"),
        ("competitor", {"operator": "telecom", "ends_on": "1970-01-01"}, "competitor.ends_on"),
        ("competitor", {"operator": "telecom", "ends_on": 20261012}, "competitor.ends_on"),
        ("proposals", [{"field": "balance", "value": "0"}], "proposals.0.field"),
        ("proposals", [{"field": "\ud800", "value": "0"}], "proposals.0.field"),
        ("proposals", [{"field": "name", "value": "Li"}, {"field": "phone", "value": "call me"}], "proposals.1.value"),
        ("proposals", [{"field": "household_size", "value": "31"}], "proposals.0.value"),
        ("proposals", [{"field": "household_size", "value": "٣"}], "proposals.0.value"),
        ("proposals", [{"field": "address", "value": " \t"}], "proposals.0.value"),
        ("proposals", [{"field": "address"}], "proposals.0.value"),
        ("attachment_ids", [GOOD["id"], "x"], "attachment_ids.1"),
        ("attachment_ids", [f"5f0c3f7e-6f0e-4a58-8f7b-1a2b3c4d5e{n:02}" for n in range(11)], "attachment_ids"),
    ],
)
def test_what_was_found_out_is_refused_by_the_name_of_its_field(field, value, named):
    found = read_item({**GOOD, field: value})
    assert isinstance(found, Unreadable), value
    assert found.detail.split(":")[0] == named, found.detail


def test_what_was_found_out_is_read_and_stays_the_same_however_it_was_written():
    written = {"operator": " 中国  移动 ", "monthly_price": 99.5, "ends_on": "2027-03-31"}
    proposals = [{"field": "phone", "value": "+86 139 1234 5678"}, {"field": "household_size", "value": "4"}]
    ids = ["5F0C3F7E-6F0E-4A58-8F7B-1A2B3C4D5E70"]
    found = read_item({**GOOD, "competitor": written, "proposals": proposals, "attachment_ids": ids})
    again = read_item({**GOOD, **found.kept, "competitor": {**written, "monthly_price": "99.50", "operator": "中国 移动"}})
    assert found.kept["competitor"] == {"operator": "中国 移动", "monthly_price": "99.50", "ends_on": "2027-03-31"}
    assert found.digest == again.digest != read_item(GOOD).digest
    assert read_item(found.kept).digest == found.digest  # as one that waited is read again


def test_a_report_of_a_phone_of_before_says_what_it_always_said():
    assert set(read_item(GOOD).kept) == set(GOOD)
    empty = {"proposals": [], "attachment_ids": [], "competitor": None, "reached": None, "elapsed_ms": None}
    assert read_item({**GOOD, **empty, "order_sequence": 3}).digest == read_item(GOOD).digest
