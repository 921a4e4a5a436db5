"""Planning a campaign and drawing its list."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.campaigns.eligibility import draws_of, first_reason, is_control
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import CampaignCodeTaken, create_campaign
from app.campaigns.queries import facts_of_customer
from app.campaigns.service import (
    NoScores,
    schedule_campaign,
)
from app.core.draws import draw_key
from app.core.errors import Invalid
from app.models.campaign import CampaignStatus, CampaignTarget, Draw, Product, ProductKind
from app.models.customer import Arm, ContactPreference, Holding, Order, PastContact, PreferenceStatus
from app.models.work_order import WorkOrderState
from tests.factories import NOW, TODAY, customer, get, make_campaign, make_scores, make_work_order

ALL = [f"C{number:02d}" for number in range(1, 16)]
OPTIONS = CampaignOptions("AUTUMN", "Autumn", "FTTH1", TODAY, TODAY + timedelta(days=9), list_size=5)


def _approved(session, **overrides):
    values = {"control_share": Decimal(0), "exploration_share": Decimal(0), "status": CampaignStatus.APPROVED}
    return make_campaign(session, **(values | overrides))


def _draw(session, campaign):
    counts = schedule_campaign(session, campaign_code=campaign.code, now=NOW)
    rows = session.scalars(select(CampaignTarget).where(CampaignTarget.campaign_id == campaign.id).order_by(CampaignTarget.rank))
    return counts, list(rows)


def _refuse(session, customer_no, scope="all", *, until=None, status=PreferenceStatus.REFUSED):
    row = ContactPreference(
        customer_id=customer(session, customer_no).id, scope=scope, status=status, recorded_at=NOW, until=until
    )
    session.add(row)
    session.flush()


def _own(session, customer_no, product_code="FTTH1", to_date=None):
    product = get(session, Product, product_code=product_code)
    row = Holding(
        customer_id=customer(session, customer_no).id, product_id=product.id, from_date=date(2025, 1, 1), to_date=to_date
    )
    session.add(row)
    session.flush()


def _order(session, customer_no, days_ago, *, cancelled=False):
    product = get(session, Product, product_code="FTTH2")
    at = NOW - timedelta(days=days_ago)
    session.add(
        Order(
            order_no=f"{customer_no}-{days_ago}",
            customer_id=customer(session, customer_no).id,
            product_id=product.id,
            ordered_at=at,
            cancelled_at=at if cancelled else None,
        )
    )
    session.flush()


def _contact(session, customer_no, days_ago, *, product_code="FTTH2", arm=None):
    product = get(session, Product, product_code=product_code)
    session.add(
        PastContact(
            contact_no=f"{customer_no}-{days_ago}",
            customer_id=customer(session, customer_no).id,
            product_id=product.id,
            contacted_at=NOW - timedelta(days=days_ago),
            arm=arm,
        )
    )
    session.flush()


def _without_phone(session, customer_no):
    customer(session, customer_no).phone = None
    session.flush()


AGAINST = {
    "no phone": (_without_phone, {}, "invalid"),
    "all refused": (_refuse, {}, "do_not_disturb"),
    "calls refused": (_refuse, {"scope": "call"}, "do_not_disturb"),
    "the family refused": (_refuse, {"scope": "broadband"}, "do_not_disturb"),
    "refused until today": (_refuse, {"until": TODAY}, "do_not_disturb"),
    "refused until yesterday": (_refuse, {"until": TODAY - timedelta(days=1)}, None),
    "visits refused": (_refuse, {"scope": "visit"}, None),
    "another family refused": (_refuse, {"scope": "tv"}, None),
    "allowed": (_refuse, {"status": PreferenceStatus.ALLOWED}, None),
    "holds it": (_own, {}, "already_owns"),
    "holds another of the family": (_own, {"product_code": "FTTH2"}, "already_owns"),
    "held it until today": (_own, {"to_date": TODAY}, "already_owns"),
    "held it until yesterday": (_own, {"to_date": TODAY - timedelta(days=1)}, None),
    "holds another family": (_own, {"product_code": "TV1"}, None),
    "ordered it this year": (_order, {"days_ago": 300}, "already_owns"),
    "ordered it and cancelled": (_order, {"days_ago": 300, "cancelled": True}, None),
    "ordered it long ago": (_order, {"days_ago": 400}, None),
    "contacted a month ago": (_contact, {"days_ago": 30}, "contacted_too_recently"),
    "contacted earlier": (_contact, {"days_ago": 31}, None),
    "contacted for another family": (_contact, {"days_ago": 3, "product_code": "TV1"}, None),
    "not contacted, being a control": (_contact, {"days_ago": 3, "arm": Arm.CONTROL}, None),
}


@pytest.mark.parametrize(("do", "how", "reason"), AGAINST.values(), ids=AGAINST)
def test_what_speaks_against_a_customer(session, do, how, reason):
    make_scores(session, ["C05"])
    do(session, "C05", **how)
    campaign = _approved(session)
    _, (target,) = _draw(session, campaign)
    assert target.reason == reason
    assert first_reason(facts_of_customer(session, campaign, target.customer_id, day=TODAY)) == reason


def test_a_live_work_order_of_another_campaign_locks_and_a_done_one_rests(session):
    make_work_order(session, customer_no="C04")
    make_work_order(session, customer_no="C05", state=WorkOrderState.DONE, closed_at=NOW - timedelta(days=2))
    make_work_order(session, customer_no="C06", state=WorkOrderState.EXPIRED, closed_at=NOW - timedelta(days=2))
    tv = make_campaign(session, product_code="TV1")
    make_work_order(session, campaign=tv, customer_no="C07")
    make_scores(session, ["C04", "C05", "C06", "C07"])
    _, targets = _draw(session, _approved(session))
    assert [target.reason for target in targets] == ["locked_by_other_campaign", "contacted_too_recently", None, None]


def test_a_campaign_without_rest_asks_nobody_when_the_last_contact_was(session):
    _contact(session, "C05", 14)  # earlier than that the company's policy does
    make_scores(session, ["C05"])
    _, (target,) = _draw(session, _approved(session, rest_days=0))
    assert target.reason is None


@pytest.mark.parametrize("kind", [ProductKind.RETENTION, ProductKind.CARE])
def test_only_who_holds_it_is_asked_to_keep_it(session, kind):
    get(session, Product, product_code="FTTH1").kind = kind
    _own(session, "C05")
    _order(session, "C05", 10)
    make_scores(session, ["C05", "C06"])
    _, targets = _draw(session, _approved(session))
    assert [target.reason for target in targets] == [None, "invalid"]


def test_only_who_held_it_and_holds_it_no_longer_is_won_back(session):
    get(session, Product, product_code="FTTH1").kind = ProductKind.WIN_BACK
    _own(session, "C05", to_date=TODAY - timedelta(days=1))
    _own(session, "C06")
    make_scores(session, ["C05", "C06", "C07"])
    _, targets = _draw(session, _approved(session))
    assert [target.reason for target in targets] == [None, "invalid", "invalid"]


def test_who_is_sold_more_may_hold_something_of_the_family_but_not_the_very_product(session):
    _own(session, "C05", "FTTH1")
    _own(session, "C06", "FTTH2")
    make_scores(session, ["C05", "C06"], product_code="FTTH2")
    _, targets = _draw(session, _approved(session, product_code="FTTH2"))
    assert [target.reason for target in targets] == [None, "already_owns"]


def test_a_visit_needs_an_address_or_a_position(session):
    for customer_no, address, latitude in (("C05", None, None), ("C06", None, 39.0), ("C07", "here", None)):
        row = customer(session, customer_no)
        row.address, row.latitude, row.phone = address, latitude, None
    session.flush()
    make_scores(session, ["C05", "C06", "C07"])
    _, targets = _draw(session, _approved(session, channel="visit"))
    assert [target.reason for target in targets] == ["invalid", None, None]


def test_the_walk_goes_from_the_best_down_until_enough_can_be_contacted(session):
    make_scores(session, ALL)
    _refuse(session, "C02")
    _refuse(session, "C04")
    campaign = _approved(session, list_size=3)
    counts, targets = _draw(session, campaign)
    assert [(target.rank, target.reason) for target in targets] == [
        (1, None),
        (2, "do_not_disturb"),
        (3, None),
        (4, "do_not_disturb"),
        (5, None),
    ]
    assert counts == {"do_not_disturb": 2, "undecided": 3}
    assert campaign.status is CampaignStatus.SCHEDULED


def test_a_minimum_score_takes_everybody_from_there_up(session):
    make_scores(session, ALL)
    _refuse(session, "C04")
    counts, targets = _draw(session, _approved(session, list_size=None, minimum_score=0.87))
    assert [target.rank for target in targets] == [1, 2, 3, 4]
    assert counts == {"do_not_disturb": 1, "undecided": 3}


@pytest.mark.parametrize("how", [{"list_size": 6}, {"list_size": None, "minimum_score": 0.88}])
def test_the_explored_are_drawn_from_the_rest_with_their_probability(session, how):
    make_scores(session, ALL)
    _refuse(session, "C15")
    campaign = _approved(session, exploration_share=Decimal("0.5"), **how)
    _, targets = _draw(session, campaign)
    explored = [target for target in targets if target.draw is Draw.EXPLORED]
    assert [target.rank for target in targets if target.draw is Draw.RANKED] == [1, 2, 3]
    by_hash = sorted((draws_of(7, "explore", draw_key(no))[0], no) for no in ALL[3:14])
    assert {target.customer_id for target in explored} == {customer(session, no).id for _, no in by_hash[:3]}
    assert [target.selection_probability for target in explored] == [pytest.approx(3 / 11)] * 3


def test_controls_are_passed_over_and_are_those_of_the_hash(session):
    make_scores(session, ALL)
    campaign = _approved(session, control_share=Decimal("0.4"), list_size=6)
    _, targets = _draw(session, campaign)
    controls = {target.customer_id for target in targets if target.reason == "control"}
    numbers = {customer(session, no).id: no for no in ALL}
    assert controls == {target.customer_id for target in targets if is_control(7, numbers[target.customer_id], Decimal("0.4"))}
    assert 0 < len(controls) < len(targets)
    assert [target.selection_probability for target in targets] == [pytest.approx(0.6)] * len(targets)


def test_somebody_with_another_reason_is_no_control(session):
    make_scores(session, ALL)
    for customer_no in ALL:
        _refuse(session, customer_no)
    counts, _ = _draw(session, _approved(session, control_share=Decimal("0.9")))
    assert counts == {"do_not_disturb": 15}


def test_the_newest_ranking_counts(session):
    make_scores(session, ["C01"])
    newest = make_scores(session, ["C02"])
    campaign = _approved(session)
    _, (target,) = _draw(session, campaign)
    assert target.customer_id == customer(session, "C02").id
    assert campaign.scoring_run_id == newest.id


def test_without_a_ranking_nothing_is_drawn(session):
    campaign = _approved(session)
    with pytest.raises(NoScores), session.begin_nested():
        schedule_campaign(session, campaign_code=campaign.code, now=NOW)
    assert campaign.status is CampaignStatus.APPROVED


def test_a_campaign_takes_what_is_not_said_from_its_product(session):
    campaign = create_campaign(session, options=OPTIONS, now=NOW)
    assert (campaign.status, campaign.product_family, campaign.attribution_days, campaign.maturity_days) == (
        "draft",
        "broadband",
        3,
        2,
    )
    assert (campaign.control_share, campaign.exploration_share, campaign.rest_days, campaign.channel) == (
        Decimal("0.05"),
        Decimal("0.02"),
        30,
        "call",
    )


def test_a_code_is_given_once_and_a_product_must_exist(session):
    create_campaign(session, options=OPTIONS, now=NOW)
    with pytest.raises(CampaignCodeTaken):
        create_campaign(session, options=OPTIONS, now=NOW)
    with pytest.raises(Invalid, match="product_code"):
        create_campaign(session, options=CampaignOptions("B", "B", "NONE", TODAY, TODAY, list_size=1), now=NOW)
