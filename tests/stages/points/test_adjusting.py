"""Late wins and cancellations of closed months."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.core.clock import Month
from app.dispatch.by_hand.returning import decide_return, give_back
from app.models.points import EntryKind, MonthlyStatement, PointsEntry, PointsEvidence
from app.models.work_order import ReturnDecision, WorkOrderReturn, WorkOrderState
from app.points.closing.close import close_month
from app.points.figures import count_success
from app.points.formula import DEFAULT_PLAN, ONE, earn_success
from app.points.late.service import adjust_closed_months
from app.points.queries import work_order_facts
from tests.factories import NOW, staff
from tests.phones import principal_of
from tests.truth import CLOSED_SALE, CLOSING, OCTOBER, make_anas_october, make_orders, make_sale

NOVEMBER = Month(2026, 11)
LATER = CLOSING + timedelta(days=1)
KINDS = ("late_wins", "cancelled", "left_out", "counted_again", "credit_moved", "verdicts", "base_points")
NOTHING = dict.fromkeys(KINDS, 0) | {"points": "0"}


def _adjustments(session):
    return list(session.scalars(select(PointsEntry).where(PointsEntry.kind == EntryKind.ADJUSTMENT).order_by(PointsEntry.id)))


def _original(session):
    ana = staff(session, "ana").id
    found = select(PointsEntry).where(
        PointsEntry.staff_id == ana,
        PointsEntry.month == OCTOBER,
        PointsEntry.component == "success",
        PointsEntry.kind == "earned",
    )
    return session.scalars(found).one()


def _points_by_the_facts(session):
    """October's success points of Ana, computed anew from billing."""
    ana = staff(session, "ana").id
    facts = work_order_facts(session, OCTOBER, now=LATER, staff_ids=[ana])
    return earn_success(count_success(facts)[ana], DEFAULT_PLAN, ONE).points


@pytest.fixture
def orders(session):
    """Ana's October, closed."""
    orders = make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    return orders


def test_a_late_win_is_posted_to_the_open_month_with_its_link_and_reason(session, orders):
    """1 of 8 becomes 2 of 8: 11.6667 becomes 20."""
    sale = make_sale(session, orders[9])
    counts = adjust_closed_months(session, now=LATER)
    assert counts == NOTHING | {"late_wins": 1, "points": "8.3333", "month": "2026-11"}
    (entry,) = _adjustments(session)
    assert (entry.month, entry.points, entry.component) == (NOVEMBER, Decimal("8.3333"), "success")
    assert (entry.refers_to_id, entry.cause) == (_original(session).id, f"late_win:{orders[9].id}")
    assert sale.order_no in entry.explanation["words"]
    evidence = session.scalars(select(PointsEvidence).where(PointsEvidence.entry_id == entry.id)).one()
    assert (evidence.work_order_id, evidence.order_id, evidence.counted) == (orders[9].id, sale.id, "success")


def test_a_cancellation_takes_back_what_was_paid(session, orders):
    won = make_sale_of(session, orders[0])
    won.cancelled_at = CLOSED_SALE + timedelta(days=2)
    session.flush()
    assert adjust_closed_months(session, now=LATER)["points"] == "-11.6667"
    (entry,) = _adjustments(session)
    assert entry.cause == f"cancelled:{orders[0].id}"


def make_sale_of(session, order):
    from app.models.customer import Order

    return session.scalars(select(Order).where(Order.customer_id == order.customer_id)).one()


def test_a_cancellation_after_maturity_changes_nothing(session, orders):
    make_sale_of(session, orders[0]).cancelled_at = orders[0].matures_at + timedelta(seconds=1)
    session.flush()
    assert adjust_closed_months(session, now=LATER)["points"] == "0"


def test_doing_it_again_changes_nothing(session, orders):
    make_sale(session, orders[9])
    adjust_closed_months(session, now=LATER)
    assert adjust_closed_months(session, now=LATER) == NOTHING
    assert len(_adjustments(session)) == 1


def test_what_was_left_out_stays_left_out(session, orders):
    make_sale(session, orders[7])
    assert adjust_closed_months(session, now=LATER)["late_wins"] == 0


def test_many_corrections_of_one_line_sum_to_the_points_under_the_facts(session, orders):
    """Three late wins (one more than the cap pays for), a cancellation, and one that is won, cancelled and won again."""
    sales = [make_sale(session, order) for order in (orders[1], orders[8], orders[9])]
    adjust_closed_months(session, now=LATER)
    for wave in range(3):
        sales[2].cancelled_at = CLOSED_SALE if wave % 2 == 0 else None
        make_sale_of(session, orders[0]).cancelled_at = CLOSED_SALE
        session.flush()
        adjust_closed_months(session, now=LATER)
        paid = _original(session).points + sum(entry.points for entry in _adjustments(session))
        assert paid == _points_by_the_facts(session)
    causes = [entry.cause for entry in _adjustments(session)]
    number = orders[9].id
    assert [cause for cause in causes if f":{number}" in cause] == [
        f"late_win:{number}",
        f"cancelled:{number}",
        f"late_win:{number}#2",
        f"cancelled:{number}#2",
    ]


