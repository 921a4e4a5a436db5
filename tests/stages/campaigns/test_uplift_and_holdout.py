"""Whom no list contacts though nothing else speaks against it: negative uplift and the permanent holdout; and lists by tags."""

from decimal import Decimal

import pytest
from sqlalchemy import select, update

from app.campaigns.eligibility import first_reason, is_control, is_held_out
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.queries import facts_of_customer
from app.campaigns.service import schedule_campaign
from app.centre.definitions import TagOptions
from app.centre.service import define_tag, retire_tag
from app.core.errors import Invalid
from app.dispatch.explaining.explanation import explain_customer
from app.dispatch.run.balance import WATERFALL
from app.dispatch.service import dispatch_campaign
from app.models.campaign import Campaign, CampaignStatus, CampaignTarget, Draw
from app.models.centre import CustomerTag, TagDefinition
from app.models.score import CustomerScore
from app.models.work_order import WorkOrder
from tests.factories import NOW, TODAY, customer, make_campaign, make_scores

ALL = [f"C{number:02d}" for number in range(1, 16)]
HALF = Decimal("0.5")
HELD_OUT = {customer_no for customer_no in ALL if is_held_out(customer_no, HALF)}


def _approved(session, **overrides):
    values = {"control_share": Decimal(0), "exploration_share": Decimal(0), "status": CampaignStatus.APPROVED, "rest_days": 0}
    return make_campaign(session, **(values | overrides))


def _with_uplift(session, by_customer):
    """A ranking of these customers, in this order, with this uplift."""
    run = make_scores(session, by_customer)
    for customer_no, uplift in by_customer.items():
        row = update(CustomerScore).where(
            CustomerScore.scoring_run_id == run.id, CustomerScore.customer_id == customer(session, customer_no).id
        )
        session.execute(row.values(uplift=uplift))
    session.expire_all()


def _draw(session, campaign):
    counts = schedule_campaign(session, campaign_code=campaign.code, now=NOW)
    rows = session.scalars(select(CampaignTarget).where(CampaignTarget.campaign_id == campaign.id).order_by(CampaignTarget.rank))
    return counts, list(rows)


def _numbers(session, targets):
    by_id = {customer(session, customer_no).id: customer_no for customer_no in ALL}
    return [by_id[target.customer_id] for target in targets]


def _dispatch(session, campaign):
    campaign.status, campaign.opened_at = CampaignStatus.RUNNING, NOW
    session.flush()
    return dispatch_campaign(session, campaign_code=campaign.code, now=NOW)


def test_whom_a_contact_would_put_off_is_passed_over_however_much_room_there_is(session):
    _with_uplift(session, {"C05": 0.2, "C06": 0.0, "C07": -0.001, "C08": None})
    counts, targets = _draw(session, campaign := _approved(session))
    assert [target.reason for target in targets] == [None, None, "negative_uplift", None]
    assert [target.uplift for target in targets] == [pytest.approx(0.2), 0.0, pytest.approx(-0.001), None]
    assert counts == {"negative_uplift": 1, "undecided": 3}
    facts = facts_of_customer(session, campaign, customer(session, "C07").id, day=TODAY)
    assert first_reason(facts) == "negative_uplift"


def test_the_explored_are_drawn_among_the_others_alone(session):
    _with_uplift(session, {customer_no: 0.1 if number < 6 else -0.1 for number, customer_no in enumerate(ALL)})
    _, targets = _draw(session, _approved(session, list_size=8, exploration_share=HALF))
    drawn = [target for target in targets if target.draw is Draw.EXPLORED]
    assert len(drawn) == 2
    assert all(target.uplift > 0 for target in drawn)
    assert [target.selection_probability for target in drawn] == [1.0, 1.0]


def test_a_dispatch_asks_again_and_its_waterfall_balances(session):
    _with_uplift(session, {"C05": 0.2, "C06": 0.1, "C07": -0.1})
    _draw(session, campaign := _approved(session))
    late = update(CampaignTarget).where(CampaignTarget.customer_id == customer(session, "C06").id)
    session.execute(late.values(uplift=-0.2))
    found = _dispatch(session, campaign)
    assert found["waterfall"] == dict.fromkeys(WATERFALL, 0) | {"dispatched": 1, "negative_uplift": 2}
    standing = explain_customer(session, customer_no="C07", campaign_code=campaign.code, grid_ids=None, now=NOW).campaigns[0]
    assert any("a contact is expected to make an order less likely" in sentence for sentence in standing.sentences)
    assert any("by what a contact is expected to change: -10.0 points." in sentence for sentence in standing.sentences)


