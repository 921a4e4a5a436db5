"""The contact policy: who changes it, and whom it keeps off a list."""

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.campaigns.eligibility import first_reason
from app.campaigns.policy.default import DEFAULT_RULES
from app.campaigns.policy.queries import UnknownPolicy, policy_history, policy_in_force
from app.campaigns.policy.rules import (
    QuietDays,
    RestAfterComplaint,
    RestAfterRefusal,
    RestAfterSuccess,
    SlidingWindow,
    WrongPolicy,
)
from app.campaigns.policy.service import PolicyOvertaken, SamePerson, approve_policy, propose_policy
from app.campaigns.queries import facts_of_customer
from app.core.clock import Month
from app.dispatch.explaining.explanation import explain_customer
from app.models.campaign import Campaign, Product, ProductKind
from app.models.customer import Complaint, Order, PastContact
from app.models.feedback import ContactFeedback
from app.models.policy import ContactPolicyApproval
from app.models.work_order import WorkOrderState
from tests.factories import NOW, TODAY, customer, get, make_campaign, make_work_order


def set_policy(session, *rules, effective_from=None, now=NOW):
    """Two persons put a policy in force."""
    proposed = propose_policy(session, rules=rules, effective_from=effective_from, author="pia", now=now)
    return approve_policy(session, number=proposed.number, approver="ada", now=now)


def report(session, order, days_ago=0, outcome="interested", **more):
    """A report of a contact, as the phone's feedback leaves it."""
    at = NOW - timedelta(days=days_ago)
    values = {"channel": "call", "work_order_id": order.id, "customer_id": order.customer_id, "staff_id": order.staff_id}
    values |= {"grid_id": order.grid_id, "outcome": outcome, "phone_started_at": at, "contacted_at": at, "received_at": at}
    values |= {"clock_offset_seconds": 0, "clock_doubtful": False, "month": Month.of(at), "content_hash": b"x"}
    row = ContactFeedback(id=uuid.uuid4(), **(values | more))
    session.add(row)
    session.flush()
    return row


def _past(session, days_ago, *, product_code="TV1", **more):
    row = PastContact(
        contact_no=uuid.uuid4().hex,
        customer_id=customer(session, "C05").id,
        product_id=get(session, Product, product_code=product_code).id,
        contacted_at=NOW - timedelta(days=days_ago),
        **more,
    )
    session.add(row)
    session.flush()


def _order_of(session, *, product_code="TV1", starts=-7, ends=9, **more):
    campaign = make_campaign(
        session, product_code=product_code, starts_on=TODAY + timedelta(days=starts), ends_on=TODAY + timedelta(days=ends)
    )
    return make_work_order(session, campaign=campaign, customer_no="C05", **more)


def _reported(session, days_ago, *, product_code="TV1", **more):
    order = _order_of(session, product_code=product_code, state=WorkOrderState.DONE)
    report(session, order, days_ago, **more)


def _bought(session, days_ago, *, product_code="TV1", cancelled=False):
    at = NOW - timedelta(days=days_ago)
    session.add(
        Order(
            order_no=uuid.uuid4().hex,
            customer_id=customer(session, "C05").id,
            product_id=get(session, Product, product_code=product_code).id,
            ordered_at=at,
            cancelled_at=at if cancelled else None,
        )
    )
    session.flush()


def _complained(session, days_ago, topic="bill"):
    session.add(
        Complaint(
            complaint_no=uuid.uuid4().hex,
            customer_id=customer(session, "C05").id,
            opened_at=NOW - timedelta(days=days_ago),
            topic=topic,
        )
    )
    session.flush()


def _reason(session, *rules, product_code="FTTH1", starts=0, ends=5, **more):
    """What speaks against C05 for a campaign of these days."""
    set_policy(session, *rules)
    first = TODAY + timedelta(days=starts)
    campaign = make_campaign(
        session, product_code=product_code, starts_on=first, ends_on=TODAY + timedelta(days=ends), rest_days=0, **more
    )
    return first_reason(facts_of_customer(session, campaign, customer(session, "C05").id, day=first))


