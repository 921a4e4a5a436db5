"""A big list is a part of the table of targets, written beside its run and seen when the run commits."""

from collections import Counter

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.campaigns import list_part
from app.campaigns.list_part import attach_part, may_have_part, write_part
from app.campaigns.target_rows import TargetRows, columns_of, write_targets
from app.core.columns import Words
from app.core.db import set_scope
from app.dispatch.run import order_part
from app.dispatch.run.balance import WaterfallUnbalanced
from app.dispatch.run.inputs import read_inputs
from app.dispatch.service import dispatch_campaign
from app.models.campaign import Campaign, CampaignStatus, CampaignTarget
from app.models.work_order import DispatchRun, WorkOrder
from tests.factories import NOW, make_campaign, make_scores, make_work_order
from tests.stages.dispatch.test_dispatching import ALL

PARTS = text(
    "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'campaign_targets'::regclass ORDER BY 1"
)
TABLES = text("SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relname ~ '^campaign_targets_[0-9]+$' ORDER BY 1")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(list_part, "PART_FROM", 3)


@pytest.fixture
def approved(company):
    """Two campaigns without lists for the same customers, of one family."""
    make_scores(company, ALL)
    values = {"status": CampaignStatus.APPROVED, "opened_at": None, "list_size": 8}
    found = [make_campaign(company, **values).code for _ in range(2)]
    company.commit()
    set_scope(company, scope="all")
    return found


def _rows(session, code):
    return session.execute(
        select(CampaignTarget.customer_id, CampaignTarget.grid_id, CampaignTarget.reason, CampaignTarget.score)
        .join(Campaign, Campaign.id == CampaignTarget.campaign_id)
        .where(Campaign.code == code)
        .order_by(CampaignTarget.rank)
    ).all()


def _filled(company, code):
    """A part with the whole ranking in it and three reasons in turn, the first of them none; nobody attached it."""
    from app.campaigns.queries import get_campaign

    campaign = get_campaign(company, code)
    customers = read_inputs(company, [campaign], now=NOW).campaigns[0].customers
    write_part(company, TargetRows(campaign.id, customers, np.arange(len(customers.rank), dtype=np.uint8) % 3), now=NOW)
    return campaign


def test_a_big_list_is_what_it_would_be_in_the_table_of_all(company, sessions, approved, monkeypatch):
    big, _ = approved
    report = dispatch_campaign(company, campaign_code=big, now=NOW)
    assert len(company.scalars(PARTS).all()) == 2
    rows = _rows(company, big)
    company.rollback()
    set_scope(company, scope="all")
    monkeypatch.setattr(list_part, "PART_FROM", 10**6)
    assert dispatch_campaign(company, campaign_code=big, now=NOW) == report
    assert _rows(company, big) == rows
    assert len(rows) >= 8


def test_what_attaches_a_list_says_how_many_targets_have_each_reason(company, approved):
    counts = attach_part(company, _filled(company, approved[0]).id)
    assert counts == Counter(row.reason.value if row.reason else "undecided" for row in _rows(company, approved[0]))
    assert len(counts) == 3
    assert counts["undecided"]


@pytest.mark.parametrize("orders_from", [3, 10**6])
def test_a_big_list_that_does_not_add_up_fails_the_run(company, approved, monkeypatch, orders_from):
    def with_one_that_says_otherwise(targets, now):
        columns = columns_of(targets, now)
        words, codes = columns["reason"].words, columns["reason"].codes.copy()
        codes[np.flatnonzero(codes == words.index("dispatched"))[0]] = words.index("control")
        return {**columns, "reason": Words(codes, words)}

    monkeypatch.setattr(order_part, "PART_FROM", orders_from)
    monkeypatch.setattr(list_part, "columns_of", with_one_that_says_otherwise)
    with pytest.raises(WaterfallUnbalanced):
        dispatch_campaign(company, campaign_code=approved[0], now=NOW)


