import pytest

from app.ingest.columns import Kind, Lookup
from app.ingest.feeds import FEEDS

# As FEEDS.md writes them, types left out.
CONTRACT = """
org_units: code*, parent_code, kind*, name*, latitude, longitude
staff: staff_no*, name*, role*, unit_code*, phone, daily_capacity, active_from*, active_to
absences: staff_no*, from_date*, to_date*, kind
products: product_code*, name*, category, kind*, family, monthly_price, margin, contact_cost, strategic_weight, \
attribution_days, maturity_days, bundle_of
customers: customer_no*, name, phone, address, latitude, longitude, grid_code*, owner_staff_no, segment, lifecycle, \
opened_on, tags
contact_preferences: customer_no*, scope*, status*, recorded_at*, until, source
features: snapshot_date*, customer_no*
holdings: customer_no*, product_code*, from_date*, to_date
orders: order_no*, customer_no*, product_code*, ordered_at*, amount, channel, staff_no, cancelled_at
calls: call_id*, staff_no*, customer_no*, started_at*, duration_seconds*
complaints: complaint_no*, customer_no*, opened_at*, topic, staff_no
contact_history: contact_no*, customer_no*, product_code*, contacted_at*, channel, staff_no, outcome, campaign_code, arm
ties: customer_no*, other_customer_no*, weight
base_points: period*, staff_no*, component*, points*
"""


def test_the_table_of_feeds_is_the_contract():
    written = [line.split(": ") for line in CONTRACT.strip().splitlines()]
    assert {name: columns.split(", ") for name, columns in written} == {
        feed.name: [c.name + "*" * c.required for c in feed.columns] for feed in FEEDS.values()
    }


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS.keys())
def test_every_key_is_required_and_every_rule_names_known_columns(feed):
    assert set(feed.key) <= set(feed.required)
    pairs = [*feed.in_order, *feed.apart, *feed.together]
    assert {name for pair in pairs for name in pair} <= set(feed.names)
    for column in feed.columns:
        assert (column.kind is Kind.CHOICE) == bool(column.choices)
        if column.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.FLOAT):
            assert column.low is not None
            assert column.high is not None


def test_references_say_what_a_column_points_at():
    assert FEEDS["customers"].references == {"grid_code": Lookup.GRID, "owner_staff_no": Lookup.STAFF}
    assert FEEDS["org_units"].references == {"parent_code": Lookup.UNIT}
    assert FEEDS["products"].references == {"bundle_of": Lookup.PRODUCT}