ONCE = SlidingWindow(most=1, days=10)
BROADBAND = SlidingWindow(most=1, family="broadband")
WINDOWS = {
    "nothing": (lambda s: None, ONCE, None),
    "an earlier system nine days ago": (lambda s: _past(s, 9), ONCE, "contact_limit"),
    "an earlier system ten days ago": (lambda s: _past(s, 10), ONCE, None),
    "a control of an earlier system": (lambda s: _past(s, 1, arm="control"), ONCE, None),
    "a report today": (lambda s: _reported(s, 0), ONCE, "contact_limit"),
    "a report nine days ago": (lambda s: _reported(s, 9), ONCE, "contact_limit"),
    "a report ten days ago": (lambda s: _reported(s, 10), ONCE, None),
    "a live order that ended nine days ago": (lambda s: _order_of(s, starts=-20, ends=-9), ONCE, "contact_limit"),
    "a live order that ended eleven days ago": (lambda s: _order_of(s, starts=-20, ends=-11), ONCE, None),
    "a live order that begins 14 days on": (lambda s: _order_of(s, starts=14, ends=20), ONCE, "contact_limit"),
    "a live order that begins 15 days on": (lambda s: _order_of(s, starts=15, ends=20), ONCE, None),
    "an expired order": (lambda s: _order_of(s, state=WorkOrderState.EXPIRED), ONCE, None),
    "an order by another channel": (lambda s: _order_of(s), SlidingWindow(most=1, channel="visit"), None),
    "the same channel": (lambda s: _order_of(s), SlidingWindow(most=1, channel="same"), "contact_limit"),
    "another family": (lambda s: _order_of(s), SlidingWindow(most=1, family="same"), None),
    "the same family": (lambda s: _reported(s, 1, product_code="FTTH2"), SlidingWindow(most=1, family="same"), "contact_limit"),
    "a family by its name": (lambda s: _past(s, 1, product_code="FTTH2"), BROADBAND, "contact_limit"),
    "an unknown channel counts": (lambda s: _past(s, 1), SlidingWindow(most=1, channel="call"), "contact_limit"),
    "another channel of earlier": (lambda s: _past(s, 1, channel="sms"), SlidingWindow(most=1, channel="call"), None),
    "a rule that is over": (lambda s: _past(s, 1), SlidingWindow(most=1, to_day=TODAY - timedelta(days=1)), None),
}


@pytest.mark.parametrize(("do", "rule", "expected"), WINDOWS.values(), ids=WINDOWS)
def test_a_sliding_window_counts_what_was_made_and_what_may_come(session, do, rule, expected):
    do(session)
    assert _reason(session, rule) == expected


def test_contacts_of_all_kinds_are_counted_together_and_several_reports_of_one_order_once(session):
    order = _order_of(session, state=WorkOrderState.IN_PROGRESS)
    for days_ago in (5, 3, 1):
        report(session, order, days_ago)
    assert _reason(session, SlidingWindow(most=2, days=10)) is None
    _past(session, 2)
    assert _reason(session, SlidingWindow(most=2, days=10)) == "contact_limit"
    assert _reason(session, SlidingWindow(most=3, days=10)) is None


EVERYTHING = RestAfterRefusal(days=20, family="any")
FOR_GOOD = RestAfterRefusal(family="any", objection="wants_no_contact")
UNSAFE = RestAfterRefusal(family="any", outcome="unsafe")
BOUGHT = RestAfterSuccess(days=10, family="any")


def _refused(session, days_ago, objection="no_need"):
    _reported(session, days_ago, outcome="refused", objection=objection)


RESTS = {
    "refused": (lambda s: _refused(s, 20), EVERYTHING, "resting_after_refusal"),
    "refused earlier": (lambda s: _refused(s, 21), EVERYTHING, None),
    "refused another family": (lambda s: _refused(s, 1), RestAfterRefusal(), None),
    "refused for another reason": (lambda s: _refused(s, 1), FOR_GOOD, None),
    "wants no contact": (lambda s: _refused(s, 1, "wants_no_contact"), FOR_GOOD, "resting_after_refusal"),
    "refused in an earlier system": (lambda s: _past(s, 1, outcome="refused"), EVERYTHING, "resting_after_refusal"),
    "another outcome": (lambda s: _reported(s, 1, outcome="moved"), EVERYTHING, None),
    "an outcome of the policy's own": (lambda s: _reported(s, 1, outcome="unsafe"), UNSAFE, "resting_after_refusal"),
    "ordered": (lambda s: _bought(s, 10), BOUGHT, "resting_after_success"),
    "ordered earlier": (lambda s: _bought(s, 11), BOUGHT, None),
    "ordered another family": (lambda s: _bought(s, 1), RestAfterSuccess(days=10), None),
    "ordered and cancelled": (lambda s: _bought(s, 1, cancelled=True), BOUGHT, None),
    "complained": (lambda s: _complained(s, 5), RestAfterComplaint(days=5), "complaint_open"),
    "complained earlier": (lambda s: _complained(s, 6), RestAfterComplaint(days=5), None),
    "complained about it": (lambda s: _complained(s, 1), RestAfterComplaint(topics=("noise", "bill")), "complaint_open"),
    "complained about something else": (lambda s: _complained(s, 1), RestAfterComplaint(topics=("noise",)), None),
}


@pytest.mark.parametrize(("do", "rule", "expected"), RESTS.values(), ids=RESTS)
def test_a_customer_rests_after_a_refusal_an_order_or_a_complaint(session, do, rule, expected):
    do(session)
    assert _reason(session, rule) == expected


def test_an_order_of_the_family_rests_what_would_sell_more_of_it_and_not_what_keeps_it(session):
    _bought(session, 1, product_code="FTTH1")
    assert _reason(session, RestAfterSuccess(), product_code="FTTH2") == "resting_after_success"
    get(session, Product, product_code="FTTH2").kind = ProductKind.CARE
    assert _reason(session, RestAfterSuccess(), product_code="FTTH2") == "invalid"  # holds nothing that could be kept


