"""What a ranker learns from, gathered through the database: contacts, controls, weights, and holders left alone."""

from datetime import date, timedelta

import polars as pl
import pytest
from sqlalchemy import text

from app.campaigns.queries import find_latest_run
from app.campaigns.service import schedule_campaign
from app.models.campaign import CampaignStatus, CampaignTarget, Draw, Product, ProductKind, TerminalReason
from app.models.customer import Arm, Holding, PastContact
from app.models.feedback import Verdict
from app.models.score import RankerStatus, RankerTarget
from app.scoring.bulk import write_frame
from app.scoring.gathering import gather, gather_arms
from app.scoring.learning.features import INFLUENCE
from app.scoring.learning.labels import OneOutcomeOnly, TrainingDataMissing
from app.scoring.ranking import rank_all
from app.scoring.training import train_ranker
from tests.factories import NOW, TODAY, customer, get, make_campaign, make_work_order
from tests.stages.scoring.market import FIRST_CONTACT, FIRST_ID, SNAPSHOT_DAY, add_snapshot, keep, keep_candidate, make_market
from tests.stages.scoring.test_training import judge, report

DAY = timedelta(days=1)
LONG_AGO = date(2020, 1, 1)
OPENED = FIRST_CONTACT + 20 * DAY
WINDOW = {"as_of": TODAY, "label_window_days": 30}


def product(session) -> Product:
    return get(session, Product, product_code="FTTH1")


def past_campaign(session, **overrides):
    return make_campaign(session, starts_on=date(2026, 8, 20), ends_on=date(2026, 9, 5), opened_at=OPENED, **overrides)


def kept_back(session, campaign, customer_no, reason):
    person = customer(session, customer_no)
    add_snapshot(session, person.id, SNAPSHOT_DAY, '{"usage": 0.5, "plan": "basic"}')
    values = {"rank": 1, "score": 0.2, "draw": Draw.RANKED, "selection_probability": 0.95, "decided_at": NOW - 9 * DAY}
    session.add(CampaignTarget(campaign_id=campaign.id, customer_id=person.id, grid_id=person.grid_id, reason=reason, **values))
    session.flush()
    return person.id


def contacted(session, campaign, customer_no, *verdicts, **order):
    work_order = make_work_order(session, campaign=campaign, customer_no=customer_no, **order)
    add_snapshot(session, work_order.customer_id, SNAPSHOT_DAY, '{"usage": 0.5, "plan": "basic"}')
    judge(session, report(session, work_order, OPENED + DAY), *verdicts)
    return work_order.customer_id


def rows_of(gathered):
    examples = gathered.examples
    columns = {"treated": examples.treated, "explored": examples.explored, "label": examples.labels, "weight": examples.weights}
    return {row["customer_id"]: row for row in examples.frame.select("customer_id", "as_of").with_columns(**columns).to_dicts()}


def test_controls_of_earlier_systems_and_of_our_lists_are_examples_that_nobody_contacted(session):
    make_market(session, count=100)
    of_old = FIRST_ID + 7
    session.query(PastContact).filter_by(customer_id=of_old).update({"arm": Arm.CONTROL})
    opened, frozen = past_campaign(session), past_campaign(session, code="never-dispatched")
    frozen.opened_at = None
    kept = [
        kept_back(session, opened, "C01", TerminalReason.CONTROL),
        kept_back(session, opened, "C02", TerminalReason.PERMANENT_HOLDOUT),
    ]
    others = [
        kept_back(session, opened, "C03", TerminalReason.OVER_CAPACITY),
        kept_back(session, opened, "C04", None),
        kept_back(session, frozen, "C05", TerminalReason.CONTROL),
    ]
    found = gather(session, product(session), **WINDOW)
    rows = rows_of(found)
    assert (found.counts["contacts"], found.counts["controls"]) == (99, 3)
    assert {customer_id for customer_id, row in rows.items() if not row["treated"]} == {of_old, *kept}
    assert [rows[customer_id]["as_of"] for customer_id in kept] == [date(2026, 8, 23)] * 2
    assert not set(others) & rows.keys()


