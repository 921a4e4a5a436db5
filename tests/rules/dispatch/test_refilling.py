"""Which places are free again, and who is next for them."""

import numpy as np

from app.dispatch.refilling.rules import LeftOut, choose_next, open_places

RANKED, EXPLORED = (1, False), (1, True)


def left_out(*rows):
    """(customer, grid, rank, explored, turn) each."""
    names = ("customer_id", "grid_id", "rank", "explored", "turn")
    kinds = (np.int64, np.int32, np.int32, np.bool_, np.int64)
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return LeftOut(**{name: np.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)})


def test_a_place_is_open_until_a_refill_gave_it_to_somebody():
    freed = {RANKED: 3, EXPLORED: 1, (2, False): 2}
    assert open_places(freed, {RANKED: 1, EXPLORED: 1}) == {RANKED: 2, (2, False): 2}


def test_more_given_than_freed_owes_nothing():
    assert open_places({RANKED: 1}, {RANKED: 2, EXPLORED: 1}) == {}


def test_the_best_ranks_of_the_same_grid_are_next_whatever_their_turn():
    left = left_out((11, 1, 9, False, 0), (12, 1, 4, False, 5), (13, 1, 6, False, 1), (14, 2, 1, False, 0))
    assert list(choose_next(left, {RANKED: 2})) == [12, 13]


def test_the_explored_are_next_by_their_turn_whatever_their_rank():
    left = left_out((11, 1, 1, True, 90), (12, 1, 900, True, 3), (13, 1, 500, True, 40))
    assert list(choose_next(left, {EXPLORED: 2})) == [12, 13]


def test_no_kind_and_no_grid_takes_the_places_of_another():
    left = left_out((11, 1, 1, True, 1), (12, 1, 2, False, 1), (13, 2, 3, False, 1))
    assert list(choose_next(left, {RANKED: 5})) == [12]
    assert list(choose_next(left, {EXPLORED: 5, (2, False): 5})) == [11, 13]


def test_where_nobody_is_left_nobody_is_chosen():
    assert list(choose_next(left_out(), {RANKED: 1})) == []
