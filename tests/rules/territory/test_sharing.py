"""Who gets which customers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.territory.sharing import NOBODY, Customers, Receivers, choose_share, share_customers

NAN = float("nan")


def customers(places, *, value=None, pinned=None):
    n = len(places)
    return Customers(
        ids=np.arange(1, n + 1),
        value=np.array(value if value is not None else [10.0] * n),
        latitude=np.array([p[0] for p in places], dtype=float),
        longitude=np.array([p[1] for p in places], dtype=float),
        pinned=np.array(pinned if pinned is not None else [NOBODY] * n),
    )


def receivers(capacity, *, has=None, value=None, places=None):
    m = len(capacity)
    return Receivers(
        capacity=np.array(capacity, dtype=float),
        customers=np.array(has or [0] * m, dtype=float),
        value=np.array(value or [0] * m, dtype=float),
        latitude=np.array([p[0] for p in places or [(NAN, NAN)] * m]),
        longitude=np.array([p[1] for p in places or [(NAN, NAN)] * m]),
    )


def counts(shared, m):
    return np.bincount(shared, minlength=m).tolist()


def test_customers_are_shared_in_proportion_to_capacity():
    shared = share_customers(customers([(0, i) for i in range(90)]), receivers([10, 20, 60]))
    assert counts(shared, 3) == [10, 20, 60]


def test_who_has_few_customers_gets_more_and_who_has_too_many_gets_none():
    shared = share_customers(
        customers([(0, i) for i in range(30)]), receivers([10, 10, 10], has=[0, 10, 50], value=[0, 100, 500])
    )
    assert counts(shared, 3) == [20, 10, 0]


def test_worth_counts_as_much_as_number():
    values = [100.0] * 10 + [1.0] * 30
    shared = share_customers(customers([(0, i) for i in range(40)], value=values), receivers([1, 1]))
    first = shared[:10][0]
    assert counts(shared, 2)[first] < 15
    assert (shared[:6] == first).all()


def test_neighbours_stay_together_and_go_to_who_is_nearest():
    rng = np.random.default_rng(3)
    middle = [(0.0, 0.0), (0.0, 9.0), (9.0, 0.0), (9.0, 9.0)]
    places = [(a + x, b + y) for a, b in middle for x, y in rng.random((50, 2))]
    shared = share_customers(customers(places), receivers([5] * 4, places=middle))
    for number in range(4):
        assert (shared[50 * number : 50 * (number + 1)] == number).mean() > 0.95


def test_those_without_a_place_fill_up():
    places = [(0, i) for i in range(10)] + [(NAN, NAN)] * 10
    shared = share_customers(customers(places), receivers([1, 1]))
    assert counts(shared, 2) == [10, 10]


def test_who_was_promised_somebody_gets_them():
    pinned = [1] * 6 + [NOBODY] * 4
    shared = share_customers(customers([(0, i) for i in range(10)], pinned=pinned), receivers([1, 1]))
    assert (shared[:6] == 1).all()
    assert counts(shared, 2) == [4, 6]


def test_without_capacity_known_all_get_alike():
    assert counts(share_customers(customers([(0, i) for i in range(9)]), receivers([0, 0, 0])), 3) == [3, 3, 3]


def test_nobody_to_share_among_is_an_error():
    with pytest.raises(ValueError, match="nobody"):
        share_customers(customers([(0, 0)]), receivers([]))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_nobody_is_further_from_their_share_than_one_customer_weighs_and_it_is_always_the_same(data):
    n, m = data.draw(st.integers(1, 120)), data.draw(st.integers(1, 8))
    number = st.floats(0, 100, allow_nan=False)
    values = data.draw(st.lists(number, min_size=n, max_size=n))
    places = data.draw(st.lists(st.tuples(number, number), min_size=n, max_size=n))
    capacity = data.draw(st.lists(st.integers(1, 30), min_size=m, max_size=m))
    first = share_customers(customers(places, value=values), receivers(capacity))
    assert (first == share_customers(customers(places, value=values), receivers(capacity))).all()
    weight = np.full(n, 1 / n) if sum(values) <= 0 else (np.full(n, 1 / n) + np.array(values) / sum(values)) / 2
    got = np.bincount(first, weights=weight, minlength=m)
    assert np.abs(got - np.array(capacity) / sum(capacity)).max() <= weight.max() + 1e-9


def test_a_newcomer_takes_what_is_above_everybodys_share_in_one_piece():
    places = [(0.0, float(i)) for i in range(60)]
    holder = np.array([0] * 30 + [1] * 30)
    chosen = choose_share(customers(places), holder, np.array([10.0, 10.0]), 10.0)
    assert chosen[:30].sum() == chosen[30:].sum() == 10
    assert chosen[20:40].all()


def test_a_newcomer_takes_nothing_from_who_has_too_few():
    holder = np.array([0] * 50 + [1] * 10)
    chosen = choose_share(customers([(0.0, float(i)) for i in range(60)]), holder, np.array([1.0, 1.0]), 1.0)
    assert (chosen[:50].sum(), chosen[50:].sum()) == (30, 0)
