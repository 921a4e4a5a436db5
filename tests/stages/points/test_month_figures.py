"""A whole month added up by PostgreSQL, against the same by single facts."""

from datetime import timedelta
from decimal import Decimal

from app.models.points import BasePoints
from app.points.closing.month_figures import figures_of_month, take_down_facts
from app.points.figures import gather
from app.points.queries import base_points, feedback_facts, work_order_facts
from app.verification.drawing import draw_back_checks
from app.verification.service import verify_feedback
from tests.factories import NOW, staff
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_feedback, make_orders, make_sale


def test_the_month_at_once_gives_the_figures_that_single_facts_give(session):
    """Ana's October, orders that Bo and Cy share, feedback that is not judged, and somebody with base points alone."""
    make_anas_october(session)
    shared = make_orders(session, "bo", ["C01", "C02", "C03"])
    for hours, name in enumerate(("bo", "cy", "ana")):
        person = staff(session, name)
        for order in shared[hours:]:
            at = NOW + timedelta(hours=hours)
            make_feedback(session, order, outcome="interested", staff_id=person.id, grid_id=person.unit_id, contacted_at=at)
    make_sale(session, shared[2], ordered_at=NOW + timedelta(days=1))
    session.add(BasePoints(period=OCTOBER, staff_id=staff(session, "dee").id, component="growth", points=Decimal("12.5")))
    session.flush()
    verify_feedback(session, now=CLOSING)
    draw_back_checks(session, month=OCTOBER, secret="s", share=0.5, now=CLOSING)
    facts = work_order_facts(session, OCTOBER, now=CLOSING), feedback_facts(session, OCTOBER), base_points(session, OCTOBER)
    counts = take_down_facts(session, month=OCTOBER, now=CLOSING)
    found = figures_of_month(session, base_points=base_points(session, OCTOBER))
    assert found == gather(*facts)
    assert counts == {"work_orders": 13, "feedbacks": 12}
    assert {who: one.success.shared for who, one in found.items() if one.success.shared} != {}
    assert not found[staff(session, "dee").id].worked


def test_taking_down_again_in_the_same_transaction_forgets_what_was_taken_down(session):
    make_anas_october(session)
    first = take_down_facts(session, month=OCTOBER, now=CLOSING)
    assert take_down_facts(session, month=OCTOBER, now=CLOSING) == first
