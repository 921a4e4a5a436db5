"""What late news does to the figures of a closed month: cancelled again, shared by three, judged anew."""

from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.points.credit import split_credit
from app.points.figures import FAILED, LEFT_OUT, SUCCEEDED
from app.points.formula import DEFAULT_PLAN, ONE, AccuracyFigures, SuccessFigures, earn_accuracy, earn_success
from app.points.late.steps import NO_PART, Kind, accuracy_step, add_accuracy, add_steps, kind_of, step_of
from tests.rules.points.test_credit import SOLD, talks


class Change(NamedTuple):
    counted_before: str
    share_before: Decimal
    counted_now: str
    share_now: Decimal
    score: Decimal


class VerdictChange(NamedTuple):
    verdict_before: str
    weight_before: Decimal
    verdict_now: str
    weight_now: Decimal


STATES = st.tuples(st.sampled_from([SUCCEEDED, FAILED, LEFT_OUT]), st.sampled_from(["1", "0.6", "0.2", "0.13333333"]))
NOTHING = (NO_PART, "0")
UNJUDGED = ("unverifiable", Decimal(0))


def change(before, now, score="0.1"):
    (was, share_before), (becomes, share_now) = before, now
    return Change(was, Decimal(share_before), becomes, Decimal(share_now), Decimal(score))


def judged(figures, *path):
    """The figures after a report was judged so, one after the other."""
    return add_accuracy(figures, [accuracy_step(VerdictChange(*one, *other)) for one, other in pairwise(path)])


def test_a_sale_cancelled_sold_again_and_cancelled_again_is_where_it_began():
    sold, failed = (SUCCEEDED, "1"), (FAILED, "1")
    path = [sold, failed, sold, failed]
    kinds = [kind_of(one[0], other[0]) for one, other in pairwise(path)]
    assert kinds == [Kind.CANCELLED, Kind.LATE_WIN, Kind.CANCELLED]
    start = SuccessFigures(Decimal(3), Decimal(20), expected=Decimal(2))
    assert add_steps(start, [step_of(change(one, other)) for one, other in pairwise(path)]) == add_steps(
        start, [step_of(change(sold, failed))]
    )


@settings(max_examples=25)
@given(st.lists(STATES, min_size=1, max_size=9))
def test_a_work_order_that_counts_otherwise_again_and_again_ends_as_it_counts_last(path):
    steps = [step_of(change(one, other)) for one, other in pairwise([NOTHING, *path])]
    assert add_steps(SuccessFigures(), steps) == step_of(change(NOTHING, path[-1]))


@settings(max_examples=25)
@given(talks, talks, st.sampled_from([SUCCEEDED, FAILED, LEFT_OUT]))
def test_credit_that_moves_between_three_takes_from_some_exactly_what_it_gives_to_others(before, after, counted):
    shares = [split_credit(reports, holder=9, until=SOLD) for reports in (before, after)]
    steps = [
        step_of(change(*((counted, share[who]) if who in share else NOTHING for share in shares)))
        for who in shares[0].keys() | shares[1].keys()
    ]
    assert add_steps(SuccessFigures(), steps) == SuccessFigures()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["confirmed", "contradicted", "unverifiable"]), st.sampled_from("149")), min_size=1))
def test_a_report_judged_again_and_again_counts_as_it_is_judged_last(path):
    said = [(verdict, Decimal(weight) if verdict != "unverifiable" else Decimal(0)) for verdict, weight in path]
    figures = AccuracyFigures(9, 2, 1, Decimal(9), Decimal(11))
    assert judged(figures, UNJUDGED, *said) == judged(figures, UNJUDGED, said[-1])


@pytest.mark.parametrize("matured", ["0", "0.4", "0.99999999"])
def test_less_than_one_whole_work_order_pays_the_fallback_however_it_is_shared(matured):
    figures = SuccessFigures(successes=Decimal(matured), matured=Decimal(matured))
    assert earn_success(figures, DEFAULT_PLAN, ONE).fell_back


def test_three_parts_of_one_work_order_are_one_work_order():
    parts = [Decimal("0.6"), Decimal("0.2"), Decimal("0.2")]
    figures = add_steps(SuccessFigures(), [step_of(change(NOTHING, (SUCCEEDED, str(part)))) for part in parts])
    assert (figures.successes, earn_success(figures, DEFAULT_PLAN, ONE).points) == (1, 20)


def test_of_five_judged_reports_the_last_that_goes_back_to_nobody_pays_the_fallback():
    five = AccuracyFigures(1, 4, 0, Decimal(1), Decimal(5))
    left = judged(five, ("contradicted", ONE), UNJUDGED)
    assert (earn_accuracy(five, DEFAULT_PLAN).points, earn_accuracy(left, DEFAULT_PLAN).points) == (0, 10)
