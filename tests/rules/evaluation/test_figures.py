"""Funnel, promises, money, pace, objections, managers and talk tracks of made-up campaigns."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from app.campaigns.eligibility import REASON_WORDS
from app.dispatch.states import STATES
from app.evaluation.advice import Figures
from app.evaluation.advice_rules import RULES, advise
from app.evaluation.assessing import Terms, as_kept, assess
from app.evaluation.doing_well import Group, rank_groups
from app.evaluation.effect import effect_of
from app.evaluation.facts import Counted, Talk, Touch, Words
from app.evaluation.heard import objections_heard
from app.evaluation.money import count_money
from app.evaluation.pace import measure_pace
from app.evaluation.programme import sum_up
from app.evaluation.promises import calibrate
from app.evaluation.since import difference_since
from app.feedback.objections import OBJECTIONS
from tests.rules.evaluation.made import HOUR, OUTCOME, arms, targets, two_arms

WORDS = Words(("home", ""), ("window_over",), (Talk(None, "您好", "Hello"), Talk("fee", "省钱", "It saves you money")))
TERMS = Terms(0.1, 1.0, pilot_by_grids=False, contact_cost=Decimal(2))
ALIKE = [Group(name, 500, 50, 50) for name in ("A", "B", "C")]


def assessed(treated=9_000, bought=1_350, control=1_000, control_bought=80, *, managers=ALIKE, terms=TERMS, **columns) -> Figures:
    columns.setdefault("score", 0.15)
    return assess(two_arms(treated, bought, control, control_bought, **columns), WORDS, managers, terms)


def over_capacity(count: int) -> Figures:
    """As assessed, but for so many there was no time."""
    left = np.arange(10_000) < count
    words = [REASON_WORDS.index(word) for word in ("over_capacity", "dispatched", "control")]
    reason = np.repeat(words, [count, 9_000 - count, 1_000])
    return assessed(reason=reason, counted=np.where(left | (np.arange(10_000) >= 9_000), Counted.NONE, Counted.FAILED))


def kinds(figures: Figures) -> dict[str, str]:
    return {one.rule: one.kind for one in advise(figures)}


def test_the_funnel_holds_in_each_stage_only_who_was_in_the_one_before():
    facts = targets(
        6,
        reason=[REASON_WORDS.index(word) for word in ("control", *["dispatched"] * 5)],
        counted=[Counted.NONE, Counted.FAILED, Counted.FAILED, Counted.SUCCESS, Counted.SUCCESS, Counted.LEFT_OUT],
        state=[-1, *[STATES.index(word) for word in ("expired", "done", "done", "done", "withdrawn")]],
        closed=[-1, 0, -1, -1, -1, -1],
        contacted_at=[np.nan, np.nan, 1, 1, np.nan, 1],
        interested=[False, False, False, True, False, True],
        objection=[-1, -1, list(OBJECTIONS).index("no_need"), -1, -1, -1],
    )
    funnel = assess(facts, WORDS, [], TERMS).funnel
    assert [stage.count for stage in funnel.stages] == [6, 5, 5, 3, 3, 2, 1]
    assert [stage.out for stage in funnel.stages] == [
        {"control": 1}, {}, {"done": 1, "expired:window_over": 1}, {}, {"objection:no_need": 1}, {"withdrawn": 1}, {},
    ]  # fmt: skip
    assert funnel.won_otherwise == 1


def test_promises_are_held_against_what_came_of_the_ranked_and_the_explored_apart():
    facts = targets(
        2_000,
        score=np.repeat([0.05, 0.3], 1_000),
        counted=np.where(np.arange(2_000) % 10 == 0, Counted.SUCCESS, Counted.FAILED),
        explored=np.arange(2_000) >= 1_900,
    )
    found = calibrate(facts)
    assert (found.ranked.orders, found.explored.orders) == (1_900, 100)
    assert found.ranked.expected == pytest.approx(50 + 270)
    assert found.ranked.verdict == "fewer"
    assert [(band.orders, band.successes) for band in found.bands] == [(1_000, 100), (900, 90)]
    assert found.bands[0].promised == pytest.approx(0.05)
    assert found.bands[0].low < 0.1 < found.bands[0].high


def test_too_few_promised_are_not_judged():
    assert calibrate(targets(20)).ranked.verdict == "silent"


def test_money_is_counted_once_for_a_contact_and_the_added_at_the_mean_margin():
    facts = two_arms(1_000, 150, 200, 20, revenue=990_000, margin=400_000, leads=np.arange(1_200) % 2 == 0)
    effect = effect_of(facts, arms(facts))
    money = count_money(facts, effect, contact_cost=Decimal("2"))
    assert (money.contacts, money.cost) == (500, Decimal(1_000))
    assert (money.revenue, money.margin) == (Decimal(99) * 150, Decimal(40) * 150)
    assert money.gross_return == pytest.approx(5.0)
    assert money.incremental_margin.amount == Decimal(2_000)
    assert money.incremental_return[0] == pytest.approx(1.0)
    unpriced = count_money(facts, effect, contact_cost=None)
    assert (unpriced.cost, unpriced.gross_return, unpriced.incremental_return) == (None, None, None)


def test_pace_is_the_middle_and_the_slow_tenth_of_each_step():
    facts = targets(10, contacted_at=HOUR * (1 + np.arange(10)), within_plan=np.arange(10) < 7, ordered_at=np.nan)
    found = measure_pace(facts)
    steps = {step.code: step for step in found.steps}
    assert steps["release_to_contact"].median_hours == pytest.approx(4.5)
    assert steps["release_to_contact"].p90_hours == pytest.approx(8.1)
    assert steps["contact_to_order"].orders == 0
    assert found.share_within_plan == pytest.approx(0.7)


def test_objections_are_told_with_how_many_bought_all_the_same():
    facts = targets(
        4,
        objection=[1, 1, 0, -1],
        counted=[Counted.SUCCESS, Counted.FAILED, Counted.FAILED, Counted.FAILED],
    )
    found = objections_heard(facts, list(OBJECTIONS))
    told = [(heard.code, heard.customers, heard.bought_all_the_same) for heard in found]
    assert told == [("too_expensive", 2, 1), ("no_need", 1, 0)]
    assert found[0].share == 0.5


def test_managers_who_differ_by_chance_are_not_told_apart():
    found = rank_groups([Group("A", 100, 12, 10), Group("B", 100, 9, 10), Group("C", 100, 10, 10), Group("D", 5, 2, 0.5)])
    assert not found.differ
    assert {one.verdict for one in found.groups} == {"as", "silent"}
    few = next(one for one in found.groups if one.name == "D")
    assert few.index < 1.5  # drawn towards all: 2 of 0.5 expected alone would be 4


def test_a_manager_far_above_the_others_stands_out():
    found = rank_groups([Group("A", 400, 90, 40), Group("B", 400, 30, 40), Group("C", 400, 32, 40)])
    assert found.differ
    assert {one.name: one.verdict for one in found.groups}["A"] == "above"


def test_nobody_and_one_alone_are_not_compared():
    assert rank_groups([]).p is None
    assert rank_groups([Group("A", 400, 90, 40)]).p is None


def test_advice_stands_on_figures_in_two_languages_and_every_rule_is_named_once():
    found = advise(assessed())
    assert next(one.rule for one in found) == "effect"
    assert all(one.figure and one.zh.endswith("。") and one.en.endswith(".") for one in found)
    assert len({one.rule for one in found}) == len(found) <= len(RULES)


@pytest.mark.parametrize(
    ("figures", "rule", "kind"),
    [
        (lambda: assessed(control=700, control_bought=56), "sample_ratio", "alarm"),
        (lambda: assessed(), "effect", "keep"),
        (lambda: assessed(bought=450), "effect", "change"),
        (lambda: assessed(bought=740), "effect", "unknown"),
        (lambda: assessed(90, 13, 10, 1), "effect", "unknown"),
        (lambda: assessed(revenue=990_000, margin=400_000), "worth", "keep"),
        (lambda: assessed(revenue=10_000, margin=4_000), "worth", "change"),
        (lambda: assessed(touch=np.where(np.arange(10_000) >= 9_900, Touch.CALL, 0)), "contamination", "change"),
        (lambda: assessed(segment=np.arange(10_000) % 2), "segments", "keep"),
        (lambda: assessed(900, 135, 100, 8), "segments", "unknown"),
        (lambda: assessed(), "promises", "keep"),
        (lambda: assessed(score=0.3), "promises", "change"),
        (lambda: assessed(10, 1, 1, 0), "promises", "unknown"),
        (lambda: assessed(contacted_at=np.where(np.arange(10_000) < 5_000, HOUR, np.nan)), "uncontacted", "change"),
        (lambda: assessed(reached=np.arange(10_000) < 3_000), "unreached", "change"),
        (
            lambda: assessed(reached=False, outcome=np.where(np.arange(10_000) < 9_000, OUTCOME.index("wrong_number"), -1)),
            "wrong_data",
            "change",
        ),
        (lambda: assessed(objection=np.where(np.arange(10_000) < 9_000, 1, -1)), "objection", "change"),
        (lambda: assessed(within_plan=np.arange(10_000) < 4_000), "pace", "change"),
        (lambda: assessed(managers=ALIKE), "managers", "unknown"),
        (lambda: assessed(managers=[Group("A", 9, 1, 1), Group("B", 9, 1, 1)]), "managers", "unknown"),
        (lambda: assessed(managers=[Group("A", 500, 90, 40), Group("B", 500, 30, 40)]), "managers", "keep"),
        (lambda: assessed(talk=np.arange(10_000) % 2), "talk_tracks", "unknown"),
        (lambda: assessed(talk=(np.arange(10_000) < 1_500).astype(int)), "talk_tracks", "change"),
        (lambda: over_capacity(3_000), "capacity", "change"),
        (lambda: assessed(explored=(np.arange(10_000) >= 300) & (np.arange(10_000) < 2_000)), "explored", "change"),
        (lambda: assessed(explored=(np.arange(10_000) >= 8_000) & (np.arange(10_000) < 9_000)), "explored", "keep"),
    ],
)  # fmt: skip
def test_each_rule_speaks_when_its_figure_asks_for_it(figures, rule, kind):
    assert kinds(figures())[rule] == kind


def test_nothing_is_said_of_what_is_as_it_should_be():
    silent = {
        "sample_ratio",
        "contamination",
        "uncontacted",
        "unreached",
        "wrong_data",
        "objection",
        "pace",
        "capacity",
        "explored",
    }
    assert not silent & kinds(assessed()).keys()


def test_what_is_kept_is_plain_json_with_money_as_text():
    kept = as_kept(assessed())
    assert kept["success"]["successes"] == 1_350
    assert kept["money"]["cost"] == "18000.0000"
    assert kept["effect"]["verdict"] == "more"
    assert "groups" not in kept["managers"]
    assert [one["rule"] for one in kept["advice"]] == [one.rule for one in advise(assessed())]


def test_a_programme_sums_its_campaigns():
    kept = [as_kept(assessed(revenue=990_000, margin=400_000)), as_kept(assessed(90, 13, 10, 1))]
    found = sum_up(kept)
    assert (found.campaigns, found.said, found.funnel["targets"]) == (2, 1, 10_100)
    assert found.successes == 1_363
    assert found.sales == pytest.approx(kept[0]["effect"]["sales"])
    assert found.incremental_return is None  # of one campaign it cannot be said
    both = sum_up([kept[0], kept[0]])
    assert both.sales_high - both.sales == pytest.approx((kept[0]["effect"]["sales_high"] - kept[0]["effect"]["sales"]) * 2**0.5)
    assert both.incremental_return is not None
    assert sum_up([]).sales is None


def test_the_difference_between_versions_counts_sales_that_came_late_and_those_that_are_gone():
    before, now = as_kept(assessed(bought=1_349)), as_kept(assessed())
    found = difference_since(before, np.array([1, 2, 3]), now, np.array([2, 3, 4, 5]), number=1)
    assert (found["late"], found["gone"]) == (2, 1)
    assert {one["name"] for one in found["figures"]} >= {"success.successes", "effect.difference"}
    same = difference_since(now, np.array([1]), now, np.array([1]), number=2)
    assert same == {"number": 2, "late": 0, "gone": 0, "figures": []}


def test_a_customer_without_a_known_segment_is_named_so():
    figures = assessed(segment=1)
    assert [look.name for look in figures.looks.segments] == ["unknown"]
    assert replace(figures.looks, segments=()).segments == ()
