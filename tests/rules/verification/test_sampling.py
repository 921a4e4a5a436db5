"""The draw of back-checks: probabilities that are true, a least for every manager, and the weight of what is found."""

import random
from datetime import date
from uuid import UUID

import pytest

from app.verification.sampling import (
    PARTS_OF_QUARTER,
    QUOTA,
    choose_caller,
    core_probability,
    draw_core,
    draw_risk,
    joint_probability,
    judging_probability,
    least,
    part_of_quarter,
    parts_over,
    share_of,
)

IDS = [UUID(int=n) for n in range(4_000)]
FEW = IDS[:12]


def test_a_draw_does_not_depend_on_order_or_repetition():
    once = draw_core("secret", FEW, 0.1, 3)
    assert draw_core("secret", reversed(FEW), 0.1, 3) == once == draw_core("secret", FEW, 0.1, 3)


def test_without_a_least_the_share_drawn_is_the_probability():
    assert core_probability(4_000, 0.05, 0) == pytest.approx(0.05)
    assert abs(len(draw_core("secret", IDS, 0.05, 0)) - 200) < 5 * (4_000 * 0.05 * 0.95) ** 0.5


@pytest.mark.parametrize(("population", "share", "at_least"), [(12, 0.05, 2), (12, 0.2, 1), (5, 0.05, 4), (30, 0.075, 3)])
def test_each_feedback_is_drawn_as_often_as_its_stored_probability_says(population, share, at_least):
    trials = 800
    drawn = [draw_core(f"secret {n}", IDS[:population], share, at_least) for n in range(trials)]
    stored = core_probability(population, share, at_least)
    assert sum(map(len, drawn)) / trials / population == pytest.approx(stored, abs=0.02)
    first, last = (sum(IDS[nth] in one for one in drawn) / trials for nth in (0, population - 1))
    assert max(abs(first - stored), abs(last - stored)) < 4 * (stored * (1 - stored) / trials) ** 0.5


def test_at_least_so_many_are_drawn_or_all_there_are():
    assert all(len(draw_core(f"secret {n}", FEW, 0.01, 3)) >= 3 for n in range(200))
    assert draw_core("secret", FEW[:2], 0.01, 3) == set(FEW[:2])
    assert core_probability(2, 0.01, 3) == 1


def test_the_risk_part_is_drawn_by_other_numbers_so_that_the_joint_probability_is_true():
    core = draw_core("secret", IDS, 0.1, 0)
    risk = draw_risk("secret", [(one, 0.3) for one in IDS])
    assert len(risk) / 4_000 == pytest.approx(0.3, abs=0.03)
    assert len(core | risk) / 4_000 == pytest.approx(joint_probability(0.1, 0.3), abs=0.03) == pytest.approx(0.37, abs=0.03)
    assert draw_risk("secret", [(one, 0.0) for one in IDS]) == set()


def test_another_secret_draws_others_and_a_share_of_one_draws_all():
    one, other = draw_core("secret", IDS, 0.05, 0), draw_core("other secret", IDS, 0.05, 0)
    assert len(one & other) < 40
    assert draw_core("secret", IDS, 1.0, 0) == set(IDS)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_outside_of_0_to_1_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        core_probability(10, share, 1)


def test_a_manager_who_reports_in_every_part_is_checked_at_least_11_times_a_quarter_and_a_fifth_of_it_early():
    guaranteed, by_part, expected = 0, [], []
    for position in range(PARTS_OF_QUARTER):
        at_least = least(position, guaranteed)
        guaranteed += min(at_least, 30)
        by_part.append(at_least)
        expected.append(30 * core_probability(30, share_of(position, 0.05), at_least))
    assert guaranteed == QUOTA[-1] >= 11
    assert sum(by_part[:2]) / sum(by_part) >= 0.2
    assert sum(expected[:2]) / sum(expected) >= 0.2


def test_who_was_away_is_made_up_for_and_the_least_follows_from_sizes_alone():
    assert [least(position, 0) for position in (0, 5, 11)] == [2, 7, 12]
    assert least(11, 12) == least(3, 20) == 0


def test_a_part_is_drawn_from_once_it_is_over():
    assert parts_over(2026, 10, date(2026, 10, 7)) == []
    assert parts_over(2026, 10, date(2026, 10, 15)) == [
        (1, date(2026, 10, 1), date(2026, 10, 8)),
        (2, date(2026, 10, 8), date(2026, 10, 15)),
    ]
    assert parts_over(2026, 12, date(2027, 1, 1))[-1] == (4, date(2026, 12, 22), date(2027, 1, 1))
    assert [part_of_quarter(month, 1) for month in (1, 5, 12)] == [0, 4, 8]


def test_another_grid_asks_and_nobody_where_there_is_none():
    chosen = {choose_caller("secret", one, (7, 8, 9)) for one in IDS[:100]}
    assert chosen == {7, 8, 9}
    assert choose_caller("secret", IDS[0], ()) is None


def test_the_weighted_accuracy_is_right_on_average_though_only_some_can_be_judged_by_the_feeds():
    """60 % of what the feeds judge and 90 % of the rest is true: 0.72 of all."""
    generator = random.Random(1)
    truthful = judged = 0.0
    for _ in range(30_000):
        by_feed = generator.random() < 0.6
        true = generator.random() < (0.6 if by_feed else 0.9)
        drawn = generator.random() < 0.1
        if drawn or by_feed:
            weight = 1 / (judging_probability(0.1, judged_automatically=by_feed) if drawn else 1.0)
            judged += weight
            truthful += weight * true
    assert abs(truthful / judged - 0.72) < 0.02
