"""Each rule of evidence at its edge, and what makes a month one to look at."""

from uuid import uuid4

import numpy as np
import polars as pl
import pytest

from app.verification.chance import beta_binomial, combine, discoveries, fit, surprise, tail
from app.verification.habits import masses_of, mixed_binomial
from app.verification.pleading import Told, make_cases
from app.verification.rules.every import RULES
from app.verification.rules.reports import SCHEMA, prepare
from app.verification.rules.rule import Asked
from app.verification.suspicion import Evidence, agreeing_reports, judge_month
from app.verification.usual import Count, weigh

METRES = 1 / 111_195  # of latitude, in degrees
CALL = {"channel": "call", "outcome": "interested", "spoke": True, "calls_known": True}
VISIT = {"channel": "visit", "latitude": 39.0, "longitude": 117.0, "accuracy": 10.0, "mock": False} | {
    "home_latitude": 39.0,
    "home_longitude": 117.0,
    "home_error": 150.0,
}


def _found(code, *reports):
    """The reports, by their place, at which a rule finds something; each an hour after the one before unless it says."""
    plain = {
        "staff": 1,
        "peers": 0,
        "channel": "counter",
        "outcome": "interested",
        "spoke": True,
        "sale": False,
        "doubtful": False,
    }
    rows = [
        dict.fromkeys(SCHEMA)
        | plain
        | {"customer": at, "started": 3_600.0 * at, "day": 1, "days_left": 20, "order_found": False}
        | one
        for at, one in enumerate(reports)
    ]
    asked = RULES[code].ask(prepare(pl.DataFrame(rows, schema=SCHEMA)))
    return sorted(asked.found["row"].to_list())


def test_a_call_is_missing_only_in_a_feed_that_is_complete_and_a_talk_needs_a_second_of_it():
    there, silent, none = {"call_seconds": 40.0}, {"call_seconds": 0.0}, {}
    assert _found("call_missing", CALL | there, CALL | silent, CALL | none, CALL | none | {"calls_known": False}) == [1, 2]
    assert _found("call_missing", CALL | silent | {"outcome": "not_reached", "spoke": False}) == []


def test_a_talk_of_nine_seconds_is_short_but_a_refusal_may_be():
    assert _found("call_short", CALL | {"call_seconds": 9.0}, CALL | {"call_seconds": 10.0}) == [0]
    assert _found("call_short", CALL | {"call_seconds": 9.0, "outcome": "refused"}) == []


def test_a_contact_may_last_four_times_its_call():
    calls = [CALL | {"call_seconds": seconds, "lasted": 100.0} for seconds in (24.0, 25.0)]
    assert _found("call_outlasted", *calls, CALL | {"call_seconds": 5.0, "lasted": 59.0}) == [0]


def test_a_sale_is_missing_only_in_a_feed_that_is_complete():
    sale = {"sale": True, "orders_known": True}
    assert _found("sale_missing", sale, sale | {"order_found": True}, sale | {"orders_known": False}) == [0]


@pytest.mark.parametrize(("accuracy", "radius"), [(10.0, 270), (100.0, 450), (None, 650)])
def test_a_visit_is_far_beyond_both_errors_and_the_way_to_the_door(accuracy, radius):
    at = [VISIT | {"latitude": 39.0 + metres * METRES, "accuracy": accuracy} for metres in (radius - 1, radius + 1)]
    assert _found("visit_far", *at) == [1]
    assert _found("visit_far", VISIT | {"latitude": 39.1, "home_error": 3_000.0}, VISIT | {"latitude": None}) == [0]


def _at_one_spot(metres, customers=4):
    homes = [{"home_latitude": 39.0 + metres * METRES + at * METRES} for at in range(customers)]
    return _found("place_shared", *(VISIT | home for home in homes))


def test_one_spot_for_many_customers_is_a_hint_where_they_live_elsewhere_and_not_in_a_tower_block():
    assert _at_one_spot(2_000) == [0, 1, 2, 3]
    assert _at_one_spot(100) == []
    assert _at_one_spot(2_000, customers=3) == []


def test_nobody_goes_faster_than_120_kilometres_an_hour_from_visit_to_visit():
    def to(kilometres, seconds):
        return [VISIT | {"started": 0.0}, VISIT | {"latitude": 39.0 + kilometres * 1_000 * METRES, "started": seconds}]

    assert _found("visit_too_fast", *to(12, 300.0)) == [0]
    assert _found("visit_too_fast", *to(12, 400.0)) == []
    assert _found("visit_too_fast", to(12, 300.0)[0], to(12, 300.0)[1] | {"staff": 2}) == []


def test_a_phone_of_one_person_is_in_no_two_places_by_the_rule_of_shared_ones():
    far = [VISIT | {"device": "a", "started": 0.0}, VISIT | {"device": "a", "latitude": 39.2, "started": 300.0}]
    assert _found("phone_too_fast", *far) == []
    assert _found("phone_too_fast", far[0], far[1] | {"staff": 2}) == [0]


