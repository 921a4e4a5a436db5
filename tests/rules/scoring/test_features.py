from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from app.scoring.learning.features import DERIVED, History, add_history, feature_columns, feature_frame, join_snapshots

DAY = date(2026, 8, 10)


def on(day: int) -> date:
    return date(2026, 8, day)


def history(
    contacts: list[tuple[int, date]] | None = None,
    orders: list[tuple[int, date]] | None = None,
    holdings: list[tuple[int, date, date | None]] | None = None,
) -> History:
    days = {"customer_id": pl.Int64, "day": pl.Date}
    spans = {"customer_id": pl.Int64, "from_date": pl.Date, "to_date": pl.Date, "monthly_price": pl.Float64}
    customers = pl.DataFrame(
        {"customer_id": [1, 2], "opened_on": [on(1), None], "segment": ["home", None], "lifecycle": ["A", "B"]}
    )
    return History(
        pl.DataFrame(contacts or [], schema=days, orient="row"),
        pl.DataFrame(orders or [], schema=days, orient="row"),
        pl.DataFrame([(*span, 10.0) for span in holdings or []], schema=spans, orient="row"),
        customers,
    )


def examples(*rows: tuple[int, date]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={"customer_id": pl.Int64, "as_of": pl.Date}, orient="row")


def snapshots(*rows: tuple[int, date, float]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={"customer_id": pl.Int64, "snapshot_date": pl.Date, "usage": pl.Float64}, orient="row")


def test_each_example_gets_its_latest_snapshot_of_an_earlier_day() -> None:
    taken = snapshots((1, on(1), 1.0), (1, on(9), 9.0), (1, on(10), 10.0), (1, on(11), 11.0), (2, on(9), 2.0))
    found = join_snapshots(examples((1, on(12)), (1, DAY), (2, DAY)), taken)
    assert found["usage"].to_list() == [11.0, 9.0, 2.0]


def test_an_example_without_an_earlier_snapshot_is_left_out() -> None:
    found = join_snapshots(examples((1, DAY), (2, DAY), (3, DAY)), snapshots((1, DAY, 1.0), (2, on(9), 2.0)))
    assert found["customer_id"].to_list() == [2]


def test_a_snapshot_that_is_too_old_is_not_used() -> None:
    found = join_snapshots(examples((1, DAY), (2, DAY)), snapshots((1, on(5), 1.0), (2, on(4), 2.0)), max_age_days=5)
    assert found["customer_id"].to_list() == [1]


def test_only_what_happened_before_the_day_counts() -> None:
    past = history(
        contacts=[(1, on(2)), (1, on(7)), (1, DAY), (1, on(11)), (2, on(1))],
        orders=[(1, on(9)), (1, DAY)],
        holdings=[(1, on(1), None), (1, on(2), on(9)), (1, on(3), DAY), (1, DAY, None)],
    )
    row = add_history(examples((1, DAY)), past).row(0, named=True)
    assert (row["contacts_before"], row["days_since_last_contact"]) == (2, 3)
    assert (row["orders_before"], row["days_since_last_order"]) == (1, 1)
    assert row["products_held"] == 2
    assert (row["tenure_days"], row["segment"], row["lifecycle"]) == (9, "home", "A")


def test_what_happens_on_the_day_or_later_changes_nothing() -> None:
    asked = examples((2, DAY), (1, DAY))
    later = history([(1, DAY), (1, on(11))], [(1, DAY), (2, on(12))], [(1, DAY, None), (2, on(11), on(12))])
    assert_frame_equal(add_history(asked, later), add_history(asked, history()))


def test_a_customer_without_history_has_counts_of_zero_and_missing_days() -> None:
    row = add_history(examples((2, DAY)), history()).row(0, named=True)
    assert (row["contacts_before"], row["orders_before"], row["products_held"]) == (0, 0, 0)
    assert (row["days_since_last_contact"], row["tenure_days"], row["segment"]) == (None, None, None)


def test_the_order_of_the_examples_is_kept() -> None:
    asked = examples((2, on(12)), (1, on(11)), (2, DAY), (1, on(12)))
    found = feature_frame(asked, snapshots((1, on(1), 1.0), (2, on(1), 2.0)), history(contacts=[(1, on(11)), (2, on(3))]))
    assert_frame_equal(found.select("customer_id", "as_of"), asked)
    assert found["contacts_before"].to_list() == [1, 0, 1, 1]


def test_a_snapshot_column_named_like_a_derived_one_is_kept_under_another_name() -> None:
    taken = snapshots((1, on(1), 1.0)).with_columns(segment=pl.lit("s"))
    row = feature_frame(examples((1, DAY)), taken, history()).row(0, named=True)
    assert (row["segment"], row["features.segment"]) == ("home", "s")


def test_keys_dates_and_the_calendar_are_no_features() -> None:
    frame = pl.DataFrame({"customer_id": [1], "as_of": [DAY], "label": [1], "month": ["may"], "Day_of_week": [3], "age": [40]})
    assert feature_columns(frame.with_columns(born=pl.lit(DAY))) == ["age"]
    assert set(DERIVED) <= set(feature_columns(add_history(examples((1, DAY)), history())))