def test_a_refusal_that_was_corrected_is_none_but_its_contact_was_made(session):
    order = _order_of(session, state=WorkOrderState.IN_PROGRESS)
    first = report(session, order, 1, outcome="refused", objection="no_need")
    report(session, order, 1, outcome="interested", corrects_id=first.id)
    assert _reason(session, RestAfterRefusal(family="any")) is None
    assert _reason(session, ONCE) == "contact_limit"


def test_a_campaign_of_quiet_days_alone_contacts_nobody(session):
    assert _reason(session, QuietDays(dates=(TODAY,)), ends=0) == "quiet_day"
    assert _reason(session, QuietDays(dates=(TODAY,)), ends=1) is None


def test_the_policy_of_the_first_day_decides(session):
    _past(session, 1)
    set_policy(session, ONCE, effective_from=TODAY + timedelta(days=3))
    campaign = make_campaign(session, rest_days=0)
    facts = [facts_of_customer(session, campaign, customer(session, "C05").id, day=TODAY + timedelta(days=n)) for n in (2, 3)]
    assert [fact.contact_limit for fact in facts] == [False, True]


def test_a_change_takes_two_persons_and_is_a_new_version(session):
    assert (policy_in_force(session, day=TODAY).number, policy_in_force(session, day=TODAY).rules) == (0, DEFAULT_RULES)
    first = propose_policy(session, rules=(ONCE,), effective_from=None, author="Pia", note="less", now=NOW)
    assert (first.number, first.approver, policy_in_force(session, day=TODAY).number) == (1, None, 0)
    with pytest.raises(SamePerson):
        approve_policy(session, number=1, approver=" pia ", now=NOW)
    second = propose_policy(session, rules=(), effective_from=TODAY + timedelta(days=1), author="ada", now=NOW)
    approve_policy(session, number=second.number, approver="pia", now=NOW)
    with pytest.raises(PolicyOvertaken):
        approve_policy(session, number=1, approver="ada", now=NOW)
    assert [policy_in_force(session, day=TODAY + timedelta(days=n)).number for n in (0, 1)] == [0, 2]
    assert [(one.number, one.author, one.approver) for one in policy_history(session)] == [(2, "ada", "pia"), (1, "Pia", None)]
    with pytest.raises(UnknownPolicy):
        approve_policy(session, number=9, approver="ada", now=NOW)


@pytest.mark.parametrize(
    "more", [{"effective_from": TODAY - timedelta(days=1)}, {"effective_from": date(2099, 1, 1)}, {"author": " "}, {"note": "\0"}]
)
def test_a_proposal_that_is_wrong_is_refused(session, more):
    values = {"rules": (ONCE,), "effective_from": None, "author": "pia", "now": NOW} | more
    with pytest.raises(WrongPolicy):
        propose_policy(session, **values)


def test_the_database_itself_wants_two_persons_and_keeps_every_version(session):
    set_policy(session, ONCE)
    propose_policy(session, rules=(), effective_from=None, author="pia", now=NOW)
    alone = insert(ContactPolicyApproval).values(number=2, author="pia", approver="PIA", approved_at=NOW)
    with pytest.raises(IntegrityError, match="two_persons"), session.begin_nested():
        session.execute(alone)
    for statement in ("UPDATE contact_policies SET author = 'x'", "DELETE FROM contact_policy_approvals"):
        with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
            session.execute(text(statement))


def _explained(session, campaign):
    found = explain_customer(session, customer_no="C05", campaign_code=campaign.code, grid_ids=None, now=NOW)
    return found.campaigns[0].sentences


def test_the_explanation_says_which_rule_with_its_figures(session):
    _past(session, 3)
    _order_of(session)
    _reported(session, 20, product_code="FTTH2", outcome="refused", objection="no_need")
    _bought(session, 5)
    _complained(session, 7)
    rules = (SlidingWindow(most=2), SlidingWindow(most=1, days=7, family="same"), RestAfterRefusal(days=90))
    set_policy(session, *rules, RestAfterSuccess(days=60, family="any"), RestAfterComplaint(days=30))
    campaign = make_campaign(session)
    assert _explained(session, campaign)[-4:] == [
        "The customer complained on 2026-10-05: no contact for 30 days after a complaint, until 2026-11-04.",
        "The customer refused on 2026-09-22: no contact for 90 days after that, until 2026-12-21.",
        "The customer ordered on 2026-10-07: no contact for 60 days after an order, until 2026-12-06.",
        "2 contacts in the 30 days before 2026-10-12 and 1 to come: limit 2.",
    ]
    set_policy(session, SlidingWindow(most=1, channel="same", family="same"))
    assert _explained(session, campaign)[-1] == "1 contact by call for broadband in the 30 days before 2026-10-12: limit 1."


def test_a_campaigns_own_order_does_not_speak_against_itself(session):
    set_policy(session, ONCE)
    order = _order_of(session, product_code="FTTH1", state=WorkOrderState.IN_PROGRESS)
    report(session, order, 0)
    campaign = session.get_one(Campaign, order.campaign_id)
    assert not facts_of_customer(session, campaign, order.customer_id, day=TODAY).contact_limit
    assert not any("limit" in sentence for sentence in _explained(session, campaign))