def test_arms_are_compared_by_intention_and_as_of_the_opening_whoever_was_reached(session):
    make_market(session, count=100)
    campaign = past_campaign(session)
    reached = contacted(session, campaign, "C01", Verdict.CONFIRMED)
    never_reached = kept_back(session, campaign, "C02", TerminalReason.DISPATCHED)
    held_out = kept_back(session, campaign, "C03", TerminalReason.PERMANENT_HOLDOUT)
    kept_back(session, campaign, "C04", TerminalReason.OVER_CAPACITY)
    arms = gather_arms(session, product(session), **WINDOW)
    treated = dict(zip(arms.frame["customer_id"], arms.treated.tolist(), strict=True))
    assert treated == {reached: True, never_reached: True, held_out: False}
    assert arms.frame["as_of"].unique().to_list() == [date(2026, 8, 23)]


def test_contacts_of_a_campaign_without_controls_say_nothing_about_uplift(session):
    make_market(session, count=100)
    tested = session.query(PastContact).filter(PastContact.customer_id < FIRST_ID + 40)
    tested.update({"campaign_code": "TEST"})
    session.query(PastContact).filter_by(customer_id=FIRST_ID + 7).update({"arm": Arm.CONTROL})
    arms = gather_arms(session, product(session), **WINDOW)
    assert (arms.rows, int(arms.treated.sum())) == (40, 39)
    session.query(PastContact).filter_by(customer_id=FIRST_ID + 7).update({"arm": None})
    assert gather_arms(session, product(session), **WINDOW) is None


def test_only_a_contact_found_confirmed_or_unverifiable_is_learned_from_and_weighs_the_inverse_of_its_probability(session):
    make_market(session, count=100)
    campaign = past_campaign(session)
    confirmed = contacted(session, campaign, "C01", Verdict.CONFIRMED, selection_probability=0.5)
    explored = contacted(session, campaign, "C02", Verdict.UNVERIFIABLE, draw=Draw.EXPLORED, selection_probability=0.25)
    contradicted = contacted(session, campaign, "C03", Verdict.CONFIRMED, Verdict.CONTRADICTED)
    unjudged = contacted(session, campaign, "C04")
    found = gather(session, product(session), **WINDOW)
    rows = rows_of(found)
    assert not {contradicted, unjudged} & rows.keys()
    assert (found.counts["contradicted_left_out"], found.counts["unjudged_left_out"]) == (1, 1)
    assert (rows[confirmed]["explored"], rows[explored]["explored"], found.counts["explored"]) == (False, True, 1)
    old = rows[FIRST_ID]["weight"]
    assert [rows[confirmed]["weight"] / old, rows[explored]["weight"] / old] == pytest.approx([2.0, 4.0])
    assert found.examples.weights.mean() == pytest.approx(1.0)
    assert found.counts["effective_rows"] == pytest.approx(106**2 / 120, abs=0.1)


@pytest.mark.parametrize("probability", [0.0, 1.5, float("nan")])
def test_a_probability_that_is_none_weighs_as_one_that_nobody_kept(session, probability):
    make_market(session, count=100)
    odd = contacted(session, past_campaign(session), "C01", Verdict.CONFIRMED, selection_probability=probability)
    assert rows_of(gather(session, product(session), **WINDOW))[odd]["weight"] == 1.0


def test_a_cancelled_order_is_no_label(session):
    people = make_market(session, count=100)
    before = gather(session, product(session), **WINDOW).examples.labels.sum()
    buyer = people.filter("buys")["customer_id"][0]
    session.execute(
        text("UPDATE orders SET cancelled_at = ordered_at + interval '1 hour' WHERE customer_id = :id"), {"id": buyer}
    )
    assert gather(session, product(session), **WINDOW).examples.labels.sum() == before - 1


def test_contacts_whose_windows_are_all_open_are_named_with_the_day_the_first_one_ends(session):
    make_market(session, count=40)
    with pytest.raises(TrainingDataMissing) as refused:
        gather(session, product(session), as_of=SNAPSHOT_DAY + 20 * DAY, label_window_days=30)
    assert refused.value.detail == (
        "contacts: expected contacts whose label window has ended by 2026-08-21; there are 40, "
        "the first window of 30 days ends on 2026-09-02"
    )


def test_what_ties_hold_is_known_of_each_contact_as_of_its_day(session):
    people = make_market(session, count=100)
    one, other = people["customer_id"][0], people["customer_id"][1]
    write_frame(session, "ties", pl.DataFrame({"customer_id": [other], "other_customer_id": [one], "weight": [None]}))
    hold(session, pl.DataFrame({"customer_id": [other]}), from_date=SNAPSHOT_DAY)
    frame = gather(session, product(session), **WINDOW).examples.frame.filter(pl.col("customer_id") == one)
    assert frame.select(INFLUENCE).row(0) == (1, 1.0, 1, 2)


