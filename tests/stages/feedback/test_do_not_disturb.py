"""A customer who does not want to be disturbed: in force at once, for everybody, until two persons take it back."""

import uuid
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.core.db import set_scope
from app.core.errors import Invalid
from app.dispatch.queries import UnknownWorkOrder
from app.feedback.refusals.queries import UnknownRefusal, UnknownUndo
from app.feedback.refusals.service import (
    Asked,
    OwnUndo,
    RefusalIdTaken,
    UndoDecided,
    ask_undo,
    decide_undo,
    refuse_contact,
)
from app.models.customer import ContactPreference, PreferenceStatus
from app.models.do_not_disturb import DoNotDisturb, DoNotDisturbUndo, UndoDecision
from app.models.notice import OutboxEvent
from app.models.organisation import Account
from app.models.work_order import WorkOrder, WorkOrderEvent
from tests.factories import NOW, TODAY, customer, get, grid, make_campaign, make_work_order, staff
from tests.phones import principal_of, report, stamp
from tests.stages.feedback.test_recording import send, statuses

LATER = NOW + timedelta(hours=1)


def asked(**overrides):
    return Asked(
        **{"id": uuid.uuid4(), "scope": "all", "until": None, "note": None, "asked_at": None, "sent_at": None} | overrides
    )


def tap(session, order, by="ana", now=NOW, **overrides):
    """As the API does it: in the scope of one's own rows."""
    me, said = principal_of(session, by), overrides.pop("said", None) or asked(**overrides)
    set_scope(session, scope=me.scope, grid_ids=me.grid_ids, staff_id=me.staff_id)
    made = refuse_contact(session, principal=me, work_order_id=order.id, asked=said, now=now)
    assert session.execute(text("SELECT current_setting('gridwork.scope')")).scalar_one() == "own"
    set_scope(session, scope="all")
    return made


def want_back(session, made, by="ana", reason="wrong customer"):
    me = principal_of(session, by)
    set_scope(session, scope=me.scope, grid_ids=me.grid_ids, staff_id=me.staff_id)
    undo = ask_undo(session, principal=me, refusal_id=made.id, reason=reason, now=NOW)
    set_scope(session, scope="all")
    return undo


def settle(session, undo, by="chen", decision=UndoDecision.ACCEPTED, grids=("G11",)):
    account = get(session, Account, login=by)
    return decide_undo(
        session,
        undo_id=undo.id,
        decision=decision,
        reason="I called the customer",
        grid_ids=[grid(session, code).id for code in grids],
        actor_account_id=account.id,
        now=LATER,
    )


def refusal_of(session, customer_no="C01", scope="all"):
    session.expire_all()
    found = session.get(ContactPreference, (customer(session, customer_no).id, scope))
    return found and (found.status.value, found.until)


def states(session, *orders):
    for order in orders:
        session.refresh(order)
    return [(order.state.value, order.close_reason) for order in orders]


def say(session, status, *, customer_no="C01", scope="all", until=None, days_ago=10):
    """What the operator's own system says."""
    session.add(
        ContactPreference(
            customer_id=customer(session, customer_no).id,
            scope=scope,
            status=status,
            recorded_at=NOW - timedelta(days=days_ago),
            until=until,
            source="call centre",
        )
    )
    session.flush()


@pytest.fixture
def order(session):
    return make_work_order(session)


def test_one_tap_ends_every_live_order_of_the_customer_in_the_whole_company(session, order):
    others = [
        make_work_order(session, campaign=make_campaign(session, product_code="TV1"), manager="bo"),
        make_work_order(session, customer_no="C02"),
    ]
    phones = make_campaign(session, product_code="TV1", product_family="phone")
    elsewhere = make_work_order(session, campaign=phones, manager="dee", grid_id=grid(session, "G21").id)
    made = tap(session, order, note="said at the door")
    assert made.withdrawn == 3
    ended = ("withdrawn", "do_not_disturb")
    assert states(session, order, *others, elsewhere) == [ended, ended, ("open", None), ended]
    event = session.scalars(select(WorkOrderEvent).where(WorkOrderEvent.work_order_id == order.id)).one()
    assert (event.event, event.reason, event.happened_at) == ("withdrawn", "do_not_disturb", NOW)
    assert refusal_of(session) == ("refused", None)
    told = get(session, OutboxEvent, kind="customer.refused_contact")
    assert told.payload == {"refusal_id": str(made.id), "scope": "all", "withdrawn": 3}


