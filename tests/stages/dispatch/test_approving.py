"""The preview of a campaign, and the capacity that its approval books."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update

from app.access.service import find_person
from app.campaigns.approval import revise_campaign
from app.campaigns.options import CampaignOptions
from app.campaigns.planning import create_campaign
from app.campaigns.queries import get_campaign
from app.campaigns.service import NoScores
from app.core.db import set_scope
from app.dispatch.preview.approving import DoesNotFit, approve_plan, submit_plan
from app.dispatch.preview.preview import kept_previews, preview_campaign
from app.dispatch.run.inputs import CampaignOver
from app.dispatch.service import dispatch_campaign
from app.dispatch.sweeps import end_campaign
from app.models.campaign import CampaignStatus
from app.models.campaign_life import CapacityBooking
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.organisation import Absence, Staff
from tests.factories import NOW, TODAY, customer, grid, make_scores, staff

ALL = [f"C{number:02d}" for number in range(1, 16)]
NEXT_MONDAY = TODAY + timedelta(days=7)


def _plan(session, code="AUTUMN", **overrides):
    values = {
        "list_size": 14,
        "control_share": Decimal(0),
        "exploration_share": Decimal(0),
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=2),
    }
    options = CampaignOptions(**({"code": code, "name": code, "product_code": "FTTH1"} | values | overrides))
    return create_campaign(session, options=options, holdout_share=Decimal(0), by=_person(session, "pia"), now=NOW)


def _person(session, login):
    return find_person(session, login=login, now=NOW)


def _submit(session, code="AUTUMN"):
    return submit_plan(session, campaign_code=code, by=_person(session, "pia"), now=NOW)


def _approve(session, code="AUTUMN"):
    return approve_plan(session, campaign_code=code, by=_person(session, "ada"), now=NOW)


def _bookings(session, code="AUTUMN"):
    statement = select(CapacityBooking).where(CapacityBooking.campaign_id == get_campaign(session, code).id)
    rows = session.scalars(statement.where(CapacityBooking.ended_at.is_(None)).order_by(CapacityBooking.id))
    return {(row.grid_id, row.week): row.contacts for row in rows}


def _capacity(session, **by_login):
    for login, capacity in by_login.items():
        session.execute(update(Staff).where(Staff.staff_no == login.upper()).values(daily_capacity=capacity))


@pytest.fixture
def ranked(session):
    """Everybody is ranked."""
    make_scores(session, ALL)


def test_a_preview_gives_the_reasons_that_the_run_then_gives(session, ranked):
    session.add(
        ContactPreference(customer_id=customer(session, "C03").id, scope="all", status=PreferenceStatus.REFUSED, recorded_at=NOW)
    )
    _capacity(session, ana=1, bo=0)
    _plan(session, control_share=Decimal("0.1"), fit="shrink")
    _submit(session)
    shown = preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures
    _approve(session)
    run = dispatch_campaign(session, campaign_code="AUTUMN", now=NOW)
    assert shown["reach"] == {reason: count for reason, count in run["waterfall"].items() if count}
    assert shown["reach"]["do_not_disturb"] == 1
    assert shown["reach"]["over_capacity"] > 0
    assert shown["contacts"] == run["new_work_orders"]


def test_a_preview_says_what_is_expected_with_intervals(session, ranked):
    _plan(session, list_size=10, budget=Decimal(100), minimum_volume=12)
    shown = preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures
    expected = sum((91 - rank) / 100 for rank in range(1, 11))
    assert shown["successes"]["expected"] == pytest.approx(expected, abs=0.01)
    assert 0 <= shown["successes"]["low"] < shown["successes"]["expected"] < shown["successes"]["high"] <= 10
    assert (shown["cost"], shown["contacts"]) == ("20.00", 10)
    assert Decimal(shown["gross"]["expected"]) == pytest.approx(Decimal(str(expected)) * 40, abs=Decimal("0.05"))
    assert Decimal(shown["value"]["expected"]) == Decimal(shown["gross"]["expected"]) - 20
    assert shown["budget"] == {"planned": "100.00", "needed": "20.00"}
    assert shown["minimum_volume"] == {"promised": 12, "reached": 10}


def test_a_preview_writes_nothing(session, ranked):
    _plan(session)
    before = session.scalar(text("SELECT count(*) FROM campaign_targets"))
    preview_campaign(session, campaign_code="AUTUMN", now=NOW)
    assert session.scalar(text("SELECT count(*) FROM campaign_targets")) == before == 0
    assert _bookings(session) == {}
    assert not session.dirty


def test_a_preview_shows_the_load_of_each_week_against_what_is_free(session, ranked):
    _capacity(session, ana=2, bo=0)
    _plan(session, unit_code="B1", starts_on=TODAY + timedelta(days=6), ends_on=NEXT_MONDAY + timedelta(days=3), list_size=10)
    shown = preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures
    own = [row for row in shown["load"] if row["grid"] == "G11"]
    assert [(row["week"], row["contacts"], row["free"]) for row in own] == [("2026-10-12", 2, 2), ("2026-10-19", 8, 8)]


def test_a_preview_names_whom_other_campaigns_reach_and_what_is_displaced(session, ranked):
    make_scores(session, ALL, product_code="TV1")
    _capacity(session, ana=2, bo=0, cy=2, dee=2)
    _plan(session, "OLD", product_code="TV1", list_size=6, strategic_weight=Decimal("0.1"))
    _submit(session, "OLD")
    _approve(session, "OLD")
    dispatch_campaign(session, campaign_code="OLD", now=NOW)
    _plan(session, "LATER", product_code="TV1", list_size=5, strategic_weight=Decimal("0.1"), fit="shrink",
          starts_on=NEXT_MONDAY, ends_on=NEXT_MONDAY)  # fmt: skip
    _submit(session, "LATER")
    _approve(session, "LATER")
    _plan(session, starts_on=NEXT_MONDAY, ends_on=NEXT_MONDAY, fit="shrink")
    shown = preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures
    assert [row["campaign"] for row in shown["overlap"]] == ["LATER"]  # OLD is over by then
    assert [row["campaign"] for row in shown["displaced"]] == ["LATER"]
    _plan(session, "NOW", fit="shrink", starts_on=TODAY, ends_on=NEXT_MONDAY)
    overlap = {row["campaign"]: row for row in preview_campaign(session, campaign_code="NOW", now=NOW).figures["overlap"]}
    assert overlap["OLD"]["family"] == "tv"
    assert overlap["OLD"]["customers"] > 0


def test_a_preview_says_what_other_days_would_do(session, ranked):
    session.add(Absence(staff_id=staff(session, "ana").id, from_date=NEXT_MONDAY, to_date=NEXT_MONDAY + timedelta(days=30)))
    session.flush()
    _capacity(session, bo=1)
    _plan(session, fit="shrink")
    moved = {row["days"]: row for row in preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures["moved"]}
    assert set(moved) == {-14, -7, 7, 14}
    assert (moved[-7]["first_day"], moved[-7]["last_day"], moved[-7]["contacts"]) == (None, "2026-10-07", 0)
    assert moved[7]["first_day"] == NEXT_MONDAY.isoformat()
    assert moved[7]["contacts"] < 14


def test_other_days_have_a_reach_a_value_and_what_they_displace(session, ranked):
    _capacity(session, ana=2, bo=0, cy=2, dee=2)
    _plan(session, "LATER", list_size=5, strategic_weight=Decimal("0.1"), fit="shrink",
          starts_on=NEXT_MONDAY, ends_on=NEXT_MONDAY)  # fmt: skip
    _submit(session, "LATER")
    _approve(session, "LATER")
    _plan(session, fit="shrink", starts_on=TODAY, ends_on=TODAY)
    shown = preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures
    moved = {row["days"]: row for row in shown["moved"]}
    assert shown["displaced"] == moved[14]["displaced"] == []
    assert [(row["campaign"], row["contacts"] > 0) for row in moved[7]["displaced"]] == [("LATER", True)]
    assert sum(moved[7]["reach"].values()) == sum(shown["reach"].values()) == 14
    assert moved[7]["reach"]["dispatched"] == moved[7]["contacts"]
    assert moved[14]["reach"] == shown["reach"]
    assert moved[14]["value"] == shown["value"]
    assert moved[14]["successes"] == shown["successes"]


def test_the_overlap_counts_an_approved_campaign_without_a_list_by_its_rule(session, ranked):
    make_scores(session, ALL, product_code="TV1")
    _plan(session, "EARLIER", product_code="TV1", list_size=4, minimum_score=0.5)
    _submit(session, "EARLIER")
    _approve(session, "EARLIER")
    session.add(
        ContactPreference(customer_id=customer(session, "C02").id, scope="tv", status=PreferenceStatus.REFUSED, recorded_at=NOW)
    )
    session.flush()
    _plan(session, list_size=10)
    shown = preview_campaign(session, campaign_code="AUTUMN", now=NOW).figures
    assert [(row["campaign"], row["status"], row["customers"]) for row in shown["overlap"]] == [("EARLIER", "approved", 4)]
    assert not session.scalar(text("SELECT count(*) FROM campaign_targets"))


def test_what_was_shown_is_kept_with_the_submission_and_the_approval(session, ranked):
    _plan(session)
    _submit(session)
    session.add(
        ContactPreference(customer_id=customer(session, "C01").id, scope="all", status=PreferenceStatus.REFUSED, recorded_at=NOW)
    )
    session.flush()
    _approve(session)
    kept = kept_previews(session, campaign_code="AUTUMN")
    assert [(each.shown_for, each.version) for each in kept] == [("submit", 1), ("approve", 1)]
    assert "do_not_disturb" not in kept[0].figures["reach"]
    assert kept[1].figures["reach"]["do_not_disturb"] == 1


def test_nobody_asks_for_approval_of_what_cannot_be_foreseen(session):
    _plan(session)
    with pytest.raises(NoScores):
        _submit(session)
    make_scores(session, ALL)
    _plan(session, "OVER", starts_on=TODAY - timedelta(days=5), ends_on=TODAY - timedelta(days=1))
    with pytest.raises(CampaignOver):
        _submit(session, "OVER")


def test_an_approval_books_the_contacts_of_each_grid_and_week(session, ranked):
    _plan(session)
    _submit(session)
    _approve(session)
    assert _bookings(session) == {(grid(session, "G11").id, TODAY): 10, (grid(session, "G12").id, TODAY): 4}


def test_what_does_not_fit_is_refused_by_the_name_of_the_grid(session, ranked):
    _capacity(session, cy=1)
    _plan(session)
    _submit(session)
    with pytest.raises(DoesNotFit, match="G12 has room for 3 of 4"), session.begin_nested():
        _approve(session)
    assert get_campaign(session, "AUTUMN").status is CampaignStatus.SUBMITTED
    assert _bookings(session) == {}


def test_what_does_not_fit_is_cut_by_grid_where_the_plan_says_so(session, ranked):
    _capacity(session, cy=1)
    _plan(session, fit="shrink")
    _submit(session)
    assert _approve(session).status is CampaignStatus.APPROVED
    assert _bookings(session)[grid(session, "G12").id, TODAY] == 3


def test_what_one_campaign_has_booked_is_not_free_for_another(session, ranked):
    make_scores(session, ALL, product_code="TV1")
    _capacity(session, ana=4, bo=0)
    _plan(session)
    _plan(session, "SECOND", product_code="TV1")
    for code in ("AUTUMN", "SECOND"):
        _submit(session, code)
    _approve(session)
    with pytest.raises(DoesNotFit, match="G11 has room for 2 of 10"):
        _approve(session, "SECOND")


def test_a_dispatch_leaves_others_what_they_have_booked_and_uses_its_own(session, ranked):
    make_scores(session, ALL, product_code="TV1")
    _capacity(session, ana=4, bo=0)
    _plan(session)
    _plan(session, "SECOND", product_code="TV1", fit="shrink")
    for code in ("AUTUMN", "SECOND"):
        _submit(session, code)
        _approve(session, code)
    second = dispatch_campaign(session, campaign_code="SECOND", now=NOW)
    first = dispatch_campaign(session, campaign_code="AUTUMN", now=NOW)
    assert (first["waterfall"]["dispatched"], first["waterfall"]["over_capacity"]) == (14, 0)
    assert (second["waterfall"]["dispatched"], second["waterfall"]["over_capacity"]) == (6, 8)


@pytest.mark.parametrize("end", ["close", "revise"])
def test_bookings_end_with_the_campaign(session, ranked, end):
    _plan(session)
    _submit(session)
    _approve(session)
    if end == "close":
        end_campaign(session, campaign_code="AUTUMN", now=NOW)
    else:
        revise_campaign(session, campaign_code="AUTUMN", by=_person(session, "pia"), comment="Later.", now=NOW)
    assert _bookings(session) == {}
    assert session.scalar(text("SELECT count(*) FROM capacity_bookings WHERE ended_at IS NOT NULL")) == 2


def test_a_branch_manager_books_the_capacity_of_the_own_branch(company, sessions):
    make_scores(company, ALL)
    _plan(company, unit_code="B1")
    _submit(company)
    company.commit()
    with sessions() as session:
        bea = _person(session, "bea")
        set_scope(session, scope=bea.scope, grid_ids=bea.grid_ids)
        approve_plan(session, campaign_code="AUTUMN", by=bea, now=NOW)
        assert sum(_bookings(session).values()) == 14


def test_two_approvals_at_once_never_book_the_same_capacity(company, sessions):
    make_scores(company, ALL)
    make_scores(company, ALL, product_code="TV1")
    _capacity(company, ana=4, bo=0)
    for code, product in (("AUTUMN", "FTTH1"), ("SECOND", "TV1")):
        _plan(company, code, product_code=product)
        _submit(company, code)
    company.commit()
    started, ended = threading.Event(), []

    def second():
        with sessions() as session:
            set_scope(session, scope="all")
            started.set()
            try:
                _approve(session, "SECOND")
                session.commit()
                ended.append("approved")
            except DoesNotFit:
                ended.append("refused")

    with sessions() as session:
        set_scope(session, scope="all")
        _approve(session)
        other = threading.Thread(target=second)
        other.start()
        started.wait()
        other.join(timeout=1.5)  # it waits for the first, or it has looked too early
        session.commit()
    other.join(timeout=30)
    assert ended == ["refused"]


def test_the_day_of_a_booking_is_the_monday_of_its_week(session, ranked):
    _capacity(session, ana=1, bo=1)
    _plan(session, starts_on=TODAY, ends_on=date(2026, 10, 25), list_size=14, unit_code="B1")
    _submit(session)
    _approve(session)
    weeks = {week for _, week in _bookings(session)}
    assert all(week.weekday() == 0 for week in weeks)
