"""A run repeated from its stored inputs: the same, and by other rules."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select, text, update

from app.core.db import set_scope
from app.core.errors import Invalid
from app.core.storage import Storage, StoredFileMissing, storage_of
from app.dispatch.queries import UnknownRun
from app.dispatch.run import keeping
from app.dispatch.run.deciding import decide_run
from app.dispatch.run.inputs import read_inputs
from app.dispatch.run.keeping import InputsChanged, KeptInputs, keep_inputs, load_inputs
from app.dispatch.run.replay import InputsNotKept, list_summaries, replay_run, summarise_run
from app.dispatch.run.rerunning import Changes
from app.dispatch.service import dispatch_campaign, dispatch_campaigns
from app.jobs.queries import named_files
from app.models.campaign import CampaignStatus, Product
from app.models.organisation import Staff
from app.models.work_order import DispatchRun, WorkOrder
from tests.factories import NOW, make_campaign, make_scores
from tests.stages.dispatch.test_dispatching import ALL, make_list, refuse


def _run_of(session, campaign):
    return session.scalars(select(DispatchRun).where(DispatchRun.campaign_id == campaign.id)).one()


@pytest.fixture
def run(session):
    """A run of fifteen customers of whom two refuse."""
    session.execute(update(Product).values(margin=Decimal(100)))
    refuse(session, "C02")
    refuse(session, "C13")
    campaign = make_list(session)
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    return _run_of(session, campaign)


def test_a_run_is_repeated_to_the_last_decision_whatever_has_changed_since(session, run):
    session.execute(update(Staff).values(daily_capacity=0))
    refuse(session, "C03")
    found = replay_run(session, run_id=run.id)
    assert found.identical
    (campaign,) = found.campaigns
    assert campaign.before == campaign.after == {"dispatched": 13, "do_not_disturb": 2}
    assert (campaign.value_before, campaign.moved) == (Decimal("624"), [])


def test_a_list_that_was_drawn_in_the_run_is_drawn_again(session):
    make_scores(session, ALL)
    campaign = make_campaign(session, status=CampaignStatus.APPROVED, opened_at=None, exploration_share=Decimal("0.3"))
    dispatch_campaign(session, campaign_code=campaign.code, now=NOW)
    session.execute(text("UPDATE customer_scores SET rank = 1000 - rank"))
    assert replay_run(session, run_id=_run_of(session, campaign).id).identical


def test_campaigns_of_one_run_are_repeated_together(session):
    first, second = make_list(session, ["C01", "C02"]), make_list(session, ["C02", "C03"])
    dispatch_campaigns(session, campaign_codes=[first.code, second.code], now=NOW)
    found = replay_run(session, run_id=_run_of(session, second).id)
    assert found.identical
    assert [campaign.campaign_code for campaign in found.campaigns] == sorted([first.code, second.code])


def test_deciding_changes_nothing_of_the_inputs_which_are_kept_meanwhile(session):
    campaigns = [make_list(session, ["C01", "C02"]), make_list(session, ["C02", "C03"])]
    inputs = read_inputs(session, campaigns, now=NOW)
    before = keep_inputs(storage_of(session), inputs).sha256
    decide_run(inputs)
    assert keep_inputs(storage_of(session), inputs).sha256 == before


def test_a_run_whose_inputs_cannot_be_kept_writes_nothing(company, monkeypatch):
    campaign = make_list(company, ["C01", "C02"])
    company.commit()
    set_scope(company, scope="all")
    monkeypatch.setattr(Storage, "write_bytes", _has_no_room)
    with pytest.raises(OSError, match="no room"):
        dispatch_campaign(company, campaign_code=campaign.code, now=NOW)
    company.rollback()
    set_scope(company, scope="all")
    assert company.scalars(select(WorkOrder)).all() == []
    assert company.scalars(select(DispatchRun)).all() == []


def _has_no_room(*_):
    raise OSError("no room")


def test_a_run_from_before_arbitration_knew_of_managers_is_repeated_as_it_was(session, monkeypatch):
    first, second = make_list(session, ["C01", "C02"]), make_list(session, ["C02", "C03"])
    dispatch_campaigns(session, campaign_codes=[first.code, second.code], now=NOW)
    run = _run_of(session, first)
    inputs = load_inputs(storage_of(session), KeptInputs(run.inputs_path, run.inputs_sha256))
    assert inputs.rules.likely_manager
    plain = keeping._plain
    monkeypatch.setattr(keeping, "_plain", lambda value: {k: v for k, v in plain(value).items() if k != "likely_manager"})
    kept = keep_inputs(storage_of(session), inputs)
    assert not load_inputs(storage_of(session), kept).rules.likely_manager


def test_what_other_rules_would_have_made_of_it_is_said_reason_by_reason(session, run):
    (campaign,) = replay_run(session, run_id=run.id, changes=Changes(without=("do_not_disturb",))).campaigns
    assert campaign.after == {"dispatched": 15}
    assert [(moved.before, moved.after, moved.customers) for moved in campaign.moved] == [("do_not_disturb", "dispatched", 2)]
    assert campaign.value_after == Decimal("720")
    (campaign,) = replay_run(session, run_id=run.id, changes=Changes(manager_cap=1)).campaigns
    assert campaign.after == {"dispatched": 7, "do_not_disturb": 2, "over_capacity": 6}
    (campaign,) = replay_run(session, run_id=run.id, changes=Changes(capacity=Decimal(0))).campaigns
    assert campaign.after["no_active_manager"] == 13


def test_capacity_loses_what_is_less_than_one_contact(session, run):
    inputs_of = replay_run(session, run_id=run.id, changes=Changes(capacity=Decimal("0.1"), manager_cap=None)).campaigns[0]
    assert inputs_of.after["dispatched"] < 13


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (Changes(capacity=Decimal("-0.1")), "capacity"),
        (Changes(capacity=Decimal("NaN")), "capacity"),
        (Changes(manager_cap=-1), "manager_cap"),
        (Changes(without=("weather",)), "without"),
    ],
)
def test_a_rule_out_of_its_bounds_is_named(session, run, changes, named):
    with pytest.raises(Invalid, match=named):
        replay_run(session, run_id=run.id, changes=changes)


def test_a_run_knows_its_worth_and_how_far_it_is_from_the_best(session, run):
    found = summarise_run(session, run_id=run.id)
    assert found.objective == pytest.approx(found.bound)
    assert found.gap == pytest.approx(0)
    assert found.can_be_replayed
    assert list_summaries(session, campaign_code=found.campaign_code, limit=5) == [found]
    assert list_summaries(session, campaign_code="NONE", limit=5) == []


def test_inputs_that_are_not_those_of_the_run_are_refused(session, run):
    run.inputs_sha256 = "0" * 64
    session.flush()
    with pytest.raises(InputsChanged):
        replay_run(session, run_id=run.id)
    for file in list(storage_of(session).list_files(run.inputs_path)):
        storage_of(session).delete(file.path)
    with pytest.raises(StoredFileMissing):
        replay_run(session, run_id=run.id)
    run.inputs_path = None
    session.flush()
    with pytest.raises(InputsNotKept):
        replay_run(session, run_id=run.id)
    with pytest.raises(UnknownRun):
        replay_run(session, run_id=10**6)


def test_the_inputs_of_a_run_are_not_swept(session, run):
    assert run.inputs_path in named_files(session)


def test_the_digest_tells_one_decision_from_another(session, run):
    from app.dispatch.run.deciding import decide_run
    from app.dispatch.run.keeping import KeptInputs, load_inputs

    inputs = load_inputs(storage_of(session), KeptInputs(run.inputs_path, run.inputs_sha256))
    decided = decide_run(inputs)
    (decision,) = decided.campaigns
    other = decision.day.copy()
    other[0] += 1
    moved = replace(decided, campaigns=[replace(decision, day=other)])
    assert decided.digest(inputs.managers.staff) == run.result_sha256
    assert moved.digest(inputs.managers.staff) != run.result_sha256
