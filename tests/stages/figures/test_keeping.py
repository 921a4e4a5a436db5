"""Sums are what a count of everything gives, however the work came to be what it is and whenever it was committed."""

import random
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import OperationalError

from app.core.clock import Month, local_date
from app.core.db import set_scope
from app.figures import keeping
from app.figures.adding import find_difference
from app.figures.keeping import keep_figures, rebuild_figures, recount_campaign
from app.figures.measures import KEYS, MEASURES
from app.jobs.steps import run_in_steps
from app.models.campaign import Campaign, Product
from app.models.customer import Order
from app.models.feedback import ContactFeedback, Verdict, Verification, VerificationKind
from app.models.figures import DailyFigures, FigureMark, MonthlyFigures
from app.models.work_order import WorkOrder, WorkOrderState
from app.points.figures import count_accuracy, count_success
from app.points.queries import feedback_facts, work_order_facts
from tests import factories as make
from tests.factories import NOW
from tests.truth import CLOSED_SALE, CLOSING, OCTOBER, make_anas_october, make_feedback, make_sale

WORST = 25  # seconds that a transaction may stay open in these tests


def keep(sessions):
    return run_in_steps(sessions, "keep-figures", keep_figures)


def sums(sessions):
    """Every row of every table of sums."""
    with sessions() as session:
        set_scope(session, scope="all")
        results = session.execute(text("SELECT * FROM campaign_result_figures ORDER BY 1, 2, 3, 4")).all()
        return {"campaign_result_figures": results} | {
            table: session.execute(text(f"SELECT {', '.join((*keys, *MEASURES))} FROM {table} ORDER BY {', '.join(keys)}")).all()
            for table, keys in KEYS.items()
        }


def from_scratch(sessions):
    """The sums after all of them were thrown away and counted again."""
    with sessions() as session:
        set_scope(session, scope="all")
        for table in (*KEYS, "campaign_result_figures", "figure_marks"):
            session.execute(text(f"DELETE FROM {table}"))
        session.commit()
    run_in_steps(sessions, "rebuild-figures", rebuild_figures)
    return sums(sessions)


def one(sessions, table=DailyFigures, **where):
    with sessions() as session:
        set_scope(session, scope="all")
        return session.scalars(select(table).filter_by(**where)).one()


def judge(session, feedback, number, verdict, probability=1.0):
    session.add(
        Verification(
            feedback_id=feedback.id,
            number=number,
            staff_id=feedback.staff_id,
            grid_id=feedback.grid_id,
            kind=VerificationKind.AUTOMATIC,
            verdict=verdict,
            rule="call",
            evidence={},
            judging_probability=probability,
            decided_at=NOW,
        )
    )
    session.flush()


def test_a_day_of_work_is_counted_where_it_happened(company, sessions):
    order = make.make_work_order(company, value=Decimal(90))
    first = make_feedback(company, order)
    spoken = make_feedback(company, order, outcome="bought", contacted_at=NOW + timedelta(days=1))
    judge(company, spoken, 1, Verdict.CONFIRMED, 0.5)
    make_sale(company, order, ordered_at=NOW + timedelta(days=1), amount=Decimal(70))
    company.commit()
    assert keep(sessions) == {"campaigns": 1, "rows": 6}
    keys = {"grid_id": order.grid_id, "staff_id": order.staff_id, "campaign_id": order.campaign_id}
    on = {row.day: row for row in (one(sessions, day=day, **keys) for day in _days(sessions))}
    dispatched = on[local_date(order.dispatched_at)]
    assert (dispatched.dispatched, dispatched.promised, dispatched.reports) == (1, Decimal("0.2"), 0)
    tried = on[local_date(first.received_at)]
    assert (tried.released, tried.reports, tried.contacted, tried.reached, tried.unreached) == (1, 1, 1, 0, 1)
    bought = on[local_date(spoken.received_at)]
    assert (bought.reports, bought.contacted, bought.reached, bought.claimed, bought.sold) == (1, 0, 1, 1, 1)
    assert (bought.confirmed, bought.truthful_weight, bought.judged_weight, bought.judged_squares) == (1, 2, 2, 4)
    due = on[order.due_on]
    assert (due.due, due.due_met) == (1, 0)
    matures = on[local_date(order.matures_at - timedelta(microseconds=1))]
    assert (matures.matured, matures.successes, matures.expected) == (1, 1, Decimal("0.2"))
    assert (matures.value, matures.revenue) == (90, 70)


