"""What closed months would have paid under another plan."""

from dataclasses import replace
from decimal import Decimal

from app.points.figures import ManagerFigures, lines_of
from app.points.formula import ACCURACY, DEFAULT_PLAN, EXISTING_SCHEME, ONE, SUCCESS, Pays, SuccessFigures
from app.points.plans.replay import PaidLine, replay_months

ONLY_SUCCESS = replace(DEFAULT_PLAN, components=(DEFAULT_PLAN.rule_of(SUCCESS),))
FLAT = replace(
    ONLY_SUCCESS,
    pays=Pays.SUCCESS_INDEX,
    components=(replace(DEFAULT_PLAN.rule_of(SUCCESS), floor=Decimal("0.5"), target=Decimal("1.5")),),
)


def _paid(staff_no, grid_code, *, successes, expected, month="2026-10", plan=DEFAULT_PLAN):
    """The lines of a manager of 100 work orders."""
    figures = ManagerFigures(SuccessFigures(Decimal(successes), Decimal(100), expected=Decimal(expected)))
    return [
        PaidLine(month, staff_no, grid_code, line.earned.component, line.earned.points, line.explanation["figures"])
        for line in lines_of(figures, plan, ONE)
    ]


TOWN = [
    *_paid("OLD1", "OLD", successes=8, expected=6),  # good in a poor district
    *_paid("OLD2", "OLD", successes=6, expected=6),
    *_paid("MID1", "MID", successes=11, expected=11),
    *_paid("NEW1", "NEW", successes=18, expected=20),  # idle in a rich one
    *_paid("NEW2", "NEW", successes=20, expected=20),
]


def test_by_the_same_plan_everybody_has_what_was_paid():
    found = replay_months(TOWN, DEFAULT_PLAN)
    assert (found.winners, found.losers, found.unchanged) == (0, 0, 5)
    assert found.cost_paid == found.cost_replayed == sum(line.points for line in TOWN)


def test_a_plan_that_pays_the_index_moves_points_to_who_did_well_where_little_was_promised():
    found = replay_months([line for line in TOWN if line.component == SUCCESS], FLAT)
    people = {one.staff_no: one for one in found.managers}
    assert people["OLD1"].change > 0 > people["NEW1"].change
    assert (found.winners, found.losers) == (2, 2)
    assert [(kind.kind, kind.managers) for kind in found.kinds] == [("little", 2), ("some", 1), ("much", 2)]
    assert [kind.promise for kind in found.kinds] == [Decimal("0.06"), Decimal("0.11"), Decimal("0.2")]
    assert found.gap_replayed < found.gap_paid
    assert found.cost_replayed == sum(one.replayed for one in found.managers)


def test_the_order_of_the_lines_changes_nothing():
    assert replay_months(list(reversed(TOWN)), FLAT) == replay_months(TOWN, FLAT)


def test_several_months_are_added_up_and_means_are_of_a_month():
    lines = [*_paid("A", "G", successes=20, expected=6), *_paid("A", "G", successes=20, expected=6, month="2026-11")]
    (kind,) = replay_months(lines, ONLY_SUCCESS).kinds
    found = replay_months(lines, ONLY_SUCCESS)
    assert (found.months, found.managers[0].replayed, kind.replayed) == (["2026-10", "2026-11"], 40, 20)


def test_a_component_that_was_not_paid_then_counts_with_the_fallback_of_the_new_plan():
    (one,) = replay_months(_paid("A", "G", successes=20, expected=6, plan=ONLY_SUCCESS), DEFAULT_PLAN).managers
    fallback = DEFAULT_PLAN.rule_of(ACCURACY)
    assert one.change == fallback.weight * fallback.fallback
    assert DEFAULT_PLAN.rule_of(EXISTING_SCHEME).fallback == 0
