"""From contacts and controls to a list by uplift: trained, ranked, drawn and dispatched."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from sqlalchemy import select, text, update

from app.campaigns.service import schedule_campaign
from app.dispatch.service import dispatch_campaign
from app.models.campaign import CampaignStatus, CampaignTarget, Product
from app.models.customer import PastContact
from app.models.score import CustomerScore, Ordering, RankerStatus
from app.scoring.bulk import write_frame
from app.scoring.learning.encoding import encode
from app.scoring.learning.ranker import score
from app.scoring.ranking import rank_customers
from app.scoring.store import keep_ranker, load_ranker
from app.scoring.training import train_ranker
from app.scoring.uplift.learners import Sample
from app.scoring.uplift.part import fit_part, score_uplift
from app.scoring.uplift.report import UpliftReport
from tests.factories import NOW, TODAY, get, make_campaign
from tests.stages.scoring.market import FIRST_CONTACT, FIRST_ID, figures, keep, make_market, small_ranker


def _sleeping_dogs(session, count):
    """A market of which half was left alone: a contact wins those on the family plan and puts off the others."""
    people = make_market(session, count=count)
    draws = np.random.default_rng(5)
    treated = draws.random(count) < 0.5
    family = (people["plan"] == "family").to_numpy()
    base = 0.2 + 0.6 / (1 + np.exp(-4 * people["usage"].to_numpy()))
    buys = draws.random(count) < base + treated * np.where(family, 0.2, -0.2)
    ids = people["customer_id"].to_numpy()
    left_alone = update(PastContact).where(PastContact.customer_id.in_(ids[~treated].tolist()))
    session.execute(left_alone.values(arm="control").execution_options(synchronize_session=False))
    session.execute(text("DELETE FROM orders"))
    bought = pl.DataFrame({"customer_id": ids[buys]}).with_columns(
        order_no=pl.format("U{}", "customer_id"),
        product_id=pl.lit(get(session, Product, product_code="FTTH1").id),
        ordered_at=pl.lit(FIRST_CONTACT + timedelta(days=31)),
    )
    write_frame(session, "orders", bought)
    return people.with_columns(family=pl.Series(family))


def _rows(session, run_id):
    rows = select(CustomerScore).where(CustomerScore.scoring_run_id == run_id).order_by(CustomerScore.rank)
    return list(session.scalars(rows))


def test_who_is_won_comes_first_and_who_is_put_off_is_never_dispatched(session):
    people = _sleeping_dogs(session, 1_600)
    version = train_ranker(session, product_code="FTTH1", seed=1, label_window_days=40, now=NOW)
    report = UpliftReport.from_dict(version.report["uplift"])
    assert (version.ordering, report.chosen) == (Ordering.UPLIFT, "uplift"), report.reason
    assert 1_500 < report.treated + report.control <= 1_600
    version.status = RankerStatus.CHAMPION
    found = rank_customers(session, product_code="FTTH1", top=5, now=NOW)
    rows = [row for row in _rows(session, found["run"]) if row.customer_id >= FIRST_ID]
    uplift = [row.uplift for row in rows]
    assert uplift == sorted(uplift, reverse=True)
    family = dict(zip(people["customer_id"], people["family"], strict=True))
    assert np.mean([family[row.customer_id] for row in rows[:400]]) > 0.95
    assert np.mean([family[row.customer_id] for row in rows[-400:]]) < 0.05
    session.execute(text("UPDATE customers SET phone = '1'"))
    campaign = make_campaign(
        session,
        status=CampaignStatus.APPROVED,
        list_size=1_600,
        rest_days=0,
        control_share=Decimal(0),
        exploration_share=Decimal(0),
    )
    schedule_campaign(session, campaign_code=campaign.code, now=NOW)
    campaign.status = CampaignStatus.RUNNING
    session.flush()
    waterfall = dispatch_campaign(session, campaign_code=campaign.code, now=NOW)["waterfall"]
    assert sum(waterfall.values()) == 1_600 + 15
    assert waterfall["negative_uplift"] > 300
    targets = select(CampaignTarget).where(CampaignTarget.campaign_id == campaign.id, CampaignTarget.uplift < 0)
    assert {target.reason for target in session.scalars(targets)} <= {"negative_uplift", "already_owns"}


def test_contacts_without_controls_are_ranked_by_propensity_and_the_report_says_why(session):
    make_market(session, count=200)
    version = train_ranker(session, product_code="FTTH1", seed=1, allow=["usage"], now=NOW)
    assert version.ordering is Ordering.PROPENSITY
    assert load_ranker(version).uplift is None
    assert version.report["uplift"]["reason"].startswith("Propensity is used: nobody was kept back")


@pytest.fixture
def part():
    """Uplift by plan alone, on the matrix of the small ranker."""
    people, draws = figures(2_000, 9), np.random.default_rng(9)
    encoding = small_ranker().encoding
    treated = draws.random(2_000) < 0.5
    family = (people["plan"] == "family").to_numpy()
    labels = draws.random(2_000) < 0.4 + treated * np.where(family, 0.3, -0.3)
    sample = Sample(
        matrix=encode(people, encoding),
        labels=labels.astype(float),
        treated=treated,
        weights=np.ones(2_000),
        chance=np.full(2_000, 0.5),
        groups=np.arange(2_000),
        text_positions=tuple(encoding.text_positions),
    )
    return fit_part(sample, "t", seed=1, bags=1)


def test_the_stored_part_gives_the_uplift_and_the_rank_and_leaves_the_score_alone(session, part):
    people = make_market(session, count=40)
    ranker = replace(small_ranker(), uplift=part)
    product = get(session, Product, product_code="FTTH1")
    version = keep_ranker(
        session, ranker, product_id=product.id, as_of=TODAY, label_window_days=30, ordering=Ordering.UPLIFT, now=NOW
    )
    assert load_ranker(version) == ranker
    version.status = RankerStatus.CHAMPION
    rows = [
        row
        for row in _rows(session, rank_customers(session, product_code="FTTH1", now=NOW)["run"])
        if row.customer_id >= FIRST_ID
    ]
    by_id = {row.customer_id: row for row in rows}
    expected = score_uplift(part, encode(people, ranker.encoding))
    ids = people["customer_id"].to_list()
    np.testing.assert_allclose([by_id[each].uplift for each in ids], expected, rtol=1e-6)
    np.testing.assert_allclose([by_id[each].score for each in ids], score(ranker, people), rtol=1e-6)
    order = np.lexsort((ids, -expected))
    assert [row.customer_id for row in rows] == [ids[place] for place in order]


def test_a_ranker_without_the_part_gives_no_uplift(session):
    make_market(session, count=20)
    keep(session)
    assert {row.uplift for row in _rows(session, rank_customers(session, product_code="FTTH1", now=NOW)["run"])} == {None}
