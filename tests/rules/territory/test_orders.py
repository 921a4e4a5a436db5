"""What becomes of the live work orders in a handover."""

from datetime import date, timedelta

import numpy as np
import pytest

from app.territory.orders import LiveOrder, Room, affected_orders, propose_orders
from app.territory.preview import make_preview
from app.territory.proposal import GridCustomers, Move, NobodyTakes, Person, Situation, propose_moves

DAY = date(2026, 10, 12)
HOME, OTHER = 1, 2
ANA, BO, CY = 11, 12, 13
WEEK = timedelta(days=7)


def situation(kind, *, staff_id=ANA, to_grid_id=None, others=(), customers=None, **more):
    people = tuple(Person(number, name, name, HOME, 10) for number, name in ((ANA, "ANA"), (BO, "BO"), (CY, "CY")))
    ids = np.arange(1, 7)
    places = ids.astype(float)
    owner = np.array([ANA, ANA, BO, BO, CY, 0])
    known = customers or GridCustomers(ids, owner, np.full(6, 1050), places, places)
    return Situation(kind, HOME, to_grid_id, staff_id, people, frozenset(others), known, **more)


def order(number, *, customer=1, staff=ANA, day=DAY, last=DAY + WEEK, **more):
    return LiveOrder(number, customer, None, staff, day, last, more.pop("is_promised", False), **more)


def propose(given, orders, *, free=2, return_on=None):
    moves = {move.customer_id: move for move in propose_moves(given, {})}
    affected = affected_orders(given, orders, moves, return_on=return_on)
    room = Room((ANA, BO, CY), DAY, np.full((3, 8), free))
    return propose_orders(given, affected, moves, room, return_on=return_on)


def said(moves):
    return [(one.order.work_order_id, one.way, one.to_grid_id, one.to_staff_id, (one.to_day - DAY).days) for one in moves]


def test_orders_follow_their_customer_and_those_of_nobodys_customers_who_has_room():
    owners = {move.customer_id: move.to_staff_id for move in propose_moves(situation("exit"), {})}
    result = propose(situation("exit"), [order(1, customer=1), order(2, customer=6), order(3, customer=3, staff=BO)])
    assert said(result) == [(1, "moved", HOME, owners[1], 0), (2, "moved", HOME, result[1].to_staff_id, 0)]
    assert result[1].to_staff_id in (BO, CY)


def test_what_one_contact_is_about_goes_together_and_counts_once():
    together = [order(number, customer=6, contact_id=1) for number in (1, 2, 3)]
    result = propose(situation("exit"), together, free=1)
    assert {(one.to_staff_id, one.to_day, one.way) for one in result} == {(BO, DAY, "moved")}


def test_in_a_contact_the_first_last_day_counts_for_all():
    soon = order(1, customer=6, contact_id=1, last=DAY)
    result = propose(situation("exit"), [soon, order(2, customer=6, contact_id=1)], free=0)
    assert [one.way for one in result] == ["pool", "pool"]


def test_a_promise_is_kept_by_who_made_it_when_asked_for():
    promised = order(1, is_promised=True)
    kept = propose(situation("transfer", to_grid_id=OTHER, keep_promised=True), [promised])
    assert said(kept) == [(1, "stays", HOME, ANA, 0)]
    assert propose(situation("transfer", to_grid_id=OTHER), [promised])[0].way == "moved"


def test_a_leave_concerns_the_days_until_the_return():
    back = DAY + timedelta(days=3)
    result = propose(situation("leave", orders_only=True), [order(1), order(2, day=back)], return_on=back)
    assert [one.order.work_order_id for one in result] == [1]
    later = propose(situation("leave", orders_only=True), [order(1), order(2), order(3)], return_on=back, free=1)
    assert [(one.way, one.to_staff_id) for one in later] == [("moved", BO), ("moved", CY), ("later", ANA)]


def test_in_a_merge_everything_changes_grid_and_nothing_its_manager():
    merge = situation("grid_merge", staff_id=0, to_grid_id=OTHER)
    orders = [order(1), order(2, customer=3, staff=BO), order(3, customer=99, staff=CY), order(4, staff=77, is_lent=True)]
    pooled = order(5, customer=5, staff=CY, is_pooled=True)
    assert said(propose(merge, [*orders, pooled], free=0)) == [
        (1, "moved", OTHER, ANA, 0),
        (2, "moved", OTHER, BO, 0),
        (3, "moved", OTHER, CY, 0),
        (4, "moved", OTHER, 77, 0),
        (5, "pool", OTHER, CY, 0),
    ]


def test_in_a_split_no_order_stays_with_a_manager_of_the_other_grid():
    split = situation("grid_split", staff_id=0, to_grid_id=OTHER, others=[ANA])
    result = propose(split, [order(1), order(2, customer=1, staff=BO), order(3, customer=3), order(4, customer=5, staff=CY)])
    assert said(result) == [(1, "moved", OTHER, ANA, 0), (2, "moved", OTHER, ANA, 0), (3, "moved", HOME, BO, 0)] or said(
        result
    ) == [
        (1, "moved", OTHER, ANA, 0),
        (2, "moved", OTHER, ANA, 0),
        (3, "moved", HOME, CY, 0),
    ]


def test_where_nobody_is_left_there_is_nobody_to_take():
    with pytest.raises(NobodyTakes):
        propose_moves(situation("exit", others=[99]), {})
    with pytest.raises(NobodyTakes, match="does not work in the grid"):
        propose_moves(situation("new_manager", staff_id=99), {})


def test_the_preview_counts_to_the_cent():
    given = situation("exit", others=[BO])
    moves = {move.customer_id: move for move in propose_moves(given, {})}
    orders = [order(1), order(2, customer=3, staff=BO)]
    done = propose(given, orders)
    shown = make_preview(given, moves, orders, done, {})
    assert (shown["customers"], shown["monthly_value"]) == (2, "21.00")
    ana, bo, cy = shown["managers"]
    assert (ana["customers_after"], ana["monthly_value_after"], ana["orders_after"]) == (0, "0.00", 0)
    assert (bo["customers_before"], bo["customers_after"], bo["monthly_value_after"], bo["orders_after"]) == (2, 4, "42.00", 2)
    assert cy["customers_before"] == cy["customers_after"] == 1


def test_a_move_says_whose_it_was():
    (first, *_) = propose_moves(situation("grid_merge", staff_id=0, to_grid_id=OTHER), {})
    assert first == Move(1, ANA, OTHER, ANA)