def _days(sessions):
    with sessions() as session:
        set_scope(session, scope="all")
        return session.scalars(select(DailyFigures.day).order_by(DailyFigures.day)).all()


def test_a_month_has_the_successes_and_the_accuracy_that_points_have(company, sessions):
    orders = make_anas_october(company)
    verdicts = (Verdict.CONFIRMED, Verdict.CONTRADICTED, Verdict.UNVERIFIABLE)
    for number, feedback in enumerate(company.scalars(select(ContactFeedback).order_by(ContactFeedback.id))):
        judge(company, feedback, 1, verdicts[number % 3], 0.7)
    make_feedback(company, orders[2], outcome="interested", staff_id=make.staff(company, "bo").id, contacted_at=CLOSED_SALE)
    company.commit()
    set_scope(company, scope="all")
    keep(sessions)
    success = count_success(work_order_facts(company, OCTOBER, now=CLOSING))
    accuracy = count_accuracy(feedback_facts(company, OCTOBER))
    assert len(success) == 2
    for staff_id, points in success.items():
        row = one(sessions, MonthlyFigures, month=OCTOBER, staff_id=staff_id)
        assert (row.successes, row.matured, row.left_out) == (points.successes, points.matured, points.left_out)
        assert row.expected == points.expected
        judged = accuracy[staff_id]
        assert (row.confirmed, row.contradicted) == (judged.confirmed, judged.contradicted)
        assert (row.truthful_weight, row.judged_weight) == (judged.truthful_weight, judged.judged_weight)
        assert (row.truthful_squares, row.judged_squares) == (judged.truthful_squares, judged.judged_squares)


def test_what_commits_late_is_counted_then_and_nothing_is_counted_twice(sessions):
    with sessions() as late, sessions() as early:
        set_scope(late, scope="all")
        set_scope(early, scope="all")
        campaign = make.make_campaign(early)
        order = make.make_work_order(early, campaign=campaign)
        early.commit()
        make_feedback(late, order, outcome="interested")
        set_scope(early, scope="all")
        make_sale(early, order, ordered_at=NOW)
        early.commit()
        assert keep(sessions)["campaigns"] == 1
        assert keep(sessions) == {"campaigns": 0, "rows": 0}
        late.commit()
    assert keep(sessions)["campaigns"] == 1
    assert one(sessions, MonthlyFigures, month=Month.of(NOW), staff_id=order.staff_id).reached == 1
    assert sums(sessions) == from_scratch(sessions)


def test_a_sale_that_is_known_late_cancelled_or_taken_back_reaches_its_month(company, sessions):
    order = make_anas_october(company)[6 - 1]
    company.commit()
    keep(sessions)
    matures = {"day": local_date(order.matures_at - timedelta(microseconds=1)), "staff_id": order.staff_id}
    assert one(sessions, **matures).successes == 1
    for change, expected in ((make_late, 2), (cancel_late, 1), (make_late, 2), (remove, 1)):
        set_scope(company, scope="all")
        change(company, order)
        company.commit()
        assert keep(sessions)["campaigns"] == 1
        assert one(sessions, **matures).successes == expected
    assert sums(sessions) == from_scratch(sessions)


def make_late(session, order):
    make_sale(session, order)


def cancel_late(session, order):
    newest = session.scalars(select(Order).where(Order.customer_id == order.customer_id).order_by(Order.id.desc()).limit(1)).one()
    newest.cancelled_at = newest.ordered_at


def remove(session, order):
    newest = select(func.max(Order.id)).where(Order.customer_id == order.customer_id).scalar_subquery()
    session.execute(delete(Order).where(Order.id == newest))


def test_a_verdict_that_comes_later_reaches_the_day_of_its_report(company, sessions):
    feedback = make_feedback(company, make.make_work_order(company))
    company.commit()
    keep(sessions)
    day = {"day": local_date(feedback.received_at), "staff_id": feedback.staff_id}
    for number, verdict in enumerate((Verdict.CONFIRMED, Verdict.CONTRADICTED), start=1):
        set_scope(company, scope="all")
        judge(company, feedback, number, verdict)
        company.commit()
        assert keep(sessions)["campaigns"] == 1
        assert (one(sessions, **day).confirmed, one(sessions, **day).contradicted) == (2 - number, number - 1)


def test_work_that_moves_leaves_nothing_where_it_was(company, sessions):
    order = make.make_work_order(company)
    company.commit()
    keep(sessions)
    set_scope(company, scope="all")
    moved = company.get(WorkOrder, order.id)
    moved.grid_id, moved.staff_id = make.grid(company, "G12").id, make.staff(company, "cy").id
    company.commit()
    keep(sessions)
    with sessions() as session:
        set_scope(session, scope="all")
        for table in KEYS:
            assert session.scalars(text(f"SELECT DISTINCT grid_id FROM {table}")).all() == [moved.grid_id]