def hold(session, people, *, from_date=LONG_AGO, to_date=None):
    write_frame(
        session,
        "holdings",
        people.select("customer_id", product_id=pl.lit(product(session).id), from_date=pl.lit(from_date)).with_columns(
            to_date=pl.lit(to_date, pl.Date)
        ),
    )


def test_early_warning_learns_from_holders_left_alone_who_gives_the_family_up(session):
    people = make_market(session, contacted=0)
    hold(session, people.filter("buys"), to_date=SNAPSHOT_DAY + 15 * DAY)
    hold(session, people.filter(~pl.col("buys")))
    version = train_ranker(session, product_code="FTTH1", target=RankerTarget.LOSS, allow=["usage"], now=NOW)
    assert (version.target, version.example_count, version.metrics["auc"] > 0.75) == ("loss", 300, True)
    assert version.positive_count == people["buys"].sum()
    assert version.metrics["examples"] == {"holder_days": 300, "days": 1, "share_of_holders": 1.0}
    assert version.data_from == SNAPSHOT_DAY + DAY
    assert not {"segment", "lifecycle"} & set(version.parameters["columns"])


def test_care_learns_from_holders_left_alone_who_complains(session):
    people = make_market(session, contacted=0)
    hold(session, people.head(250))
    angry = people.filter("buys").select(
        "customer_id",
        complaint_no=pl.col("customer_id").cast(pl.String),
        opened_at=pl.lit(FIRST_CONTACT),
        topic=pl.lit("fault"),
    )
    write_frame(session, "complaints", angry)
    version = train_ranker(session, product_code="FTTH1", target=RankerTarget.COMPLAINT, allow=["usage"], now=NOW)
    assert (version.target, version.example_count) == ("complaint", 250)
    assert version.positive_count == people.head(250)["buys"].sum()
    assert version.metrics["auc"] > 0.75


def test_win_back_learns_from_contacts_of_lost_customers_only(session):
    people = make_market(session)
    product(session).kind = ProductKind.WIN_BACK
    with pytest.raises(TrainingDataMissing, match="contacts of customers who held broadband before and none on the day, got 300"):
        train_ranker(session, product_code="FTTH1", now=NOW)
    hold(session, people.head(200), to_date=SNAPSHOT_DAY)
    hold(session, people.tail(100))
    assert train_ranker(session, product_code="FTTH1", now=NOW).example_count == 200


def test_early_warning_without_holders_or_with_one_outcome_says_so(session):
    make_market(session, count=40, contacted=0)
    with pytest.raises(TrainingDataMissing, match=r"^holdings: expected customers who held broadband on 2026-08-02"):
        train_ranker(session, product_code="FTTH1", target=RankerTarget.LOSS, allow=["usage"], now=NOW)
    session.add(Holding(customer_id=FIRST_ID, product_id=product(session).id, from_date=LONG_AGO))
    session.flush()
    with pytest.raises(OneOutcomeOnly, match=r"^holdings: expected at least 10 holders on a snapshot's day with their last hold"):
        train_ranker(session, product_code="FTTH1", target=RankerTarget.LOSS, allow=["usage"], now=NOW)
    with pytest.raises(TrainingDataMissing, match=r"^features: expected a snapshot at least 31 days before 2026-08-31"):
        train_ranker(session, product_code="FTTH1", target=RankerTarget.LOSS, as_of=date(2026, 8, 31), now=NOW)


def test_a_risk_is_ranked_at_night_beside_the_orders_and_a_list_to_keep_customers_follows_it(session):
    make_market(session, count=40, contacted=0)
    keep(session)
    risky = keep_candidate(session, seed=2, target=RankerTarget.LOSS)
    risky.status = RankerStatus.CHAMPION
    session.flush()
    found = rank_all(session, now=NOW)
    assert {name: counts["customers"] for name, counts in found.items()} == {"FTTH1": 55, "FTTH1/loss": 55}
    assert find_latest_run(session, product(session).id).id == found["FTTH1"]["run"]
    product(session).kind = ProductKind.RETENTION
    session.flush()
    assert find_latest_run(session, product(session).id).id == found["FTTH1/loss"]["run"]
    hold(session, pl.DataFrame({"customer_id": [customer(session, f"C0{n}").id for n in range(1, 6)]}))
    make_campaign(session, code="STAY", status=CampaignStatus.APPROVED, list_size=40, control_share=0, exploration_share=0)
    assert schedule_campaign(session, campaign_code="STAY", now=NOW) == {"invalid": 50, "undecided": 5}