def test_nobody_sees_a_list_before_its_run_commits(company, sessions, approved):
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    with sessions() as other:
        set_scope(other, scope="all")
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        assert other.scalar(select(func.count()).select_from(WorkOrder)) == 0
        assert other.scalars(PARTS).all() == ["campaign_targets_shared"]
    company.commit()
    with sessions() as other:
        set_scope(other, scope="all")
        assert len(_rows(other, approved[0])) >= 8


def test_what_a_run_left_that_ended_early_is_gone_with_the_next(company, sessions, approved):
    _filled(company, approved[1])
    company.rollback()
    set_scope(company, scope="all")
    assert len(company.scalars(TABLES).all()) == 1
    assert _rows(company, approved[1]) == []
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    assert company.scalars(TABLES).all() == [name for name in company.scalars(PARTS) if name != "campaign_targets_shared"]


def test_a_list_that_is_there_already_gets_no_part(company, approved):
    make_work_order(company, customer_no="C01")
    listed = company.scalar(select(CampaignTarget.campaign_id))
    assert not may_have_part(company, listed, rows=3)
    assert may_have_part(company, listed + 1000, rows=3)


def test_a_list_that_was_taken_back_is_drawn_again_into_its_part(company, approved):
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    campaign = company.scalar(select(Campaign).where(Campaign.code == approved[0]))
    company.execute(text("UPDATE campaign_targets SET reason = 'control'"))
    company.execute(text("DELETE FROM campaign_targets"))
    assert not may_have_part(company, campaign.id, rows=3)
    customers = read_inputs(company, [company.scalar(select(Campaign).where(Campaign.code == approved[1]))], now=NOW)
    rows = customers.campaigns[0].customers
    write_targets(company, TargetRows(campaign.id, rows, np.ones(len(rows.rank), np.uint8)), now=NOW)
    assert company.scalar(
        text(f"SELECT count(*) FROM campaign_targets WHERE tableoid = 'campaign_targets_{campaign.id}'::regclass")
    )


def test_a_part_is_read_through_the_table_alone(company, sessions, approved):
    campaign = _filled(company, approved[0])
    attach_part(company, campaign.id)
    company.commit()
    part = f"campaign_targets_{campaign.id}"
    for statement in (f"SELECT FROM {part}", f"DELETE FROM {part}", f"INSERT INTO {part} DEFAULT VALUES"):
        with sessions() as other:
            set_scope(other, scope="all")
            with pytest.raises(ProgrammingError, match="permission denied"):
                other.execute(text(statement))


def test_a_manager_of_a_grid_sees_the_targets_of_that_grid_alone_in_a_part(company, sessions, approved):
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    (grid,) = {row.grid_id for row in _rows(company, approved[0])}
    listed = _rows(company, approved[0])
    company.commit()
    for grids, seen in (([grid], listed), ([grid + 1], [])):
        with sessions() as other:
            set_scope(other, scope="grids", grid_ids=grids)
            assert _rows(other, approved[0]) == seen


def test_a_target_with_an_order_stays_in_a_part_too(company, approved):
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    for statement in ("DELETE FROM campaign_targets", "UPDATE campaign_targets SET customer_id = 999"):
        with pytest.raises(IntegrityError, match="stays as it is"), company.begin_nested():
            company.execute(text(statement))


@pytest.mark.parametrize("lost", ["customer_id = 1000000000", "staff_id = 1000000000"])
def test_the_orders_of_a_run_are_asked_for_target_and_manager_when_it_commits(company, approved, lost):
    dispatch_campaign(company, campaign_code=approved[0], now=NOW)
    one = company.scalars(select(WorkOrder).order_by(WorkOrder.id)).first()
    values = {column.name: getattr(one, column.name) for column in WorkOrder.__table__.columns if column.name != "changed_xid"}
    name, value = lost.split(" = ")
    values |= {"id": one.id + 10**6, "customer_id": 10**9 - 1, name: int(value)}
    names = ", ".join(values)
    company.execute(text(f"INSERT INTO work_orders ({names}) VALUES (:{names.replace(', ', ', :')})"), values)
    assert company.scalar(select(func.count()).select_from(DispatchRun)) == 1
    with pytest.raises(IntegrityError, match=r"without its target|not there"):
        company.commit()