@pytest.mark.parametrize(
    ("scope", "ended"), [("call", [True, False]), ("visit", [False, True]), ("broadband", [True, False]), ("sms", [False, False])]
)
def test_a_scope_ends_what_lies_in_it_and_nothing_else(session, order, scope, ended):
    visit = make_work_order(session, campaign=make_campaign(session, product_code="TV1", channel="visit"))
    tap(session, order, scope=scope, until=TODAY + timedelta(days=30))
    assert [state == "withdrawn" for state, _ in states(session, order, visit)] == ended
    assert refusal_of(session, scope=scope) == ("refused", TODAY + timedelta(days=30))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scope", "fax"),
        ("scope", "ALL"),
        ("until", TODAY - timedelta(days=1)),
        ("until", TODAY + timedelta(days=3_661)),
    ],
)
def test_a_scope_or_a_day_that_is_none_is_refused_by_name_with_nothing_done(session, order, field, value):
    with pytest.raises(Invalid) as error:
        tap(session, order, **{field: value})
    set_scope(session, scope="all")
    assert error.value.field == field
    assert states(session, order) == [("open", None)]
    assert session.scalars(select(DoNotDisturb)).all() == []


def test_the_same_again_changes_nothing_and_other_content_under_its_id_is_a_conflict(session, order):
    said = asked(scope="call")
    first = tap(session, order, said=said)
    again = tap(session, order, said=said, now=LATER)
    assert (again.id, again.recorded_at, again.withdrawn) == (first.id, NOW, 1)
    for other in ({"scope": "all"}, {"until": TODAY}, {"note": "x"}):
        with pytest.raises(RefusalIdTaken):
            tap(session, order, said=Asked(**vars(said) | other))
        set_scope(session, scope="all")
    assert refusal_of(session) is None


def test_another_managers_id_is_a_conflict_too(session, order):
    first = tap(session, order)
    with pytest.raises(RefusalIdTaken):
        tap(session, make_work_order(session, customer_no="C03", manager="bo"), by="bo", id=first.id)


def test_who_never_had_the_order_is_told_that_there_is_none(session, order):
    with pytest.raises(UnknownWorkOrder):
        tap(session, order, by="bo")
    with pytest.raises(UnknownWorkOrder):
        tap(session, order, by="dee")


def test_a_tap_made_offline_counts_though_the_order_went_to_a_colleague_meanwhile(session, order):
    session.execute(update(WorkOrder).where(WorkOrder.id == order.id).values(staff_id=staff(session, "bo").id))
    assert tap(session, order).withdrawn == 1
    assert states(session, order) == [("withdrawn", "do_not_disturb")]


def test_a_contact_before_it_counts_and_one_after_it_does_not_and_the_reason_is_said(session, order):
    tap(session, order)
    before = report(order.id, started_at=stamp(NOW - timedelta(minutes=10)), ended_at=None)
    after = report(order.id, started_at=stamp(NOW + timedelta(minutes=10)), ended_at=None)
    taken, refused = send(session, before, after, now=LATER)
    assert statuses([taken, refused]) == [("accepted", None), ("rejected", "feedback.after_withdrawal")]
    assert "not to be disturbed" in refused.detail


def test_for_who_was_told_it_holds_from_then_on_though_the_phone_was_offline(session, order):
    campaign = make_campaign(session, product_code="TV1")
    colleagues = make_work_order(session, campaign=campaign, manager="bo")
    told_at = NOW - timedelta(hours=2)
    made = tap(session, order, asked_at=told_at + timedelta(days=40), sent_at=NOW + timedelta(days=40))  # its clock is wrong
    assert made.asked_at == told_at
    between = {"started_at": stamp(NOW - timedelta(hours=1)), "ended_at": None}
    assert statuses(send(session, report(order.id, **between))) == [("rejected", "feedback.after_withdrawal")]
    earlier = {"started_at": stamp(NOW - timedelta(hours=3)), "ended_at": None}
    assert statuses(send(session, report(order.id, **earlier))) == [("accepted", None)]
    # A colleague could not know of it.
    assert statuses(send(session, report(colleagues.id, **between), by="bo")) == [("accepted", None)]


def test_a_refusal_that_holds_longer_is_not_shortened(session, order):
    say(session, PreferenceStatus.REFUSED)
    tap(session, order, until=TODAY + timedelta(days=5))
    assert refusal_of(session) == ("refused", None)
    tap(session, make_work_order(session, campaign=make_campaign(session, product_code="TV1")), scope="call")
    tap(session, order, scope="call", until=TODAY + timedelta(days=5))
    assert refusal_of(session, scope="call") == ("refused", None)