def _paid(session):
    return _original(session).points + sum(entry.points for entry in _adjustments(session))


def test_a_return_that_was_decided_after_the_close_leaves_the_denominator_of_the_closed_month(session, orders):
    """1 of 8 becomes 1 of 7; what was expected of it leaves too."""
    order = orders[9]
    given_back(session, order)
    assert adjust_closed_months(session, now=LATER) == NOTHING  # until it is decided it counts
    decide(session, order, ReturnDecision.ACCEPTED)
    counts = adjust_closed_months(session, now=LATER)
    assert (counts["left_out"], counts["late_wins"], counts["points"]) == (1, 0, "1.9841")
    (entry,) = _adjustments(session)
    assert (entry.month, entry.refers_to_id, entry.cause) == (NOVEMBER, _original(session).id, f"left_out:{order.id}")
    figures = entry.explanation["figures"]
    steps = figures["step"], figures["matured_step"], figures["left_out_step"], Decimal(figures["expected_step"])
    assert steps == (0, -1, 1, -Decimal("0.2"))
    assert "1 successes of 8 become 1 of 7" in entry.explanation["words"]
    evidence = session.scalars(select(PointsEvidence).where(PointsEvidence.entry_id == entry.id)).one()
    assert (evidence.work_order_id, evidence.counted, evidence.weight) == (order.id, "left_out", 1)
    assert _paid(session) == _points_by_the_facts(session)
    assert adjust_closed_months(session, now=LATER) == NOTHING


def test_a_return_that_counts_or_was_rejected_after_the_close_adjusts_nothing(session, orders):
    given_back(session, orders[8], reason="no_time")
    decide(session, orders[8], ReturnDecision.ACCEPTED)
    given_back(session, orders[9])
    decide(session, orders[9], ReturnDecision.REJECTED)
    assert adjust_closed_months(session, now=LATER) == NOTHING


def test_a_success_that_was_withdrawn_late_and_one_that_counts_again_are_paid_as_the_facts_are(session, orders):
    orders[0].state = WorkOrderState.WITHDRAWN
    orders[7].state = WorkOrderState.DONE
    session.flush()
    counts = adjust_closed_months(session, now=LATER)
    assert (counts["left_out"], counts["counted_again"]) == (1, 1)
    assert _paid(session) == _points_by_the_facts(session)
    make_sale(session, orders[9])
    orders[7].state = WorkOrderState.RETURNED
    orders[0].state = WorkOrderState.DONE
    session.flush()
    adjust_closed_months(session, now=LATER)
    assert _paid(session) == _points_by_the_facts(session)
    causes = {entry.cause.split(":")[0] for entry in _adjustments(session)}
    assert causes == {"left_out", "counted_again", "late_win"}


def given_back(session, order, reason="wrong_number"):
    order.state, order.closed_at, order.close_reason = WorkOrderState.OPEN, None, None
    session.flush()
    give_back(
        session,
        principal=principal_of(session, "ana"),
        work_order_id=order.id,
        reason=reason,
        note="-",
        feedback_id=None,
        now=NOW,
    )


def decide(session, order, decision):
    found = session.scalars(select(WorkOrderReturn).where(WorkOrderReturn.work_order_id == order.id)).one()
    decide_return(
        session,
        return_id=found.id,
        decision=decision,
        note=None,
        grid_ids=None,
        actor_account_id=None,
        now=NOW + timedelta(days=1),
    )


def test_an_adjustment_is_paid_with_the_next_close_and_the_closed_month_is_as_it_was(session, orders):
    before = session.get_one(MonthlyStatement, (OCTOBER, orders[0].staff_id)).lines
    make_sale(session, orders[9])
    adjust_closed_months(session, now=LATER)
    close_month(session, month=NOVEMBER, now=NOVEMBER.ends_at)
    statement = session.get_one(MonthlyStatement, (NOVEMBER, orders[0].staff_id))
    assert statement.total == Decimal("28.3333")  # the fallbacks of a month without work, and the late win
    assert statement.lines[0]["cause"] == f"late_win:{orders[9].id}"
    session.expire_all()
    assert session.get_one(MonthlyStatement, (OCTOBER, orders[0].staff_id)).lines == before


def test_a_correction_never_goes_to_a_closed_month_though_the_clock_says_so(session, orders):
    make_sale(session, orders[9])
    assert adjust_closed_months(session, now=CLOSED_SALE)["month"] == "2026-11"


def test_an_open_month_is_not_adjusted(session):
    orders = make_orders(session, "ana", ["C01"])
    make_sale(session, orders[0])
    adjust_closed_months(session, now=LATER)
    assert session.scalar(select(func.count()).select_from(PointsEntry)) == 0
