"""A plan and its versions: who may change it, what is kept, and what the database itself refuses."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.access.service import find_person
from app.campaigns.approval import approve_campaign, revise_campaign, submit_campaign
from app.campaigns.membership import RuleNotComputable, find_members
from app.campaigns.options import CampaignOptions
from app.campaigns.plan_queries import UnknownVersion
from app.campaigns.planning import change_campaign, create_campaign, plan_of
from app.campaigns.service import schedule_campaign
from app.campaigns.steps import NotYours, PlannerApproves, WrongStatus
from app.core.db import make_engine
from app.core.errors import Invalid
from app.models.campaign import CampaignStatus, CampaignTarget
from app.models.campaign_life import CampaignVersion
from app.reports.campaigns import campaign_diff, campaign_versions
from tests.factories import NOW, TODAY, customer, make_campaign, make_scores

OPTIONS = CampaignOptions("AUTUMN", "Autumn", "FTTH1", TODAY, TODAY + timedelta(days=9), list_size=5)


def _person(session, login):
    return find_person(session, login=login, now=NOW)


@pytest.fixture
def draft(session):
    """AUTUMN, planned by Pia."""
    make_scores(session, [f"C{number:02d}" for number in range(1, 16)])
    return create_campaign(session, options=OPTIONS, by=_person(session, "pia"), now=NOW)


def _change(session, login="pia", **changes):
    options = replace(OPTIONS, **changes)
    return change_campaign(session, options=options, by=_person(session, login), comment="Because.", now=NOW)


def _submit(session, login="pia"):
    return submit_campaign(session, campaign_code="AUTUMN", by=_person(session, login), now=NOW)


def _approve(session, login="ada"):
    return approve_campaign(session, campaign_code="AUTUMN", by=_person(session, login), now=NOW)


def test_every_change_is_a_version_with_its_author_and_its_reason(session, draft):
    _change(session, list_size=6, budget=Decimal("500"))
    _change(session, login="ada", list_size=7)
    versions = campaign_versions(session, code="AUTUMN")
    assert [(each.number, each.login, each.comment, each.content["list_size"]) for each in versions] == [
        (1, "pia", None, 5),
        (2, "pia", "Because.", 6),
        (3, "ada", "Because.", 7),
    ]
    assert (draft.version, draft.list_size, draft.budget) == (3, 7, None)


def test_a_change_that_changes_nothing_is_no_version(session, draft):
    _change(session)
    assert draft.version == 1
    session.expire(draft)
    _change(session, control_share=Decimal("0.050"))
    assert draft.version == 1


def test_a_plan_comes_back_as_it_was_written(session, draft):
    _change(session, any_tags=(), list_rule={"segment": "home"}, unit_code="B1", objective="care", objective_reason="Why not.")
    session.expire(draft)
    found = plan_of(session, draft)
    assert (found.list_rule, found.unit_code, found.objective, found.attribution_days) == ({"segment": "home"}, "B1", "care", 3)


@pytest.mark.parametrize(
    ("field", "value"),
    [("product_code", "NONE"), ("unit_code", "NONE"), ("unit_code", "G11"), ("any_tags", ("nobody's",)), ("objective", "care")],
)
def test_what_a_plan_may_not_say_is_named(session, draft, field, value):
    with pytest.raises(Invalid, match="objective_reason" if field == "objective" else field):
        _change(session, **{field: value})


def test_the_unit_of_the_company_is_the_company(session, draft):
    assert _change(session, unit_code="CO").unit_id is None


def test_only_a_draft_is_changed(session, draft):
    _submit(session)
    with pytest.raises(WrongStatus, match="Revise it first"):
        _change(session, list_size=6)


def test_the_approval_names_the_version_and_a_revised_plan_wants_another(session, draft):
    _submit(session)
    assert _approve(session).approved_version == 1
    revise_campaign(session, campaign_code="AUTUMN", by=_person(session, "pia"), comment="More.", now=NOW)
    assert draft.approved_version is None
    _change(session, list_size=6)
    with pytest.raises(WrongStatus):
        schedule_campaign(session, campaign_code="AUTUMN", now=NOW)
    _submit(session)
    assert _approve(session).approved_version == 2


def test_the_approver_sees_what_changed_since_the_last_approval(session, draft):
    _change(session, list_size=6)
    found = campaign_diff(session, code="AUTUMN")
    assert [(found.before, found.after), *((change.field, change.before, change.after) for change in found.changes)] == [
        (1, 2),
        ("list_size", 5, 6),
    ]
    _submit(session)
    _approve(session)
    revise_campaign(session, campaign_code="AUTUMN", by=_person(session, "pia"), comment="More.", now=NOW)
    _change(session, list_size=7)
    _change(session, list_size=7, strategy="Slowly.")
    found = campaign_diff(session, code="AUTUMN")
    assert (found.before, found.after, [change.field for change in found.changes]) == (2, 4, ["list_size", "strategy"])
    assert [change.field for change in campaign_diff(session, code="AUTUMN", before=3, after=4).changes] == ["strategy"]
    with pytest.raises(UnknownVersion):
        campaign_diff(session, code="AUTUMN", after=9)


def test_who_wrote_a_version_does_not_approve_whoever_submitted_it(session, draft):
    _change(session, login="ada", list_size=6)
    _submit(session)
    with pytest.raises(PlannerApproves):
        _approve(session)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE campaigns SET status = 'approved', approved_by = :ada, approved_version = 2", "by somebody who did not plan it"),
        ("UPDATE campaigns SET status = 'approved', approved_by = :bea", "by somebody who did not plan it"),
        ("UPDATE campaigns SET status = 'approved', approved_version = 2", "by somebody who did not plan it"),
        ("UPDATE campaigns SET status = 'scheduled'", "it cannot become scheduled unapproved"),
        ("UPDATE campaigns SET list_size = 9", "it cannot change"),
        ("UPDATE campaigns SET status = 'draft', list_size = 9", "it cannot change"),
        ("UPDATE campaign_versions SET content = '{}'", "append-only"),
        ("DELETE FROM campaign_versions", "append-only|permission denied"),
    ],
)
def test_the_database_itself_refuses_what_goes_past_the_service(session, draft, statement, said):
    _change(session, login="ada", list_size=6)
    _submit(session)
    values = {name: _person(session, name).account_id for name in ("ada", "bea") if f":{name}" in statement}
    with pytest.raises(DBAPIError, match=f"{said}|permission denied"), session.begin_nested():
        session.execute(text(statement), values)


def test_the_plan_of_a_draft_changes_by_a_version_alone(session, draft):
    with pytest.raises(DBAPIError, match="without a new version"), session.begin_nested():
        session.execute(text("UPDATE campaigns SET list_size = 9, version = 2"))


@pytest.mark.parametrize("status", [CampaignStatus.APPROVED, CampaignStatus.SCHEDULED, CampaignStatus.RUNNING])
def test_an_approved_plan_cannot_change(session, status):
    make_campaign(session, status=status)
    for change in ("list_size = 11", "ends_on = ends_on + 1", "control_share = 0", "budget = 5", "version = 5"):
        with pytest.raises(DBAPIError, match="it cannot change"), session.begin_nested():
            session.execute(text(f"UPDATE campaigns SET {change}"))


def test_a_campaign_of_a_branch_is_approved_by_its_manager_and_reaches_its_customers_alone(session, draft):
    _change(session, unit_code="B2", list_size=20)
    _submit(session)
    with pytest.raises(NotYours):
        _approve(session, "bea")
    revise_campaign(session, campaign_code="AUTUMN", by=_person(session, "pia"), comment="The other one.", now=NOW)
    _change(session, unit_code="B1", list_size=20, control_share=Decimal(0), exploration_share=Decimal(0))
    _submit(session)
    _approve(session, "bea")
    schedule_campaign(session, campaign_code="AUTUMN", now=NOW)
    listed = set(session.scalars(select(CampaignTarget.customer_id)))
    assert listed == {customer(session, f"C{number:02d}").id for number in range(1, 15)}


def test_a_list_keeps_to_its_range_of_scores_and_to_those_who_bear_one_of_the_tags(session, draft):
    for number, tags in ((1, ["a"]), (3, ["b"]), (4, ["c"]), (5, ["a", "c"]), (9, ["b"])):
        customer(session, f"C{number:02d}").tags = tags
    session.flush()
    _change(
        session,
        any_tags=("a", "b"),
        minimum_score=0.85,
        maximum_score=0.885,
        control_share=Decimal(0),
        exploration_share=Decimal(0),
    )
    _submit(session)
    _approve(session)
    schedule_campaign(session, campaign_code="AUTUMN", now=NOW)
    listed = set(session.scalars(select(CampaignTarget.customer_id)))
    assert listed == {customer(session, number).id for number in ("C03", "C05")}


def test_a_rule_says_whom_a_plan_is_for_and_one_of_unknown_figures_says_so(session, draft):
    customer(session, "C07").segment = "farm"
    session.flush()
    _change(session, list_rule={"segment": "farm"}, unit_code="B1")
    members = find_members(session, draft, day=TODAY)
    assert members is not None
    assert members.tolist() == [customer(session, "C07").id]
    _change(session, list_rule={"feature": "never_fed", "at_least": 5})
    with pytest.raises(RuleNotComputable, match="never_fed"):
        find_members(session, draft, day=TODAY)


def test_a_plan_for_everybody_narrows_nothing(session, draft):
    assert find_members(session, draft, day=TODAY) is None
    assert np.size(session.scalars(select(CampaignVersion.number)).all()) == 1


@pytest.mark.parametrize("ahead", [
    {"status": "approved"}, {"status": "running"}, {"status": "closed"}, {"approved_version": "0"}, {"approved_by": "1"},
    {"submitted_by": "1"},
])  # fmt: skip
def test_a_row_begins_as_a_draft_that_nobody_has_approved(session, ahead):
    like = make_campaign(session, status="draft")
    columns = ", ".join(column.name for column in like.__table__.columns if column.name not in {"id", "code", "status", *ahead})
    names, values = ", ".join(ahead), ", ".join(repr(value) if name == "status" else value for name, value in ahead.items())
    own = "" if "status" in ahead else "status, "
    statement = (
        f"INSERT INTO campaigns (code, {own}{names}, {columns})"
        f" SELECT 'DIRECT', {own}{values}, {columns} FROM campaigns WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="is to begin as a draft") as refused, session.begin_nested():
        session.execute(text(statement), {"id": like.id})
    assert refused.value.orig.sqlstate == "GW010"


def test_without_the_trigger_a_row_would_be_running_that_nobody_approved(database):
    """So that the test above proves the trigger, not a mistake in its statement."""
    engine = make_engine(database, as_app=False)
    insert = text(
        "INSERT INTO campaigns (code, name, product_id, product_family, status, starts_on, ends_on, list_size, control_share,"
        " exploration_share, rest_days, attribution_days, maturity_days, channel, talk_track, seed, created_at)"
        " SELECT 'DIRECT', 'x', id, family, 'running', current_date, current_date, 1, 0, 0, 0, 0, 0, 'call', '', 1, now()"
        " FROM products WHERE product_code = 'FTTH1'"
    )
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="is to begin as a draft"), connection.begin():
            connection.execute(insert)
        with connection.begin():
            connection.execute(text("ALTER TABLE campaigns DISABLE TRIGGER begin_as_draft"))
            assert connection.execute(insert).rowcount == 1
    engine.dispose()
