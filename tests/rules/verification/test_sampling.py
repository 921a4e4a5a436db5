"""The draw of back-checks, and the weight of what they find."""

import random
from uuid import UUID

import pytest

from app.verification.sampling import draw, judging_probability

IDS = [UUID(int=n) for n in range(20_000)]


def test_a_draw_does_not_depend_on_order_or_repetition():
    once = set(draw("secret", "2026-10", IDS, 0.05))
    halves = set(draw("secret", "2026-10", IDS[10_000:], 0.05)) | set(draw("secret", "2026-10", reversed(IDS[:10_000]), 0.05))
    assert once == halves


def test_the_share_drawn_is_the_probability():
    drawn = len(draw("secret", "2026-10", IDS, 0.05))
    assert abs(drawn - 1_000) < 5 * (20_000 * 0.05 * 0.95) ** 0.5


def test_another_secret_draws_others_and_a_share_of_one_draws_all():
    one, other = set(draw("secret", "2026-10", IDS, 0.05)), set(draw("other secret", "2026-10", IDS, 0.05))
    assert len(one & other) < 100
    assert draw("secret", "2026-10", IDS, 1.0) == IDS


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_share_outside_of_0_to_1_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        draw("secret", "2026-10", IDS, share)


def test_the_weighted_accuracy_is_right_on_average_though_only_some_can_be_judged_by_the_feeds():
    """60 % of what the feeds judge and 90 % of the rest is true: 0.72 of all."""
    generator = random.Random(1)
    truthful = judged = 0.0
    for _ in range(100_000):
        by_feed = generator.random() < 0.6
        true = generator.random() < (0.6 if by_feed else 0.9)
        drawn = generator.random() < 0.1
        if drawn or by_feed:
            weight = 1 / (judging_probability(0.1, judged_automatically=by_feed) if drawn else 1.0)
            judged += weight
            truthful += weight * true
    assert abs(truthful / judged - 0.72) < 0.01
