from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from app.core.errors import Invalid
from app.scoring.learning.labels import (
    FeatureLeak,
    OneOutcomeOnly,
    TrainingDataMissing,
    check_no_leak,
    check_trainable,
    label_contacts,
)

AS_OF = date(2026, 10, 2)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00").astimezone(UTC)


def label(contacted: str, *orders: tuple[str, str | None], customer: int = 1) -> list[int]:
    contacts = pl.DataFrame({"customer_id": [1], "contacted_at": [at(contacted)]})
    kind = pl.Datetime("us", "UTC")
    rows = [(customer, at(ordered), at(cancelled) if cancelled else None) for ordered, cancelled in orders]
    schema = {"customer_id": pl.Int64, "ordered_at": kind, "cancelled_at": kind}
    sales = pl.DataFrame(rows, schema=schema, orient="row")
    return label_contacts(contacts, sales, as_of=AS_OF, label_window=30)["label"].to_list()


def test_an_order_inside_the_window_makes_a_positive() -> None:
    assert label("2026-08-01T10:00", ("2026-08-01T10:01", None)) == [1]
    assert label("2026-08-01T10:00", ("2026-08-31T10:00", None)) == [1]


def test_an_order_at_the_contact_or_after_the_window_does_not_count() -> None:
    assert label("2026-08-01T10:00", ("2026-08-01T10:00", None)) == [0]
    assert label("2026-08-01T10:00", ("2026-08-31T10:01", None)) == [0]
    assert label("2026-08-01T10:00", ("2026-07-31T10:00", None)) == [0]


def test_another_customers_order_does_not_count() -> None:
    assert label("2026-08-01T10:00", ("2026-08-02T10:00", None), customer=2) == [0]


def test_a_cancelled_order_counts_only_while_the_cancellation_is_not_yet_known() -> None:
    assert label("2026-08-01T10:00", ("2026-08-02T10:00", "2026-08-03T10:00")) == [0]
    assert label("2026-08-01T10:00", ("2026-08-02T10:00", "2026-10-02T00:00")) == [1]
    assert label("2026-08-01T10:00", ("2026-08-02T10:00", "2026-08-03T10:00"), ("2026-08-04T10:00", None)) == [1]


def test_a_contact_whose_window_is_still_open_is_left_out_even_when_it_has_already_sold() -> None:
    assert label("2026-09-02T00:00", ("2026-09-03T10:00", None)) == [1]
    assert label("2026-09-02T00:01", ("2026-09-03T10:00", None)) == []


def test_the_day_of_an_example_is_the_local_one_and_a_repeated_contact_is_one_example() -> None:
    contacts = pl.DataFrame({"customer_id": [1, 1], "contacted_at": [at("2026-08-02T01:00")] * 2})
    sales = pl.DataFrame({"customer_id": [1], "ordered_at": [at("2026-08-02T02:00")], "cancelled_at": [None]})
    found = label_contacts(contacts, sales, as_of=AS_OF, label_window=30)
    assert found["as_of"].to_list() == [date(2026, 8, 2)]


def test_a_window_below_a_day_is_refused() -> None:
    with pytest.raises(Invalid, match="label_window: expected at least 1 day"):
        label_contacts(pl.DataFrame(), pl.DataFrame(), as_of=AS_OF, label_window=0)


def test_a_snapshot_of_the_day_of_the_contact_is_a_leak() -> None:
    day = date(2026, 8, 1)
    check_no_leak(pl.DataFrame({"snapshot_date": [date(2026, 7, 31)], "as_of": [day]}))
    with pytest.raises(FeatureLeak, match="a day before the contact on 2026-08-01"):
        check_no_leak(pl.DataFrame({"snapshot_date": [day], "as_of": [day]}))


def test_no_examples_and_one_outcome_only_are_named() -> None:
    with pytest.raises(TrainingDataMissing, match="contacts whose label window has ended"):
        check_trainable(np.array([], dtype=np.int8))
    with pytest.raises(OneOutcomeOnly, match="got 0 and 50"):
        check_trainable(np.zeros(50, dtype=np.int8))
    with pytest.raises(OneOutcomeOnly, match="got 50 and 9"):
        check_trainable(np.array([1] * 50 + [0] * 9, dtype=np.int8))
