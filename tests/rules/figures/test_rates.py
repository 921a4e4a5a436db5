"""Figures from sums, and places that do not rank noise."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.centre.metrics import BY_CODE
from app.figures.alarms.rules import ABOVE, BELOW, is_beyond
from app.figures.ranking import Place, change_is_certain, per_cent_change, places_of
from app.figures.rates import BETTER, COMPARED, Beside, Value, values_of
from app.figures.sums import NOTHING, Sums, add_up

COMPANY = Beside(Decimal(1), Decimal(5))
SOME = Sums(
    reports=10,
    claimed=2,
    refused=3,
    pending=1,
    due=8,
    due_met=6,
    done=4,
    returned=1,
    done_seconds=4 * 86_400 * 3,
    matured=Decimal(20),
    successes=Decimal(4),
    expected=Decimal(2),
    revenue=Decimal(300),
    cost=Decimal(20),
)


def of(value, low=None, high=None):
    return Value(*(None if one is None else Decimal(str(one)) for one in (value, low, high)))


def test_every_figure_that_is_compared_is_defined_in_the_library():
    assert set(COMPARED) <= set(BY_CODE)
    assert set(BETTER) <= set(COMPARED)


def test_figures_are_those_of_the_definitions():
    values = {code: value.value for code, value in values_of(SOME, COMPANY).items()}
    assert values["success_rate"] == Decimal("0.2")
    assert values["success_index"] == Decimal("1.28571429")  # (4 + 5) / (2 + 5)
    assert (values["reach_rate"], values["claim_rate"]) == (Decimal("0.6"), Decimal("0.33333333"))
    assert (values["on_time_rate"], values["overdue"]) == (Decimal("0.75"), 2)
    assert (values["return_rate"], values["cycle_days"], values["return_on_cost"]) == (Decimal("0.2"), 3, 15)


def test_nothing_done_has_no_rate_and_no_place():
    values = values_of(NOTHING, COMPANY)
    assert values["success_rate"].value is None
    assert values["success_index"].value == 1  # what is expected of whom nothing is known
    assert places_of([values["success_rate"], of(0.5, 0.4, 0.6)], more_is_better=True) == [None, Place(1, 1)]


def test_an_interval_holds_its_figure():
    for value in values_of(SOME, COMPANY).values():
        if value.low is not None:
            assert value.low <= value.value <= value.high


def test_two_that_differ_by_chance_have_the_same_places():
    near = [of(0.10, 0.05, 0.15), of(0.12, 0.07, 0.17), of(0.30, 0.25, 0.35)]
    assert places_of(near, more_is_better=True) == [Place(2, 3), Place(2, 3), Place(1, 1)]
    assert places_of(near, more_is_better=False) == [Place(1, 2), Place(1, 2), Place(3, 3)]


def test_figures_without_intervals_are_ranked_as_they_are():
    assert places_of([of(3), of(1), of(3)], more_is_better=True) == [Place(1, 2), Place(3, 3), Place(1, 2)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 200), st.integers(1, 60)), min_size=1, max_size=8))
def test_places_hold_room_for_everybody(units):
    """However they lie: a place is a place of the list, somebody may be first, somebody last."""
    values = [values_of(Sums(successes=Decimal(won), matured=Decimal(n), expected=Decimal(e)), COMPANY) for won, n, e in units]
    places = places_of([one["success_index"] for one in values], more_is_better=True)
    assert all(1 <= place.first <= place.last <= len(units) for place in places)
    assert min(place.first for place in places) == 1
    assert max(place.last for place in places) == len(units)


def test_a_change_is_certain_only_beyond_chance():
    assert not change_is_certain(of(0.12, 0.07, 0.17), of(0.10, 0.05, 0.15))
    assert change_is_certain(of(0.10, 0.08, 0.12), of(0.30, 0.25, 0.35))
    assert per_cent_change(Decimal(3), Decimal(2)) == Decimal("0.5")
    assert per_cent_change(Decimal(3), Decimal(0)) is None


def test_an_alarm_is_raised_on_its_side_and_a_certain_one_only_by_the_whole_interval():
    value = of(0.10, 0.05, 0.15)
    assert is_beyond(value, side=BELOW, threshold=Decimal("0.12"), certain=False)
    assert not is_beyond(value, side=BELOW, threshold=Decimal("0.12"), certain=True)
    assert is_beyond(value, side=BELOW, threshold=Decimal("0.16"), certain=True)
    assert is_beyond(value, side=ABOVE, threshold=Decimal("0.04"), certain=True)
    assert not is_beyond(value, side=ABOVE, threshold=Decimal("0.10"), certain=False)
    assert not is_beyond(of(None), side=BELOW, threshold=Decimal(9), certain=False)


def test_sums_add_up():
    assert add_up([SOME, SOME]).matured == 40
    assert add_up([]) == NOTHING
