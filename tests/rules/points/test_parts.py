"""A line taken apart: the parts sum to the points, to the unit, whatever the plan and the figures."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.points.explaining.parts import spread, take_apart
from app.points.figures import ManagerFigures, lines_of
from app.points.formula import DEFAULT_PLAN, AccuracyFigures, ComponentRule, Pays, SuccessFigures

TENTHS = st.integers(0, 20).map(lambda n: Decimal(n) / 10)


@st.composite
def plans(draw):
    def rule(old):
        floor, cap = draw(TENTHS), draw(TENTHS)
        return replace(old, weight=Decimal(draw(st.integers(0, 60))), floor=floor, target=floor + draw(TENTHS), cap=cap)

    rules: tuple[ComponentRule, ...] = tuple(rule(one) for one in DEFAULT_PLAN.components)
    return replace(DEFAULT_PLAN, components=rules, pays=draw(st.sampled_from(list(Pays))))


@st.composite
def months(draw):
    matured, confirmed, contradicted = draw(st.integers(0, 400)), draw(st.integers(0, 90)), draw(st.integers(0, 90))
    successes, weight = draw(st.integers(0, matured)), Decimal(draw(st.integers(1, 60)))
    success = SuccessFigures(successes, matured, 0, Decimal(draw(st.integers(0, 999))) / 7)
    accuracy = AccuracyFigures(confirmed, contradicted, 3, confirmed * weight, confirmed * weight + contradicted)
    fed = [("a", Decimal(draw(st.integers(0, 10**6))) / 10_000), ("b", Decimal("1.2345"))]
    return ManagerFigures(success, accuracy, tuple(fed))


@given(plans(), months(), TENTHS)
def test_the_parts_of_every_line_sum_to_it(plan, month, ratio):
    for line in lines_of(month, plan, ratio):
        parts = take_apart(line.earned.component, line.earned.points, line.explanation["figures"], plan).parts
        assert sum(part.points for part in parts) == line.earned.points
        assert all(part.points == part.points.quantize(Decimal("0.0001")) for part in parts)
        rounding = sum(abs(part.points) for part in parts if part.code == "rounding")
        assert rounding <= Decimal("0.0010")


def test_ana_s_success_is_one_sale_less_what_the_floor_takes():
    month = ManagerFigures(SuccessFigures(1, 8, 2, Decimal("1.6")))
    line = lines_of(month, DEFAULT_PLAN, Decimal(1))[0]
    worth = take_apart("success", line.earned.points, line.explanation["figures"], DEFAULT_PLAN)
    assert [(part.code, str(part.points)) for part in worth.parts] == [("sales", "13.8889"), ("floor", "-2.2222")]
    assert worth.parts[0].count == 1


def test_what_the_single_things_are_worth_sums_to_their_part():
    third = Decimal(1) / 3
    assert spread([third] * 3) == [Decimal("0.3333"), Decimal("0.3334"), Decimal("0.3333")]
    assert sum(spread([third] * 300)) == 100
