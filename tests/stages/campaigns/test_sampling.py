"""The planner's sample: drawn once, with what lists ask, so that its counts are those of the preview."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.sampling import drawing
from app.campaigns.sampling.drawing import draw_sample, draw_sample_if_due
from app.campaigns.sampling.queries import NoSample, get_sample
from app.core.errors import Invalid
from app.core.storage import storage_of
from app.dispatch.preview.preview import preview_now
from app.models.campaign import Product
from app.models.customer import ContactPreference, Holding, PastContact
from app.models.planning import PlanningSample
from app.reports.planning.list_counts import count_list
from tests.factories import NOW, TODAY, customer, get, make_scores

ALL = [f"C{number:02d}" for number in range(1, 16)]
NOTHING = Decimal(0)


def counted(session, **wanted):
    given = {"product_code": "FTTH1", "control_share": NOTHING, "exploration_share": NOTHING, **wanted}
    return count_list(session, wanted=given, holdout_share=NOTHING, now=NOW)


def left(found):
    return {step.step: step.left.about for step in found.steps}


@pytest.fixture
def ranked(session):
    """All fifteen ranked for FTTH1; two own it, one refused calls, one has no telephone, one was contacted ten days ago."""
    make_scores(session, ALL)
    product = get(session, Product, product_code="FTTH1")
    for name in ("C01", "C02"):
        session.add(Holding(customer_id=customer(session, name).id, product_id=product.id, from_date=TODAY - timedelta(days=90)))
    session.add(
        ContactPreference(
            customer_id=customer(session, "C03").id, scope="all", status="refused", recorded_at=NOW - timedelta(days=5)
        )
    )
    customer(session, "C04").phone = None
    session.add(
        PastContact(
            contact_no="1",
            customer_id=customer(session, "C05").id,
            product_id=product.id,
            contacted_at=NOW - timedelta(days=10),
            channel="call",
            outcome="no_answer",
        )
    )
    session.flush()
    draw_sample(session, now=NOW)
    return session


def test_a_company_that_is_small_is_counted_whole_and_exactly_as_its_preview(ranked):
    found = counted(ranked, minimum_score=0.0)
    assert (found.exact, found.sampled, found.customers) == (True, 15, 15)
    none = {"control_share": NOTHING, "exploration_share": NOTHING}
    options = CampaignOptions("NEW", "New", "FTTH1", TODAY, TODAY + timedelta(days=9), minimum_score=0.0, **none)
    create_campaign(ranked, options=options, holdout_share=NOTHING, now=NOW)
    reach = preview_now(ranked, campaign_code="NEW", now=NOW).figures["reach"]
    lost = {step.step: step.lost.about for step in found.steps if step.lost.about}
    placed = {"dispatched", "over_capacity", "no_active_manager"}
    assert lost == {name: count for name, count in reach.items() if name not in placed}
    assert set(lost) >= {"already_owns", "do_not_disturb", "invalid", "contacted_too_recently"}
    assert found.eligible.about == sum(count for name, count in reach.items() if name in placed)


def test_a_change_of_the_rule_moves_the_count(ranked):
    assert left(counted(ranked, unit_code="B2"))["everybody"] == 1
    assert left(counted(ranked, list_rule={"grid": "G12"}))["list_rule"] == 4
    assert left(counted(ranked, list_rule={"segment": "home"}))["list_rule"] == 15
    assert counted(ranked, channel="visit").eligible.about == counted(ranked).eligible.about + 1
    recent = [left(counted(ranked, rest_days=days)).get("contacted_too_recently") for days in (7, 14)]
    assert (recent[0], recent[1] is not None) == (None, True)


def test_a_list_that_is_full_says_where_it_ends_and_what_its_scores_promise(ranked):
    found = counted(ranked, list_size=3)
    assert (found.listed.about, found.listed.low, found.listed.high) == (3, 3, 3)
    assert found.ends_at_score == pytest.approx(0.83)
    assert found.successes == pytest.approx(0.85 + 0.84 + 0.83, abs=0.06)
    whole = counted(ranked, list_size=100)
    assert (whole.listed, whole.ends_at_score) == (whole.eligible, None)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"product_code": "NONE"}, "product_code"),
        ({"unit_code": "G11"}, "unit_code"),
        ({"list_rule": {"feature": "nothing", "at_least": 1}}, "list_rule"),
        ({"list_rule": {"segment": []}}, "list_rule.segment"),
        ({"control_share": Decimal(2)}, "control_share"),
    ],
)
def test_a_rule_that_cannot_be_counted_names_its_field(ranked, wanted, field):
    with pytest.raises(Invalid) as refused:
        counted(ranked, **wanted)
    assert refused.value.field == field


def test_a_part_is_counted_about_and_with_an_interval(ranked):
    draw_sample(ranked, most=6, now=NOW)
    found = counted(ranked)
    assert (found.exact, found.sampled, found.customers) == (False, 6, 15)
    first = found.steps[0]
    assert (first.left.about, found.eligible.low <= found.eligible.about <= found.eligible.high) == (15, True)


def test_the_same_customers_are_drawn_every_time(ranked):
    draws = []
    for _ in range(2):
        draw_sample(ranked, most=6, now=NOW)
        draws.append(storage_of(ranked).read_table(get_sample(ranked).path)["customer_id"].to_pylist())
    assert draws[0] == draws[1]


def test_the_sample_is_drawn_where_there_is_none_after_a_ranking_and_once_a_day(session):
    with pytest.raises(NoSample):
        get_sample(session)
    assert draw_sample_if_due(session, now=NOW) == {"customers": 15, "sampled": 15}
    assert draw_sample_if_due(session, now=NOW + timedelta(hours=25)) == {}
    make_scores(session, ALL)
    assert draw_sample_if_due(session, now=NOW + timedelta(hours=1))["sampled"] == 15
    assert draw_sample_if_due(session, now=NOW + timedelta(hours=1)) == {}
    assert draw_sample_if_due(session, now=NOW + timedelta(hours=1) + drawing.STALE)["sampled"] == 15
    assert len(session.scalars(select(PlanningSample)).all()) == 1


def test_no_sample_has_more_customers_than_there_are(session):
    values = {"as_of": TODAY, "drawn_at": NOW, "path": "samples/none", "by_branch": {}, "figures": {}}
    session.add(PlanningSample(customers=1, sampled=2, **values))
    with pytest.raises(IntegrityError, match="ck_planning_samples_sampled"):
        session.flush()


def test_without_a_ranking_the_rule_is_counted_all_the_same(session):
    draw_sample(session, now=NOW)
    found = counted(session, list_rule={"grid": "G11"})
    assert (left(found), found.eligible, found.listed) == ({"everybody": 15, "list_rule": 10}, None, None)
