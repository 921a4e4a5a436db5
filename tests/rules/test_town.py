from dataclasses import fields
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from demo.answers import (
    OUTCOMES,
    answer_contact,
    claim_of,
    contact_rng,
    orders_left_alone,
    true_value_of_random_list,
)
from demo.town import FEEDS, Town, make_town, write_extract
from demo.truth import CLAIMER, HONEST, NEVER_CALLS, Truth, load_truth

SMALL = {"branches": 2, "grids": 4, "managers": 9, "customers": 2_000}
MONTH = (2026, 3)
WHEN = datetime(2026, 3, 4, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.fixture(scope="module")
def town() -> Town:
    return make_town(seed=5, month=MONTH, **SMALL)


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def staff_of(truth: Truth, honesty: str) -> str:
    return str(truth.staff_no[np.flatnonzero(truth.honesty == honesty)[0]])


def answers_of(truth: Truth, staff_no: str, count: int = 1_500) -> list:
    numbers = [f"K{row:07d}" for row in range(1, count + 1)]
    return [answer_contact(truth, contact_rng(1, n, WHEN), n, staff_no, WHEN) for n in numbers]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(town: Town, tmp_path: Path) -> None:
    write_extract(town, tmp_path / "one")
    write_extract(make_town(seed=5, month=MONTH, **SMALL), tmp_path / "two")
    write_extract(make_town(seed=6, month=MONTH, **SMALL), tmp_path / "other")
    one, other = files_of(tmp_path / "one"), files_of(tmp_path / "other")
    assert one == files_of(tmp_path / "two")
    assert set(one) == {f"{feed}.csv" for feed in FEEDS} | {"truth/truth.npz"}
    assert {name for name in one if one[name] == other[name]} == {"products.csv"}


def test_every_reference_in_the_extract_is_known_and_keys_are_unique(town: Town) -> None:
    feeds = town.feeds
    staff, units = set(feeds["staff"]["staff_no"]), set(feeds["org_units"]["code"])
    people, products = set(feeds["customers"]["customer_no"]), set(feeds["products"]["product_code"])
    for name, frame in feeds.items():
        for column, known in (
            ("customer_no", people),
            ("other_customer_no", people),
            ("staff_no", staff),
            ("owner_staff_no", staff),
            ("product_code", products),
            ("grid_code", units),
            ("unit_code", units),
            ("parent_code", units),
        ):
            if column in frame.columns:
                assert set(frame[column].drop_nulls()) <= known, (name, column)
    keys = {
        "contact_preferences": ["customer_no", "scope"],
        "features": ["snapshot_date", "customer_no"],
        "holdings": ["customer_no", "product_code", "from_date"],
        "ties": ["customer_no", "other_customer_no"],
        "base_points": ["period", "staff_no", "component"],
        "absences": ["staff_no", "from_date"],
    }
    for name, frame in feeds.items():
        assert not frame.select(keys.get(name, frame.columns[:1])).is_duplicated().any(), name
    assert feeds["staff"]["phone"].n_unique() == feeds["staff"].height


def test_owners_work_in_the_grid_of_their_customers(town: Town) -> None:
    managers = town.feeds["staff"].select(owner_staff_no="staff_no", unit_code="unit_code")
    owned = town.feeds["customers"].join(managers, on="owner_staff_no")
    assert (owned["grid_code"] == owned["unit_code"]).all()
    assert 0.8 < owned.height / 2_000 < 0.9


def test_the_history_ends_before_the_played_month_even_after_february(town: Town) -> None:
    first = "2026-03-01"
    for name, column in (
        ("contact_history", "contacted_at"),
        ("orders", "ordered_at"),
        ("orders", "cancelled_at"),
        ("calls", "started_at"),
        ("complaints", "opened_at"),
        ("contact_preferences", "recorded_at"),
    ):
        times = town.feeds[name][column].drop_nulls()
        assert times.max() < first, (name, column)
        assert times.str.ends_with("+08:00").all()
    assert town.feeds["features"]["snapshot_date"].unique().sort().cast(pl.String).to_list() == [
        *(f"2025-{month:02d}-01" for month in (9, 10, 11, 12)),
        *(f"2026-{month:02d}-01" for month in (1, 2, 3)),
    ]


def test_even_the_last_contact_leads_to_nothing_within_the_played_month() -> None:
    big = make_town(seed=1, month=MONTH, **{**SMALL, "customers": 20_000})
    contacted = big.feeds["contact_history"]["contacted_at"]
    assert big.feeds["orders"]["ordered_at"].max() < "2026-03-01"
    assert contacted.max() < "2026-02-25"
    cancelled = big.feeds["orders"].drop_nulls("cancelled_at")
    times = cancelled.select(pl.col("ordered_at", "cancelled_at").str.to_datetime(time_zone="UTC"))
    assert (times["cancelled_at"] - times["ordered_at"]).max() <= timedelta(hours=36)


def test_features_hold_a_constant_a_sentinel_missing_values_and_no_customer_before_its_opening(
    town: Town,
) -> None:
    features = town.feeds["features"]
    assert features["billing_system"].n_unique() == 1
    assert features["days_since_complaint"].max() == 999
    assert features["age"].null_count()
    assert features["device_tier"].null_count()
    opened = features.join(town.feeds["customers"].select("customer_no", "opened_on"), on="customer_no")
    assert (opened["opened_on"] <= opened["snapshot_date"]).all()


def test_nothing_of_the_hidden_truth_is_a_column_of_the_extract(town: Town) -> None:
    hidden = {field.name for field in fields(Truth)} - {"staff_no"}
    assert not hidden & {column for frame in town.feeds.values() for column in frame.columns}


def test_what_was_sold_and_not_cancelled_is_held_and_cannot_be_sold_again(town: Town) -> None:
    truth = town.truth
    sold = town.feeds["orders"].filter(pl.col("cancelled_at").is_null(), pl.col("product_code") == "BB500")
    rows = truth.customer_rows(sold["customer_no"].to_list())
    assert truth.held[rows, 0].all()
    assert (truth.contacted[rows, 0] == 0).all()
    held = town.feeds["holdings"].filter(pl.col("to_date").is_null())
    assert held.height == truth.held.sum()


def test_the_best_tenth_of_the_customers_buys_far_more_often_than_the_mean(town: Town) -> None:
    chance = town.truth.contacted[~town.truth.held[:, 0], 0]
    best = np.sort(chance)[-len(chance) // 10 :]
    assert 0.06 < chance.mean() < 0.08
    assert best.mean() / chance.mean() > 3.5


def test_the_truth_comes_back_from_its_file_as_it_was(town: Town, tmp_path: Path) -> None:
    write_extract(town, tmp_path)
    again = load_truth(tmp_path)
    for field in fields(Truth):
        assert np.array_equal(getattr(again, field.name), getattr(town.truth, field.name)), field.name
    with pytest.raises(FileNotFoundError):
        load_truth(tmp_path / "nowhere")


def test_an_honest_manager_says_bought_only_when_an_order_follows_within_three_days(town: Town) -> None:
    answers = answers_of(town.truth, staff_of(town.truth, HONEST))
    claims = [claim_of(HONEST, answer) for answer in answers]
    for answer, claim in zip(answers, claims, strict=True):
        assert answer.called
        assert claim.outcome == answer.outcome
        assert claim.seconds == answer.seconds
        assert answer.outcome != "bought" or answer.ordered_at is not None
        if answer.ordered_at:
            assert WHEN < answer.ordered_at <= WHEN + timedelta(days=3)
        if answer.outcome == "not_reached":
            assert answer.seconds == 0
    assert {claim.outcome for claim in claims} == set(OUTCOMES)


def test_as_many_answers_are_orders_as_the_truth_expects(town: Town) -> None:
    truth = town.truth
    average = Truth(
        **{
            **{field.name: getattr(truth, field.name) for field in fields(Truth)},
            "skill": np.ones(len(truth.skill)),
        }
    )
    answers = answers_of(average, staff_of(truth, HONEST), 2_000)
    expected = float(truth.contacted[:, 0].sum())
    assert abs(sum(a.ordered_at is not None for a in answers) - expected) < 4 * np.sqrt(expected)


def test_a_claimer_claims_a_third_of_the_contacts_without_an_order(town: Town) -> None:
    answers = answers_of(town.truth, staff_of(town.truth, CLAIMER))
    none = [answer for answer in answers if answer.ordered_at is None]
    claimed = sum(claim_of(CLAIMER, answer).outcome == "bought" for answer in none)
    assert 0.28 < claimed / len(none) < 0.39


def test_one_who_never_calls_makes_no_call_and_reports_all_sorts_of_outcomes(town: Town) -> None:
    answers = answers_of(town.truth, staff_of(town.truth, NEVER_CALLS))
    assert not any(answer.called or answer.reached or answer.seconds for answer in answers)
    assert {claim_of(NEVER_CALLS, answer).outcome for answer in answers} == set(OUTCOMES)
    assert not set(town.feeds["calls"]["staff_no"]) & {staff_of(town.truth, NEVER_CALLS)}


def test_an_answer_is_the_same_whenever_it_is_asked_for(town: Town) -> None:
    staff = staff_of(town.truth, HONEST)
    assert answers_of(town.truth, staff, 50) == answers_of(town.truth, staff, 50)


def test_a_random_list_is_worth_the_mean_and_a_short_pool_is_refused(town: Town) -> None:
    rng = np.random.default_rng(3)
    value = true_value_of_random_list(town.truth, 1_000, rng)
    assert 50 < value < 90
    with pytest.raises(ValueError, match="n must be between 0 and the 1 "):
        true_value_of_random_list(town.truth, 2, rng, among=["K0000001"])


def test_few_customers_left_alone_buy(town: Town) -> None:
    numbers = town.feeds["customers"]["customer_no"].to_list()
    orders = orders_left_alone(town.truth, np.random.default_rng(3), numbers, WHEN)
    assert 0 < len(orders) < 40
    assert all(WHEN <= at < WHEN + timedelta(days=21) for _, at in orders)


def test_unknown_customers_managers_and_kinds_of_honesty_are_named(town: Town) -> None:
    rng, staff = np.random.default_rng(1), staff_of(town.truth, HONEST)
    for number in ("K9999999", "K0000000", "X0000001", "K", ""):
        with pytest.raises(KeyError):
            answer_contact(town.truth, rng, number, staff, WHEN)
    with pytest.raises(KeyError):
        answer_contact(town.truth, rng, "K0000001", "nobody", WHEN)
    with pytest.raises(ValueError, match="honesty is one of"):
        claim_of("shy", answer_contact(town.truth, rng, "K0000001", staff, WHEN))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed must be"),
        ({"branches": 0}, "branches must be"),
        ({"grids": 1}, "grids must be"),
        ({"managers": 3}, "managers must be"),
        ({"customers": 10}, "customers must be"),
        ({"month": (2026, 13)}, "month must be"),
        ({"contacts": 2_000}, "contacts must be"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_by_name(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_town(**{"seed": 5, "month": MONTH, **SMALL, **change})