def test_a_consent_gives_way_and_a_shorter_refusal_is_lengthened(session, order):
    say(session, PreferenceStatus.ALLOWED)
    say(session, PreferenceStatus.REFUSED, scope="call", until=TODAY + timedelta(days=1))
    tap(session, order)
    tap(session, order, scope="call", until=TODAY + timedelta(days=9))
    assert (refusal_of(session), refusal_of(session, scope="call")) == (
        ("refused", None),
        ("refused", TODAY + timedelta(days=9)),
    )


def test_it_holds_until_somebody_else_agrees_to_take_it_back(session, order):
    made = tap(session, order)
    undo = want_back(session, made)
    assert refusal_of(session) == ("refused", None)
    assert want_back(session, made, reason="again").id == undo.id
    decided = settle(session, undo)
    assert (decided.decision, decided.still_refused) == (UndoDecision.ACCEPTED, False)
    assert refusal_of(session) is None
    assert states(session, order) == [("withdrawn", "do_not_disturb")]  # what is over stays over
    with pytest.raises(UndoDecided):
        settle(session, undo, by="bea")
    assert want_back(session, made).decision is UndoDecision.ACCEPTED
    assert get(session, OutboxEvent, kind="customer.refusal_undone").payload == {"refusal_id": str(made.id), "scope": "all"}


def test_a_rejected_request_changes_nothing_and_may_be_made_again(session, order):
    made = tap(session, order)
    assert settle(session, want_back(session, made), decision=UndoDecision.REJECTED).still_refused
    assert refusal_of(session) == ("refused", None)
    settle(session, want_back(session, made))
    assert refusal_of(session) is None


def test_nobody_decides_what_they_asked_for(session, order):
    undo = want_back(session, tap(session, order))
    with pytest.raises(OwnUndo):
        settle(session, undo, by="ana")  # a grid manager by now, with the same account
    account = get(session, Account, login="ana")
    with pytest.raises(IntegrityError, match="two_persons"), session.begin_nested():
        session.execute(update(DoNotDisturbUndo).values(decided_by_account_id=account.id))


def test_only_the_own_grid_decides_and_only_its_own_manager_asks(session, order):
    made = tap(session, order)
    undo = want_back(session, made)
    with pytest.raises(UnknownUndo):
        settle(session, undo, by="fu", grids=("G12",))
    with pytest.raises(UnknownRefusal):
        want_back(session, made, by="bo")


def test_what_the_operators_system_said_before_holds_again(session, order):
    say(session, PreferenceStatus.REFUSED, until=TODAY + timedelta(days=3))
    decided = settle(session, want_back(session, tap(session, order)))
    assert (refusal_of(session), decided.still_refused) == (("refused", TODAY + timedelta(days=3)), True)


def test_of_two_refusals_the_other_one_stands(session, order):
    say(session, PreferenceStatus.ALLOWED)
    first = tap(session, order)
    second = tap(session, order, until=TODAY + timedelta(days=8))
    assert settle(session, want_back(session, first)).still_refused
    assert refusal_of(session) == ("refused", TODAY + timedelta(days=8))
    assert not settle(session, want_back(session, second)).still_refused
    assert refusal_of(session) == ("allowed", None)


def test_two_taps_at_once_keep_the_longer_one(sessions, company):
    order = make_work_order(company)
    company.commit()
    barrier, failures = Barrier(8), []

    def one(until):
        with sessions() as session:
            set_scope(session, scope="all")
            me = principal_of(session, "ana")
            barrier.wait()
            try:
                refuse_contact(session, principal=me, work_order_id=order.id, asked=asked(until=until), now=NOW)
                session.commit()
            except Exception as error:
                failures.append(error)

    threads = [Thread(target=one, args=(None if n == 0 else date(2026, 10, 12 + n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    set_scope(company, scope="all")
    assert failures == []
    assert refusal_of(company) == ("refused", None)
    assert states(company, order) == [("withdrawn", "do_not_disturb")]


def test_the_same_tap_many_times_at_once_is_one(sessions, company):
    order = make_work_order(company)
    company.commit()
    said, barrier, answers = asked(), Barrier(8), []

    def one():
        with sessions() as session:
            set_scope(session, scope="all")
            me = principal_of(session, "ana")
            barrier.wait()
            made = refuse_contact(session, principal=me, work_order_id=order.id, asked=said, now=NOW)
            answers.append((made.id, made.withdrawn))
            session.commit()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(said.id, 1)] * 8
