"""Influence of neighbours on a day, by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from app.scoring.learning.influence import INFLUENCE, NO_ADOPTIONS, NO_TIES, add_influence

DAY = date(2026, 9, 1)
LONG_AGO = date(2020, 1, 1)


def before(days: int) -> date:
    return DAY - timedelta(days=days)


def influence(ties, adoptions, *, customer=1, as_of=DAY):
    frame = pl.DataFrame({"customer_id": [customer], "as_of": [as_of]})
    links = pl.DataFrame(ties, schema=NO_TIES.schema, orient="row")
    taken = pl.DataFrame(adoptions, schema=NO_ADOPTIONS.schema, orient="row")
    return tuple(add_influence(frame, links, taken).select(INFLUENCE).row(0))


def test_the_share_is_weighted_and_ties_have_no_direction():
    ties = [(1, 2, 3.0), (3, 1, None), (2, 3, 9.0)]
    assert influence(ties, [(2, before(100), None)]) == (2, 0.75, 0, 100)
    assert influence(ties, [(3, before(7), None)]) == (2, 0.25, 1, 7)
    assert influence(ties, [(2, before(100), None), (3, before(7), None)]) == (2, 1.0, 1, 7)


def test_a_pair_named_twice_is_one_tie_and_nobody_is_tied_to_himself():
    ties = [(1, 2, 1.0), (2, 1, 1.0), (1, 1, 50.0), (1, 3, 1.0), (1, 4, 0.0)]
    assert influence(ties, [(1, before(5), None), (2, before(5), None)]) == (2, 0.5, 1, 5)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((DAY, None), (1, 0.0, 0, None)),
        ((before(-3), None), (1, 0.0, 0, None)),
        ((before(1), None), (1, 1.0, 1, 1)),
        ((before(50), before(1)), (1, 0.0, 0, None)),
        ((before(50), DAY), (1, 1.0, 1, 50)),
        ((before(90), None), (1, 1.0, 1, 90)),
        ((before(91), None), (1, 1.0, 0, 91)),
    ],
)
def test_only_what_was_taken_up_before_the_day_and_not_given_up_before_it_counts(span, expected):
    assert influence([(1, 2, None)], [(2, *span)]) == expected


def test_who_renews_took_it_up_once_and_who_has_no_ties_has_no_share():
    assert influence([(1, 2, None)], [(2, LONG_AGO, before(10)), (2, before(9), None)])[2:] == (0, (DAY - LONG_AGO).days)
    assert influence([(2, 3, None)], [(2, LONG_AGO, None)]) == (0, None, 0, None)
    assert influence([], []) == (0, None, 0, None)


def test_each_example_sees_its_own_day_and_the_customers_own_adoption_changes_nothing():
    frame = pl.DataFrame({"customer_id": [1, 2, 1], "as_of": [DAY, DAY, LONG_AGO]})
    ties = pl.DataFrame([(1, 2, 1.0)], schema=NO_TIES.schema, orient="row")
    taken = pl.DataFrame([(2, before(5), None), (1, before(5), None)], schema=NO_ADOPTIONS.schema, orient="row")
    assert add_influence(frame, ties, taken)["neighbours_share"].to_list() == [1.0, 1.0, 0.0]
    without = taken.filter(pl.col("customer_id") == 2)
    assert add_influence(frame, ties, without)["neighbours_share"].to_list() == [1.0, 0.0, 0.0]
