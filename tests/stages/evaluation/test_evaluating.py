"""A closed campaign is evaluated: from its rows to the record that is kept, and what a later look finds changed."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.access.service import find_person
from app.campaigns.service import NotMature
from app.campaigns.steps import WrongStatus
from app.core.db import set_scope
from app.core.errors import Invalid
from app.evaluation.fact_queries import read_facts
from app.evaluation.facts import Counted, Touch
from app.evaluation.queries import find_newest
from app.evaluation.service import compute_evaluation, evaluate_campaign, evaluate_mature
from app.models.campaign import CampaignStatus
from app.models.evaluation import EvaluatedManager
from app.models.work_order import WorkOrder
from app.points.credit_queries import credits_of
from tests.factories import FEE_REASON, NOW, make_scores
from tests.postgres import as_company
from tests.stages.evaluation.town import MATURE, make_closed_campaign, sell

CODE = "TRIED"


@pytest.fixture
def campaign(session):
    """TRIED: 4 of 15 customers sold to, three controls, one customer contacted by nobody; closed."""
    return make_closed_campaign(session, CODE)


def test_an_evaluation_is_kept_with_its_figures_and_ends_the_campaign_s_life(session, campaign):
    pia = find_person(session, login="pia", now=NOW)
    kept = evaluate_campaign(session, campaign_code=CODE, by=pia, comment="The first.", now=MATURE)
    assert campaign.status is CampaignStatus.EVALUATED
    assert (kept.number, kept.is_final, kept.account_id, kept.comment) == (1, True, pia.account_id, "The first.")
    assert kept.bounds["bought_until"] == "2026-10-24"
    figures = kept.figures
    stages = {stage["code"]: stage["count"] for stage in figures["funnel"]["stages"]}
    assert stages == {
        "targets": 14, "dispatched": 10, "released": 9, "contacted": 8, "reached": 7, "interested": 3, "won": 3,
    }  # fmt: skip
    assert figures["funnel"]["stages"][0]["out"] == {"control": 3, "do_not_disturb": 1}
    assert figures["funnel"]["stages"][2]["out"] == {"expired:window_over": 1}
    assert figures["funnel"]["stages"][3]["out"] == {"not_reached": 1}
    assert figures["funnel"]["stages"][4]["out"] == {"objection:too_expensive": 4}
    assert figures["funnel"]["won_otherwise"] == 1
    assert figures["success"]["successes"] == 4
    assert figures["effect"]["treated"]["customers"] == 10
    assert figures["effect"]["control"] == {"customers": 3, "bought": 1, "mean_score": 0.2, "contacted": 1}
    assert figures["effect"]["verdict"] == "silent"
    assert figures["contamination"]["by"] == {"call": 1}
    assert Decimal(figures["money"]["cost"]) == 16
    assert Decimal(figures["money"]["revenue"]) == 50 + 3 * 99
    assert Decimal(figures["money"]["margin"]) == 4 * 40
    assert [heard["code"] for heard in figures["objections"]] == ["too_expensive"]
    assert figures["pace"]["within_plan"] == 8


def test_a_work_order_counts_as_points_count_it(session, campaign):
    facts, _ = read_facts(session, campaign)
    words = {Counted.FAILED: "failed", Counted.SUCCESS: "success", Counted.LEFT_OUT: "left_out"}
    parts = session.execute(credits_of(WorkOrder.campaign_id == campaign.id)).all()
    ours = sorted(words[Counted(code)] for code in facts.counted if code)
    assert ours == sorted({row.work_order_id: row.counted for row in parts}.values())


def test_managers_are_kept_apart_each_in_the_own_grid(session, campaign):
    kept = evaluate_campaign(session, campaign_code=CODE, now=MATURE)
    rows = session.scalars(select(EvaluatedManager).order_by(EvaluatedManager.staff_id)).all()
    assert sum(row.orders for row in rows) == kept.figures["success"]["orders"]
    assert sum(row.successes for row in rows) == 4
    assert "groups" not in kept.figures["managers"]


def test_who_leads_a_grid_sees_the_managers_of_that_grid_alone(session, campaign):
    evaluate_campaign(session, campaign_code=CODE, now=MATURE)
    fu = find_person(session, login="fu", now=NOW)
    set_scope(session, scope="grids", grid_ids=fu.grid_ids)
    seen = session.scalars(select(EvaluatedManager.grid_id)).all()
    assert set(seen) == set(fu.grid_ids)
    set_scope(session, scope="own", grid_ids=fu.grid_ids, staff_id=1)
    assert session.scalars(select(EvaluatedManager)).all() == []


def test_late_sales_and_cancellations_are_shown_as_the_difference_to_the_version_before(session, campaign):
    first = compute_evaluation(session, campaign_code=CODE, now=MATURE - timedelta(days=4))
    assert not first.is_final
    assert first.difference is None
    session.execute(text("UPDATE orders SET cancelled_at = :at WHERE order_no = 'O-C01'"), {"at": NOW + timedelta(days=2)})
    sell(session, "C05", NOW + timedelta(days=3))
    sell(session, "C06", NOW + timedelta(days=3))
    second = evaluate_campaign(session, campaign_code=CODE, now=MATURE)
    assert (second.number, second.is_final) == (2, True)
    assert (second.difference["number"], second.difference["late"], second.difference["gone"]) == (1, 2, 1)
    changed = {one["name"]: (one["before"], one["now"]) for one in second.difference["figures"]}
    assert changed["success.successes"] == (4, 5)


def test_a_kept_evaluation_is_never_changed(session, campaign):
    evaluate_campaign(session, campaign_code=CODE, now=MATURE)
    for statement in (
        "UPDATE campaign_evaluations SET comment = 'better'",
        "DELETE FROM evaluated_managers",
        "DELETE FROM campaign_evaluations",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_of_a_campaign_there_is_one_evaluation_of_a_number(session, campaign):
    evaluate_campaign(session, campaign_code=CODE, now=MATURE)
    copy = "INSERT INTO campaign_evaluations (campaign_id, number, computed_at, is_final, bounds, figures, wins)"
    with pytest.raises(IntegrityError, match="uq_campaign_evaluations_campaign_id_number"), session.begin_nested():
        session.execute(
            text(f"{copy} SELECT campaign_id, number, computed_at, is_final, bounds, figures, wins FROM campaign_evaluations")
        )


def test_what_goes_on_or_is_not_mature_is_not_evaluated(session, campaign):
    with pytest.raises(NotMature):
        evaluate_campaign(session, campaign_code=CODE, now=MATURE - timedelta(days=1))
    with pytest.raises(Invalid):
        compute_evaluation(session, campaign_code=CODE, comment="\0", now=MATURE)
    running = make_closed_campaign(session, "GOES_ON", customers=0, closed=False)
    with pytest.raises(WrongStatus):
        compute_evaluation(session, campaign_code=running.code, now=MATURE)


def test_the_night_evaluates_what_is_mature_and_looks_again_only_where_sales_changed(session, campaign):
    early = evaluate_mature(session, now=MATURE - timedelta(days=1))
    assert early == {"evaluated": [], "again": []}
    assert evaluate_mature(session, now=MATURE) == {"evaluated": [CODE], "again": []}
    assert evaluate_mature(session, now=MATURE + timedelta(days=8)) == {"evaluated": [], "again": []}
    sell(session, "C05", NOW + timedelta(days=3))
    assert evaluate_mature(session, now=MATURE + timedelta(days=6)) == {"evaluated": [], "again": []}
    assert evaluate_mature(session, now=MATURE + timedelta(days=9)) == {"evaluated": [], "again": [CODE]}
    assert find_newest(session, campaign.id).difference["late"] == 1


def test_controls_are_contacted_all_the_same_by_other_campaigns_earlier_systems_and_calls(session, campaign):
    facts, _ = read_facts(session, campaign)
    assert sorted(facts.touch[facts.touch > 0].tolist()) == [Touch.CALL]


def while_uncommitted(session, sessions, work):
    """What `work` gives in another session that begins before this one commits."""

    def working():
        with as_company(sessions) as other:
            found = work(other)
            other.commit()
            return found

    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(working)
        time.sleep(0.5)  # it has come to where it waits, or has gone wrong
        session.commit()
        return waiting.result()


def test_who_looks_at_the_same_time_makes_the_next_version_and_breaks_nothing(sessions):
    with as_company(sessions) as first:
        make_closed_campaign(first, CODE)
        first.commit()
    with as_company(sessions) as first:
        assert compute_evaluation(first, campaign_code=CODE, now=MATURE).number == 1
        second = while_uncommitted(
            first, sessions, lambda other: compute_evaluation(other, campaign_code=CODE, now=MATURE).number
        )
        assert second == 2


def test_the_night_waits_for_who_looks_at_the_same_time_and_finds_nothing_left(sessions):
    with as_company(sessions) as first:
        make_closed_campaign(first, CODE)
        evaluate_campaign(first, campaign_code=CODE, now=MATURE)
        sell(first, "C05", NOW + timedelta(days=3))
        first.commit()
    with as_company(sessions) as first:
        assert compute_evaluation(first, campaign_code=CODE, now=MATURE).difference["late"] == 1
        night = while_uncommitted(first, sessions, lambda other: evaluate_mature(other, now=MATURE + timedelta(days=9)))
        assert night == {"evaluated": [], "again": []}


def test_the_line_that_the_phone_proposed_is_known_of_each_work_order(session):
    line = {"zh": "每月省二十元", "en": "It saves you twenty yuan a month"}
    run = make_scores(session, ["C01"], reasons=[FEE_REASON | {"talk_track": line}])
    campaign = make_closed_campaign(session, CODE, scoring_run_id=run.id)
    facts, words = read_facts(session, campaign)
    assert [(talk.feature, talk.zh) for talk in words.talks] == [(None, "Say hello."), ("monthly_fee", line["zh"])]
    assert sorted(facts.talk.tolist()) == [-1] * 4 + [0] * 9 + [1]


def test_a_campaign_without_targets_says_nothing_and_breaks_nothing(session):
    empty = make_closed_campaign(session, "EMPTY", customers=0)
    kept = evaluate_campaign(session, campaign_code=empty.code, now=MATURE)
    assert kept.figures["success"]["rate"] is None
    assert {one["kind"] for one in kept.figures["advice"]} == {"unknown"}