def test_another_family_or_cost_of_a_product_is_counted_everywhere(company, sessions):
    order = make.make_work_order(company)
    make_feedback(company, order)
    make_sale(company, order, ordered_at=NOW)
    company.commit()
    keep(sessions)
    for changes in ({"contact_cost": Decimal(3)}, {"family": "other"}):
        set_scope(company, scope="all")
        product = company.get(Product, order.product_id)
        for name, value in changes.items():
            setattr(product, name, value)
        company.commit()
        assert keep(sessions)["rows"] > 0
        assert sums(sessions) == from_scratch(sessions)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_writes_in_any_order_the_sums_are_those_of_a_count_of_everything(sessions, seed):
    chance = random.Random(seed)
    with sessions() as held, sessions() as session:
        for number in range(40):
            for one_of, often in ((session, 1.0), (held, 0.15)):
                if chance.random() < often:
                    set_scope(one_of, scope="all")
                    chance.choice(WRITES)(one_of, chance)
                    if one_of is session or chance.random() < 0.3:
                        one_of.commit()
            if number % 10 == 3:
                with suppress(Killed):
                    run_in_steps(sessions, "keep-figures", killed_after(chance.randrange(1, 5)))
            if number % 10 == 7:
                keep(sessions)
        held.commit()
    keep(sessions)
    kept = sums(sessions)
    assert len(kept["daily_figures"]) > 10
    assert kept == from_scratch(sessions)


class Killed(Exception):
    """The worker ends here."""


def killed_after(steps):
    """keep_figures by a worker that is killed in the midst of a step, when all of it is written and not yet committed."""

    def work(step):
        done = iter(range(steps))

        def counted(part):
            def until_killed(session, now):
                result = part(session, now)
                if next(done, None) is None:
                    raise Killed
                return result

            return step(until_killed)

        return keep_figures(counted)

    return work


def add_order(session, chance):
    campaign = chance.choice(session.scalars(select(Campaign).order_by(Campaign.id)).all() or [None])
    if campaign is None or chance.random() < 0.3:
        campaign = make.make_campaign(session, product_code=chance.choice(["FTTH1", "FTTH2", "TV1"]))
    number = f"C{chance.randrange(1, 16):02d}"
    taken = select(WorkOrder.id).join(Campaign, Campaign.id == WorkOrder.campaign_id)
    customer = make.customer(session, number)
    free = taken.where(WorkOrder.customer_id == customer.id)
    if session.scalars(free.where(WorkOrder.product_family == campaign.product_family)).first() is None:
        manager = chance.choice(["ana", "bo", "cy", "dee"])
        values = {
            "score": chance.random(),
            "value": chance.choice([None, Decimal(50)]),
            "state": chance.choice(["open", "planned"]),
        }
        with suppress_lock(session):
            make.make_work_order(session, campaign=campaign, customer_no=number, manager=manager, **values)


def suppress_lock(session):
    """A short wait: the other session may hold the customer's lock, uncommitted."""
    session.execute(text("SET LOCAL lock_timeout = '50ms'"))
    return Refused(session)


class Refused:
    def __init__(self, session):
        self.nested = session.begin_nested()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.nested.commit()
            return False
        self.nested.rollback()
        return True


def some_order(session, chance):
    orders = session.scalars(select(WorkOrder).order_by(WorkOrder.id)).all()
    return chance.choice(orders) if orders else None


def on_some_order(write):
    def writing(session, chance):
        order = some_order(session, chance)
        if order is not None:
            with suppress_lock(session):
                write(session, chance, order)
                session.flush()
        session.expire_all()

    return writing


@on_some_order
def report(session, chance, order):
    outcome = chance.choice(["not_reached", "bought", "refused", "interested", "wrong_number", "moved"])
    former = chance.choice(
        session.scalars(select(ContactFeedback).where(ContactFeedback.work_order_id == order.id)).all() or [None]
    )
    values = {"contacted_at": NOW + timedelta(hours=chance.randrange(-200, 400)), "reached": chance.choice([None, True])}
    if former is not None and chance.random() < 0.4:
        values["corrects_id"] = former.id
    make_feedback(
        session, order, outcome=outcome, staff_id=chance.choice([order.staff_id, make.staff(session, "bo").id]), **values
    )


