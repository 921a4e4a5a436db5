"""Who is compared with whom, and what the difference says."""

import numpy as np
import pytest

from app.campaigns.eligibility import REASON_WORDS
from app.evaluation.effect import contamination_of, effect_of
from app.evaluation.facts import Arm, Touch
from app.evaluation.intervals import difference_interval, index_of, promised_range, share_interval, sum_interval
from app.evaluation.looks import look_closer
from app.evaluation.ratio_check import check_ratio, promised_share
from tests.rules.evaluation.made import CONTROL, DISPATCHED, OUTSIDE_PILOT, arms, targets, two_arms

CAPACITY, REFUSED = REASON_WORDS.index("over_capacity"), REASON_WORDS.index("do_not_disturb")


def test_who_was_to_be_contacted_is_compared_whatever_became_of_it():
    facts = targets(
        6,
        reason=[DISPATCHED, CAPACITY, CONTROL, REFUSED, REFUSED, DISPATCHED],
        decided_late=[False, False, False, False, True, False],
        explored=[False, False, False, False, False, True],
    )
    assert arms(facts).tolist() == [Arm.TREATED, Arm.TREATED, Arm.CONTROL, Arm.NEITHER, Arm.TREATED, Arm.NEITHER]


def test_of_a_pilot_by_grids_only_its_grids_are_compared():
    facts = targets(4, reason=[DISPATCHED, CONTROL, OUTSIDE_PILOT, CONTROL], grid=[1, 1, 2, 2])
    assert arms(facts, by_grids=True).tolist() == [Arm.TREATED, Arm.CONTROL, Arm.NEITHER, Arm.NEITHER]
    assert arms(facts).tolist() == [Arm.TREATED, Arm.CONTROL, Arm.NEITHER, Arm.CONTROL]


def test_newcombe_s_own_example_comes_out():
    """Table II of the paper, (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339."""
    found = difference_interval(56, 70, 48, 80)
    assert [round(float(one), 4) for one in found] == [0.2, 0.0524, 0.3339]


def test_the_effect_is_the_difference_in_all_treated_and_all_controls():
    facts = two_arms(4_000, 600, 800, 80)
    found = effect_of(facts, arms(facts))
    assert (found.treated.bought, found.control.bought) == (600, 80)
    assert found.difference == pytest.approx(0.05)
    assert found.sales == pytest.approx(200)
    assert 0 < found.low < found.difference < found.high
    assert found.verdict == "more"


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((4_000, 600, 800, 80), "more"), ((1_000, 50, 200, 30), "fewer"), ((1_000, 100, 200, 20), "open"),
     ((1_000, 100, 20, 2), "silent"), ((40, 2, 40, 1), "silent"), ((100, 5, 0, 0), "silent")],
)  # fmt: skip
def test_the_verdict_needs_enough_of_both_and_an_interval_on_one_side_of_zero(counts, verdict):
    facts = two_arms(*counts)
    assert effect_of(facts, arms(facts)).verdict == verdict


def test_contacts_of_controls_are_counted_by_their_kind_and_shown_with_and_without():
    touch = np.zeros(1_200, np.int64)
    touch[1_000:1_040], touch[1_040:1_050] = Touch.CALL, Touch.OTHER_OFFER
    contacted = np.where(np.arange(1_200) < 800, 1.0, np.nan)
    facts = two_arms(1_000, 150, 200, 20, touch=touch, contacted_at=contacted)
    found = contamination_of(facts, arms(facts))
    assert (found.controls, found.controls_contacted, found.never_contacted) == (200, 40, 200)
    assert found.by == {"call": 40, "other_offer": 10}
    assert (found.without.treated.customers, found.without.control.customers) == (800, 160)
    assert found.per_contact is not None
    assert found.per_contact[0] == pytest.approx(0.05 / (0.8 - 0.2))


def test_the_sample_ratio_check_sees_what_is_no_chance():
    assert not check_ratio(9_500, 500, 0.05).alarms
    assert check_ratio(9_500, 500, 0.05).p == pytest.approx(1.0)
    lost = check_ratio(9_500, 400, 0.05)
    assert lost.alarms
    assert lost.p < 1e-4
    assert check_ratio(60, 3, 0.05).p == pytest.approx(0.7627, abs=0.3)
    assert check_ratio(0, 0, 0.05).p is None
    assert check_ratio(100, 0, 0.0).alarms is False
    assert check_ratio(100, 5, 0.0).alarms is True


def test_of_a_stopped_pilot_the_controls_are_a_larger_share():
    assert promised_share(0.05, 1.0) == pytest.approx(0.05)
    assert promised_share(0.05, 0.1) == pytest.approx(0.05 / (0.05 + 0.095))


def test_groups_are_looked_at_with_a_correction_for_their_number():
    segment = np.arange(24_000) % 2
    facts = two_arms(20_000, 2_400, 4_000, 320, segment=segment)
    found = look_closer(facts, arms(facts), ("home", "shop", "nobody"))
    assert [look.name for look in found.segments] == ["home", "shop"]
    assert found.count == 3  # two segments, and one band: all scores are alike
    assert found.level == pytest.approx(1 - 0.05 / 3)
    assert all(look.verdict == "more" for look in found.segments)


def test_bands_are_by_score_the_best_first_and_silent_where_controls_are_few():
    score = np.concatenate([np.linspace(0, 1, 1_000), np.linspace(0, 1, 50)])
    facts = two_arms(1_000, 100, 50, 5, score=score)
    found = look_closer(facts, arms(facts), ())
    assert len(found.bands) == 5
    assert found.bands[0].low_score > found.bands[-1].high_score
    assert {look.verdict for look in found.bands} == {"silent"}
    assert {look.difference for look in found.bands} == {None}
    assert sum(look.treated for look in found.bands) == 1_000


def test_a_share_has_wilson_s_interval_and_an_index_a_gamma_s():
    found = share_interval(10, 100)
    assert (round(float(found.low), 4), round(float(found.high), 4)) == (0.0552, 0.1744)
    index = index_of(20, 10, ratio=1.0, prior=5.0)
    assert float(index.estimate) == pytest.approx(25 / 15)
    assert float(index.low) < 25 / 15 < float(index.high)
    none = index_of(0, 0, ratio=0.0, prior=5.0)
    assert (float(none.estimate), float(none.low)) == (0.0, 0.0)
    assert float(none.high) == pytest.approx(3.688879 / 5, rel=1e-4)


def test_sums_add_their_distances_as_squares():
    found = sum_interval([10, 20], [7, 16], [13, 24])
    assert [float(one) for one in found] == [30, 25, 35]


def test_promised_probabilities_fall_by_chance_as_independent_draws_do():
    found = promised_range(np.full(100, 0.1))
    assert found.estimate == pytest.approx(10)
    assert found.high - found.estimate == pytest.approx(1.96 * 3, rel=1e-3)