def test_a_mocked_position_is_what_the_phone_says():
    assert _found("place_mocked", VISIT | {"mock": True}, VISIT, VISIT | {"mock": None}) == [0]


def test_a_quick_talk_is_a_hint_unless_its_call_is_there():
    usual = [{"staff": at % 5, "channel": "call", "lasted": 100.0 + at % 40} for at in range(200)]
    quick = {"channel": "call", "lasted": 5.0, "staff": 1}
    assert _found("contact_quick", *usual, quick, quick | {"call_seconds": 20.0}) == [200]


def test_contacts_that_overlap_by_more_than_a_minute_are_a_hint():
    first = {"started": 0.0, "lasted": 600.0}
    assert _found("contact_gap", first, {"started": 539.0}) == [0]
    assert _found("contact_gap", first, {"started": 541.0}) == []


def test_a_burst_is_more_than_three_usual_days_in_the_month_s_last_three():
    days = [{"day": day, "days_left": 30 - day} for day in range(1, 11) for _ in range(2)]
    assert len(_found("month_end_burst", *days, *[{"day": 29, "days_left": 1}] * 7)) == 7
    assert _found("month_end_burst", *days, *[{"day": 29, "days_left": 1}] * 6) == []
    assert _found("month_end_burst", *days, *[{"day": 20, "days_left": 10}] * 7) == []


NOTE = "老人在家，白天没人接电话，要和家人商量再说"


def test_a_note_is_copied_when_it_says_nearly_the_same_of_another_customer():
    near, other = NOTE + "7月3日！", "合约没到期，看重网速，问过邻居觉得太贵了"
    assert _found("note_copied", {"note": NOTE}, {"note": near}, {"note": other}, {"note": "不在家"}, {"note": "不在家"}) == [
        0,
        1,
    ]
    assert _found("note_copied", {"note": NOTE, "customer": 5}, {"note": NOTE, "customer": 5}) == []
    assert _found("note_copied", {"note": NOTE}, {"note": NOTE, "staff": 2}) == []


def test_photos_alike_in_60_of_64_bits_are_a_hint_and_flat_ones_are_not():
    look = 0x0F0F_3C3C_A5A5_5A5A
    assert _found("photo_reused", {"looks": [look]}, {"looks": [look ^ 0b1111]}, {"looks": [~look]}) == [0, 1]
    assert _found("photo_reused", {"looks": [0]}, {"looks": [0]}) == []
    assert _found("photo_reused", {"looks": [look], "customer": 5}, {"looks": [look], "customer": 5}) == []


def _swapping(days, days_back):
    own = [{"staff": who, "device": name, "day": day} for who, name in ((1, "a"), (2, "b")) for day in range(10, 20)]
    lent = [{"staff": 1, "device": "b", "day": day} for day in range(days)]
    return _found("device_exchanged", *own, *lent, *[{"staff": 2, "device": "a", "day": day} for day in range(days_back)])


def test_phones_are_exchanged_both_ways_on_more_than_one_day():
    assert _swapping(2, 2) == [20, 21, 22, 23]
    assert _swapping(2, 1) == []
    assert _swapping(5, 0) == []


def test_a_rule_says_in_both_languages_what_it_shows_and_what_it_does_not_prove():
    for rule in RULES.values():
        assert all((rule.zh, rule.en, rule.not_zh)), rule.code
        assert rule.not_en.split()[0] in {"that", "which", "whose"}, rule.code
    assert {code for code, rule in RULES.items() if rule.kind == "contradiction"} == {"call_missing", "sale_missing"}


def test_a_tail_is_the_beta_binomial_s_which_is_flat_where_every_share_is_as_likely():
    found, asked = np.array([0, 1, 3, 9]), np.array([5, 20, 20, 9])
    assert tail(found, beta_binomial(asked, 1 / 2, 1 / 3)) == pytest.approx((asked + 1 - found) / (asked + 1))


def test_surprise_has_the_mean_it_says_and_is_cut():
    rng, asked = np.random.default_rng(1), np.full(40_000, 30)
    found = rng.binomial(asked, rng.beta(0.02 * 49, 0.98 * 49, len(asked)))
    bits, mean, deviation = surprise(found, beta_binomial(asked, 0.02, 0.02), cut=0.001)
    assert (bits.mean(), bits.std()) == pytest.approx((mean[0], deviation[0]), rel=0.03)
    assert bits.max() <= -2 * np.log(0.001)


@pytest.mark.parametrize("cheats", [0, 150, 400])
def test_those_who_cheat_do_not_become_the_norm(cheats):
    rng, asked = np.random.default_rng(2), np.full(1_000, 40)
    shares = rng.beta(0.02 * 49, 0.98 * 49, 1_000)
    shares[:cheats] = rng.uniform(0.2, 1.0, cheats)
    share, _ = fit(rng.binomial(asked, shares), asked, expected=0.005, alike=0.01)
    assert share == pytest.approx(0.02, abs=0.006)


