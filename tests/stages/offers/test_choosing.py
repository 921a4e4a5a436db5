"""Choosing offers through the database: who may be offered what, each factor kept, files by branch, old runs gone."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.core.errors import Invalid
from app.core.storage import storage_of
from app.models.campaign import Product, ProductKind
from app.models.centre import OfferRun
from app.models.customer import ContactPreference, Order, PreferenceStatus
from app.models.score import RankerTarget, RankerVersion
from app.offers.priority import OfferSettings
from app.offers.queries import UnknownCustomer, find_offers, get_offers
from app.offers.service import RUNS_KEPT, choose_offers
from app.scoring.learning.ranker import score
from app.scoring.ranking import rank_all
from tests.factories import NOW, TODAY, customer, get
from tests.stages.offers.choosing import EVERYBODY, hold, rank_as, sell
from tests.stages.scoring.market import keep, make_market, small_ranker


def offers(session, customer_no):
    return find_offers(session, customer(session, customer_no).id)


def codes(session, customer_no):
    return [offer.product_code for offer in offers(session, customer_no)]


def test_each_customer_is_offered_what_a_contact_is_worth_most_for_with_every_factor(session):
    get(session, Product, product_code="TV1").strategic_weight = Decimal("1.5")
    rank_as(session, "FTTH1", dict.fromkeys(EVERYBODY, 0.2), metrics={"examples": {"control_share": 0.05}})
    rank_as(session, "TV1", {**dict.fromkeys(EVERYBODY, 0.3), "C15": 0.01}, uplift={"C02": 0.25, "C03": -0.1})
    counts = choose_offers(session, now=NOW)
    assert (counts["customers"], counts["best_for"]) == (15, {"FTTH1": 2, "TV1": 13})
    assert codes(session, "C01") == codes(session, "C02") == ["TV1", "FTTH1"]
    assert codes(session, "C03") == codes(session, "C15") == ["FTTH1"]
    first, second = offers(session, "C02")
    assert (first.place, first.basis, first.incremental, first.value, first.weight, first.contact_cost) == (
        1, "uplift", 0.25, 40.0, 1.5, 2.0,
    )  # fmt: skip
    assert first.priority == pytest.approx(0.25 * 40 * 1.5 - 2)
    assert (second.basis, second.score, second.priority) == ("control", 0.2, pytest.approx(0.15 * 40 - 2))
    assert offers(session, "C01")[0].basis == "score"
    run = session.scalars(select(OfferRun)).one()
    assert (run.as_of, run.settings["products"]) == (TODAY, {"FTTH1": {"1": 2, "2": 13}, "TV1": {"1": 13}})
    assert sorted(file.path for file in storage_of(session).list_files(run.folder)) == sorted(
        f"{run.folder}/branch={branch}.parquet" for branch in run.settings["branches"]
    )


def test_nobody_is_offered_what_they_own_or_refuse(session):
    for product_code in ("FTTH1", "TV1"):
        rank_as(session, product_code, dict.fromkeys(EVERYBODY, 0.3))
    hold(session, "C01", "FTTH2")
    hold(session, "C02", "TV1", to_date=TODAY - timedelta(days=1))
    order = {"product_id": get(session, Product, product_code="TV1").id, "ordered_at": NOW - timedelta(days=9)}
    session.add(Order(order_no="1", customer_id=customer(session, "C03").id, **order))
    session.add(Order(order_no="2", customer_id=customer(session, "C04").id, cancelled_at=NOW, **order))
    for customer_no, scope, until in (
        ("C05", "all", None), ("C06", "tv", None), ("C07", "tv", TODAY - timedelta(days=1)), ("C08", "call", None),
    ):  # fmt: skip
        session.add(
            ContactPreference(
                customer_id=customer(session, customer_no).id,
                scope=scope,
                status=PreferenceStatus.REFUSED,
                recorded_at=NOW - timedelta(days=99),
                until=until,
            )
        )
    choose_offers(session, now=NOW)
    found = [codes(session, f"C{number:02d}") for number in range(1, 9)]
    both = ["FTTH1", "TV1"]
    assert found == [["TV1"], both, ["FTTH1"], both, [], ["FTTH1"], both, both]


def test_to_keep_a_customer_is_weighed_by_what_is_at_stake_and_asked_of_holders_only(session):
    sell(session, "STAY", ProductKind.RETENTION, "broadband", contact_cost=Decimal(1))
    rank_as(session, "STAY", dict.fromkeys(EVERYBODY, 0.5), target=RankerTarget.LOSS)
    for product_code in ("FTTH1", "FTTH2"):
        hold(session, "C01", product_code)
    hold(session, "C02", "FTTH1")
    hold(session, "C03", "FTTH1", to_date=TODAY - timedelta(days=1))
    choose_offers(session, now=NOW)
    assert [[(o.basis, o.risk, o.value_before_cap) for o in offers(session, f"C0{n}")] for n in (1, 2, 3)] == [
        [("risk", 0.5, 80.0)],
        [("risk", 0.5, 40.0)],
        [],
    ]
    rank_as(session, "STAY", dict.fromkeys(EVERYBODY, 0.1), uplift={"C01": 0.5})
    choose_offers(session, now=NOW + timedelta(days=1))
    one, two = offers(session, "C01")[0], offers(session, "C02")[0]
    assert (one.basis, one.incremental, two.basis, two.incremental) == ("risk_uplift", 0.25, "risk", 0.5)


def test_lost_customers_are_won_back_and_a_bundle_or_its_part_is_offered_not_both(session):
    sell(session, "BACK", ProductKind.WIN_BACK, "broadband", margin=Decimal(90))
    sell(session, "DUO", ProductKind.CROSS_SELL, "duo", margin=Decimal(60), bundle_of=["TV1", "FTTH1"])
    rank_as(session, "BACK", dict.fromkeys(EVERYBODY, 0.3))
    rank_as(session, "DUO", dict.fromkeys(EVERYBODY, 0.3))
    rank_as(session, "TV1", {**dict.fromkeys(EVERYBODY, 0.3), "C04": 0.9})
    hold(session, "C01", "FTTH1", to_date=date(2026, 1, 1))
    for product_code in ("TV1", "FTTH1"):
        hold(session, "C02", product_code)
    choose_offers(session, now=NOW)
    assert codes(session, "C01") == ["BACK", "DUO"]
    assert codes(session, "C02") == []
    assert codes(session, "C03") == ["DUO"]
    assert codes(session, "C04") == ["TV1"]


def test_a_dear_product_takes_nearly_all_only_without_a_cap(session):
    sell(session, "DEAR", ProductKind.CROSS_SELL, "dear", margin=Decimal(4_000))
    rank_as(session, "DEAR", {customer_no: 0.01 + number / 1_000 for number, customer_no in enumerate(EVERYBODY)})
    rank_as(session, "TV1", dict.fromkeys(EVERYBODY, 0.2))
    free = choose_offers(session, settings=OfferSettings(value_cap=None), now=NOW)
    capped = choose_offers(session, now=NOW + timedelta(hours=1))
    assert (free["best_for"], capped["best_for"]) == ({"DEAR": 15}, {"TV1": 15})
    assert [offer.value for offer in offers(session, "C15")] == [40.0, 120.0]
    assert offers(session, "C15")[1].value_before_cap == 4_000.0


def test_three_runs_are_kept_and_a_blocked_ranker_is_not_listened_to(session):
    assert choose_offers(session, now=NOW) == {"customers": 0, "products": 0}
    assert offers(session, "C01") == []
    ranked = rank_as(session, "TV1", dict.fromkeys(EVERYBODY, 0.3))
    rank_as(session, "FTTH1", dict.fromkeys(EVERYBODY, 0.2))
    found = [choose_offers(session, now=NOW + timedelta(hours=n)) for n in range(RUNS_KEPT + 1)]
    kept = session.scalars(select(OfferRun.id).order_by(OfferRun.id)).all()
    assert (kept, found[-1]["old_runs_removed"]) == ([one["run"] for one in found[1:]], 1)
    session.get_one(RankerVersion, ranked.ranker_version_id).blocked_at = NOW
    session.flush()
    choose_offers(session, now=NOW + timedelta(days=1))
    assert codes(session, "C01") == ["FTTH1"]


def test_a_customer_elsewhere_is_as_unknown_as_one_who_is_not_there(session):
    assert get_offers(session, customer_no="C01", grid_ids=[customer(session, "C01").grid_id]) == []
    for customer_no, grid_ids in (("C01", [customer(session, "C15").grid_id]), ("NOBODY", None)):
        with pytest.raises(UnknownCustomer):
            get_offers(session, customer_no=customer_no, grid_ids=grid_ids)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (OfferSettings(value_cap=0.0), "value_cap: expected a multiple of the median value above 0 and at most 1000, got 0.0"),
        (OfferSettings(value_cap=float("nan")), "value_cap: expected"),
        (OfferSettings(months_kept=0), "months_kept: expected a whole number from 1 to 120, got 0"),
        (OfferSettings(places=21), "places: expected a whole number from 1 to 20, got 21"),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(session, settings, said):
    with pytest.raises(Invalid) as refused:
        choose_offers(session, settings=settings, now=NOW)
    assert refused.value.detail.startswith(said)


def test_offers_follow_the_rankings_of_the_night(session):
    people = make_market(session, count=40, contacted=0)
    keep(session)
    rank_all(session, now=NOW)
    found = choose_offers(session, now=NOW)
    scores = score(small_ranker(), people)
    worth = scores * 40 - 2 > 0
    first = [find_offers(session, customer_id) for customer_id in people["customer_id"]]
    assert [bool(offers) for offers in first] == worth.tolist()
    assert [offers[0].score for offers in first if offers] == pytest.approx(scores[worth].tolist(), rel=1e-5)
    assert found["best_for"]["FTTH1"] == found["customers"]