def test_the_held_out_are_those_of_the_hash_in_every_campaign(session):
    make_scores(session, ALL)
    assert 0 < len(HELD_OUT) < len(ALL)
    for seed in (1, 2):
        campaign = _approved(session, holdout_share=HALF, seed=seed, list_size=15)
        _, targets = _draw(session, campaign)
        held_out = [target for target in targets if target.reason == "permanent_holdout"]
        assert set(_numbers(session, held_out)) == HELD_OUT
        assert {target.selection_probability for target in targets} == {0.5}
        found = _dispatch(session, campaign)
        assert found["waterfall"]["permanent_holdout"] == len(HELD_OUT)
        ordered = session.scalars(select(WorkOrder.customer_id).where(WorkOrder.campaign_id == campaign.id)).all()
        assert not {customer(session, customer_no).id for customer_no in HELD_OUT} & set(ordered)


def test_the_held_out_are_no_controls_and_the_others_may_be(session):
    make_scores(session, ALL)
    _, targets = _draw(session, _approved(session, holdout_share=HALF, control_share=HALF, list_size=15))
    for customer_no, target in zip(_numbers(session, targets), targets, strict=True):
        control = "control" if is_control(7, customer_no, HALF) else None
        assert target.reason == ("permanent_holdout" if customer_no in HELD_OUT else control)


def test_a_campaign_keeps_the_holdout_that_was_set_when_it_was_planned(session):
    options = CampaignOptions("HELD", "Held", "FTTH1", TODAY, TODAY, list_size=5)
    assert create_campaign(session, options=options, now=NOW).holdout_share == Decimal("0.01")
    other = CampaignOptions("MORE", "More", "FTTH1", TODAY, TODAY, list_size=5)
    campaign = create_campaign(session, options=other, holdout_share=HALF, now=NOW)
    session.expire_all()
    assert session.get_one(Campaign, campaign.id).holdout_share == HALF


def _bear(session, code, customer_nos):
    rows = {"code": code, "version": 1, "name_zh": code, "name_en": code, "rule": {}, "owner": "x", "created_at": NOW}
    tag = TagDefinition(**rows)
    session.add(tag)
    session.flush()
    session.add_all(CustomerTag(tag_id=tag.id, customer_id=customer(session, no).id, since=TODAY) for no in customer_nos)
    session.flush()


def test_a_list_is_made_of_those_who_bear_all_tags_asked_for_and_none_of_the_others(session):
    make_scores(session, ALL)
    customer(session, "C03").tags = ["vip", "blue"]
    customer(session, "C04").tags = ["vip"]
    customer(session, "C06").tags = ["vip"]
    _bear(session, "loyal", ["C03", "C04", "C05"])
    _bear(session, "tired", ["C04"])
    _bear(session, "gone", ["C03", "C06"])
    retire_tag(session, code="gone", now=NOW)
    changed = TagOptions("loyal", "loyal", "loyal", {"segment": "another"}, "x")
    assert define_tag(session, options=changed, now=NOW).version == 2  # its members are the last ones until the night
    for required, excluded, expected in (
        (["vip"], [], ["C03", "C04", "C06"]),
        (["vip", "loyal"], [], ["C03", "C04"]),
        (["loyal"], ["tired"], ["C03", "C05"]),
        (["loyal"], ["vip"], ["C05"]),
        (["gone"], [], []),
    ):
        _, targets = _draw(session, _approved(session, list_size=15, required_tags=required, excluded_tags=excluded))
        assert _numbers(session, targets) == expected, (required, excluded)


def test_a_tag_that_nobody_knows_is_refused_by_name(session):
    _bear(session, "loyal", [])
    for name in ("required_tags", "excluded_tags"):
        options = CampaignOptions("T", "T", "FTTH1", TODAY, TODAY, list_size=5, **{name: ["loyal", "lojal"]})
        with pytest.raises(Invalid, match=f"{name}.*none called lojal"):
            create_campaign(session, options=options, now=NOW)
