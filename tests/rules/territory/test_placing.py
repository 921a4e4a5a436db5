"""On which day, and with whom, an order that is handed over is done."""

import numpy as np
import pytest

from app.territory.placing import NOBODY, NOWHERE, Order, Placed, place_orders


def order(number=1, *, day=0, last=4, wish=NOBODY, among=(0, 1), later=None):
    return Order(number, day, last, wish, among, later)


def place(free, *orders):
    return [place_orders(orders, np.array(free))[one.work_order_id] for one in orders]


def test_it_goes_to_whom_it_is_wished_on_its_day():
    assert place([[1, 0], [9, 9]], order(wish=0)) == [Placed(0, 0)]


def test_else_to_who_has_most_room_on_its_day():
    assert place([[0, 1], [2, 0], [3, 0]], order(wish=0, among=(0, 1, 2))) == [Placed(2, 0)]


def test_else_later_where_it_may_be_done_later():
    free = [[0, 5, 5], [0, 5, 5], [0, 0, 1]]
    assert place(free, order(wish=0, later=(2, 2))) == [Placed(2, 2, is_later=True)]
    assert place(free, order(wish=0, later=(2, 2), last=1)) == [Placed(0, 1)]


def test_else_on_the_next_day_of_whom_it_is_wished_else_of_anybody():
    assert place([[0, 0, 1], [0, 1, 0]], order(wish=0)) == [Placed(0, 2)]
    assert place([[0, 0, 0], [0, 1, 0]], order(wish=0)) == [Placed(1, 1)]


@pytest.mark.parametrize("one", [order(last=0), order(day=3, last=2), order(among=()), order(day=9, last=9)])
def test_else_nowhere(one):
    assert place([[0, 1], [0, 1]], one) == [NOWHERE]


def test_an_overdue_order_is_done_from_the_first_day_on():
    assert place([[1, 1], [0, 0]], order(day=-3)) == [Placed(0, 0)]


def test_each_contact_is_taken_once_and_the_earlier_order_goes_first():
    late, early = order(1, day=1), order(2, day=0)
    assert place([[0, 1], [0, 0]], late, early) == [NOWHERE, Placed(0, 1)]