@on_some_order
def judge_something(session, chance, order):
    for feedback in session.scalars(select(ContactFeedback).where(ContactFeedback.work_order_id == order.id)).all():
        newest = session.scalar(select(func.max(Verification.number)).where(Verification.feedback_id == feedback.id)) or 0
        judge(session, feedback, newest + 1, chance.choice(list(Verdict)), chance.choice([1.0, 0.3]))


@on_some_order
def sell(session, chance, order):
    make_sale(session, order, ordered_at=NOW + timedelta(days=chance.randrange(-9, 20)), amount=chance.choice([None, Decimal(9)]))


@on_some_order
def cancel(session, chance, order):
    for sale in session.scalars(select(Order).where(Order.customer_id == order.customer_id)).all():
        sale.cancelled_at = chance.choice([None, sale.ordered_at, order.matures_at + timedelta(days=1)])


@on_some_order
def close(session, chance, order):
    order.state = chance.choice([WorkOrderState.DONE, WorkOrderState.RETURNED, WorkOrderState.EXPIRED, WorkOrderState.WITHDRAWN])
    order.close_reason = "data_fault:wrong_number" if order.state == WorkOrderState.RETURNED else None
    order.closed_at = NOW + timedelta(days=chance.randrange(12))


@on_some_order
def move(session, chance, order):
    order.staff_id = make.staff(session, chance.choice(["ana", "bo", "cy", "dee"])).id
    order.grid_id = make.grid(session, chance.choice(["G11", "G12", "G21"])).id
    order.due_on += timedelta(days=chance.randrange(3))


WRITES = (add_order, add_order, add_order, report, report, judge_something, sell, cancel, close, move)


def test_no_mark_waits_for_another(sessions):
    """Marks are only added: two who change work of one campaign at the same time do not wait for one another."""
    with sessions() as first, sessions() as second:
        set_scope(first, scope="all")
        campaign = make.make_campaign(first)
        one_order = make.make_work_order(first, campaign=campaign, customer_no="C01")
        other = make.make_work_order(first, campaign=campaign, customer_no="C02")
        first.commit()
        for session, order in ((first, one_order), (second, other)):
            set_scope(session, scope="all")
            session.execute(text(f"SET LOCAL statement_timeout = '{WORST}s'"))
            session.get(WorkOrder, order.id).rank = 2
            session.flush()
        assert second.scalar(select(func.count()).select_from(FigureMark)) >= 1
        second.commit()
        first.commit()


def test_two_never_add_up_at_the_same_time(company, sessions):
    """Not even of two campaigns: who makes days and months anew meets nobody who adds to them."""
    one_order, other_order = make.make_work_order(company), make.make_work_order(company, customer_no="C11", manager="cy")
    company.commit()
    with sessions() as first, sessions() as second:
        set_scope(first, scope="all")
        assert recount_campaign(first, campaign_id=one_order.campaign_id) > 0
        set_scope(second, scope="all")
        second.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"), second.begin_nested():
            recount_campaign(second, campaign_id=other_order.campaign_id)
        with pytest.raises(OperationalError, match="lock timeout"):
            keeping._sum_anew(second)


def test_what_commits_while_it_is_counted_is_counted_the_next_time(company, sessions, monkeypatch):
    order = make.make_work_order(company)
    company.commit()

    def count(*told):
        found = find_difference(*told)
        with sessions() as other:
            set_scope(other, scope="all")
            other.get(WorkOrder, order.id).due_on += timedelta(days=1)
            other.commit()
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(keeping, "find_difference", count)
        keep(sessions)
    assert keep(sessions)["campaigns"] == 1
    assert sums(sessions) == from_scratch(sessions)


def test_a_run_marks_its_campaign_and_an_order_outside_of_a_run_its_grid(session):
    order = make.make_work_order(session)
    marks = session.execute(select(FigureMark.campaign_id, FigureMark.grid_id)).all()
    assert {tuple(mark) for mark in marks} == {(order.campaign_id, None), (order.campaign_id, order.grid_id)}


def test_a_terminal_manager_marks_and_reads_no_marks(company, sessions):
    order = make.make_work_order(company)
    company.commit()
    with sessions() as session:
        set_scope(session, scope="own", grid_ids=[order.grid_id], staff_id=order.staff_id)
        make_feedback(session, order)
        assert session.scalars(select(FigureMark.id)).all() == []
        session.commit()
    keep(sessions)
    assert one(sessions, MonthlyFigures, month=Month.of(NOW), staff_id=order.staff_id).reports == 1
