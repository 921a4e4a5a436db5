"""Reasons of a ranking: in the operator's words, with the line they lead to, and the same in a customer's view."""

from sqlalchemy import select

from app.centre.definitions import FeatureWords, TalkTrackText
from app.centre.service import describe_features, set_talk_tracks
from app.models.customer import Customer
from app.models.score import CustomerScore, ScoringRun
from app.reports.customer_360 import view_customer_whole
from app.scoring.ranking import rank_customers
from tests.factories import NOW
from tests.stages.scoring.market import keep, make_market


def ranked(session, **options):
    make_market(session, count=60)
    keep(session)
    describe_features(session, words=[FeatureWords("usage", "用量", "Traffic", "GB", "GB")])
    set_talk_tracks(session, lines=[TalkTrackText("FTTH1", "usage", "您用得多", "You use much")])
    run_id = rank_customers(session, product_code="FTTH1", now=NOW, top=75, **options)["run"]
    statement = select(CustomerScore).where(CustomerScore.scoring_run_id == run_id).order_by(CustomerScore.rank)
    return list(session.scalars(statement))


def test_the_operators_words_and_lines_are_stored_with_the_ranking(session):
    rows = ranked(session)
    best = next(reason for reason in rows[0].reasons if reason["feature"] == "usage")
    assert best["zh"].startswith("用量：")
    assert " GB, more than most customers" in best["en"]
    assert best["talk_track"] == {"zh": "您用得多", "en": "You use much"}
    said = [reason for row in rows for reason in row.reasons]
    assert any(reason["contribution"] < 0 for reason in said)
    for reason in said:
        leads = reason["feature"] == "usage" and reason["contribution"] > 0
        assert ("talk_track" in reason) == leads
        assert ("against" in reason["en"]) == (reason["contribution"] < 0)


def test_a_customers_view_finds_rank_and_reasons_in_the_files_of_his_branch(session):
    rows = ranked(session)
    run = session.scalars(select(ScoringRun)).one()
    assert run.folder is not None
    for row in (rows[0], rows[-1]):
        number = session.scalar(select(_number(row.customer_id)))
        (place,) = view_customer_whole(session, customer_no=number, now=NOW)["scores"]
        assert (place["rank"], place["reasons"]) == (row.rank, row.reasons)


def test_a_view_is_given_though_the_files_of_a_ranking_are_gone(session):
    rows = ranked(session)
    session.scalars(select(ScoringRun)).one().folder = "scores/nowhere"
    session.flush()
    number = session.scalar(select(_number(rows[0].customer_id)))
    assert view_customer_whole(session, customer_no=number, now=NOW)["scores"] == []


def _number(customer_id):
    return select(Customer.customer_no).where(Customer.id == customer_id).scalar_subquery()