def test_nor_do_two_of_five_who_cheat_as_much_as_they_like():
    """As a third of a town of 2,000 in which eight ways of cheating are each of 5 %: one estimate alone took them for honest."""
    rng, asked = np.random.default_rng(4), np.random.default_rng(5).poisson(25, 667) + 1
    shares = rng.beta(0.012 * 49, 0.988 * 49, 667)
    shares[:267] = rng.uniform(0.05, 0.6, 267)
    share, likeness = fit(rng.binomial(asked, shares), asked, expected=0.005, alike=0.01)
    assert share == pytest.approx(0.015, abs=0.006)
    assert likeness <= 0.06


def test_what_is_usual_of_everybody_is_no_sign_of_anything():
    rng, asked = np.random.default_rng(6), np.full(300, 200)
    found = rng.binomial(asked, rng.beta(30, 70, 300))
    share, likeness = fit(found, asked, expected=0.005, alike=0.01)
    assert share == pytest.approx(0.3, abs=0.04)
    assert (tail(found, beta_binomial(asked, share, likeness)) < 0.001).sum() <= 2


def test_a_habit_of_one_in_eight_is_weighed_beside_all_who_have_it_and_more_than_anybody_has_is_rare():
    rng, asked = np.random.default_rng(7), np.full(400, 50)
    shares = np.where(np.arange(400) < 50, 0.6, 0.01)
    masses = masses_of(rng.binomial(asked, shares), asked)
    one, all_but_none = tail(np.array([30, 1]), mixed_binomial(np.array([50, 50]), masses))
    assert 0.03 < one < 0.125 < all_but_none
    assert tail(np.array([48]), mixed_binomial(np.array([50]), masses))[0] < 0.002


def test_what_honest_people_do_out_of_habit_does_not_become_a_sign_because_others_cheat():
    """One in eight copies notes and nothing else; one in five cheats, in the feed and in the notes."""
    rng, people, each = np.random.default_rng(8), 400, np.full(400, 60)
    cheats, habit = np.arange(people) < 80, np.arange(people) >= 350
    calls = Count(each, rng.binomial(each, np.where(cheats, 0.3, 0.01)))
    notes = Count(each, rng.binomial(each, np.where(cheats | habit, 0.6, 0.02)))
    weighed = weigh({"call_missing": calls, "note_copied": notes}, RULES, np.zeros(people, dtype=np.int64))
    assert np.median(weighed["note_copied"].chance[habit]) > 0.05
    assert weighed["note_copied"].chance[habit].min() > 0.001
    assert weighed["call_missing"].chance[cheats].max() < 0.01
    assert (weighed["call_missing"].chance[~cheats] < 0.01).mean() < 0.01


def test_false_discoveries_are_held_and_one_sharp_sign_is_enough():
    chances = np.random.default_rng(3).uniform(size=2_000)
    assert discoveries(chances, 0.05).sum() == 0
    assert discoveries(np.append(chances, 1e-9), 0.05).nonzero()[0].tolist() == [2_000]
    assert combine(np.array([[1e-6], [0.9], [0.5]]), np.ones((3, 1)))[0] == pytest.approx(3e-6, rel=0.01)


def test_where_nobody_reported_nobody_is_looked_at():
    empty = pl.DataFrame(schema=SCHEMA)
    assert judge_month(empty).managers.is_empty()


def test_a_report_at_which_three_kinds_of_traces_agree_is_a_case_by_itself():
    found = {"visit_far": [0, 1, 2], "contact_quick": [0, 1], "contact_gap": [1, 2], "note_copied": [0, 2], "device_shared": [1]}
    asked = {code: Asked(pl.Series([0, 1, 2]), pl.DataFrame({"row": rows})) for code, rows in found.items()}
    managers = pl.DataFrame({"staff": [7], "opened": [False]})
    telling = pl.concat(
        [
            pl.select(row=pl.Series(rows), rule=pl.lit(code), family=pl.lit(RULES[code].family))
            for code, rows in found.items()
            if RULES[code].counts
        ]
    )
    evidence = Evidence(asked, judge_month(pl.DataFrame(schema=SCHEMA)).counts, telling, managers)
    agreeing = {0: ["contact_quick", "note_copied", "visit_far"], 2: ["contact_gap", "note_copied", "visit_far"]}
    assert (
        dict(agreeing_reports(evidence).iter_rows()) == agreeing
    )  # at 1: two of times are one, a shared phone counts for nothing
    told = [Told(uuid4(), 7, 1) for _ in range(3)]
    cases = {case.feedback_id: sorted(reason.rule for reason in case.reasons) for case in make_cases(evidence, told)}
    assert cases == {told[row].feedback_id: rules for row, rules in agreeing.items()}
