"""Drawing back-checks for every manager, and asking customers from outside the manager's line."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.db import set_scope
from app.models.evidence import EvidenceFinding
from app.models.feedback import BackCheck, BackCheckStratum
from app.verification.cases import open_cases
from app.verification.drawing import draw_back_checks
from app.verification.pleading import Case, Reason
from app.verification.sampling import CASE_SHARE, RISK_SHARE
from tests.factories import NOW, grid, make_work_order, staff
from tests.truth import OCTOBER, make_feedback

LATER = NOW + timedelta(days=5)


def draw(session, **overrides):
    return draw_back_checks(session, **{"month": OCTOBER, "secret": "s", "share": 0.01, "now": LATER} | overrides)


def report(session, customer_no, manager="ana", **overrides):
    return make_feedback(session, make_work_order(session, customer_no=customer_no, manager=manager), **overrides)


def drawn(session):
    return list(session.scalars(select(BackCheck).order_by(BackCheck.feedback_id)))


def test_every_manager_is_drawn_for_and_of_few_reports_all_are(session):
    for number in range(4, 11):
        report(session, f"C{number:02d}")
    report(session, "C03", "bo")
    report(session, "C11", "cy")
    assert draw(session)["looked_at"] == 9
    by_manager = {one.staff_id for one in drawn(session)}
    assert by_manager == {staff(session, name).id for name in ("ana", "bo", "cy")}
    alone = next(one for one in drawn(session) if one.staff_id == staff(session, "bo").id)
    assert (alone.inclusion_probability, alone.core_probability) == (1, 1)


def test_what_is_drawn_from_is_kept_with_its_figures_and_drawn_from_once(session):
    for number in range(1, 11):
        report(session, f"C{number:02d}")
    first = draw(session)
    (stratum,) = session.scalars(select(BackCheckStratum))
    assert (stratum.part, stratum.population, stratum.least, stratum.guaranteed) == (2, 10, 3, 3)
    assert {one.core_probability for one in drawn(session)} == {stratum.core_probability}
    assert draw(session, share=1.0) == {"looked_at": 0, "drawn": 0}
    assert len(drawn(session)) == first["drawn"] >= 3
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        session.execute(text("UPDATE back_check_strata SET population = 1"))


def test_a_part_that_is_not_over_is_not_drawn_from(session):
    report(session, "C01")
    assert draw(session, now=NOW + timedelta(days=1))["looked_at"] == 0


def test_the_least_of_a_later_part_counts_what_earlier_parts_guaranteed_and_not_what_they_drew(session):
    for number in range(1, 6):
        report(session, f"C{number:02d}")
    draw(session, share=1.0)
    for number in range(6, 11):
        report(session, f"C{number:02d}", contacted_at=NOW + timedelta(days=7))
    draw(session, now=NOW + timedelta(days=12))
    before, after = session.scalars(select(BackCheckStratum).order_by(BackCheckStratum.part))
    assert (before.guaranteed, after.least) == (3, 1)


def test_risk_adds_a_draw_of_its_own_and_both_probabilities_are_kept(session):
    reports = [report(session, f"C{number:02d}") for number in range(1, 11)]
    draw(session, risks={one.id: 1.0 for one in reports[:2]})
    by_id = {one.feedback_id: one for one in drawn(session)}
    for one in reports[:2]:
        assert (by_id[one.id].risk_probability, by_id[one.id].inclusion_probability) == (1, 1)
        assert by_id[one.id].core_probability < 1
    others = [one for one in by_id.values() if one.risk_probability == 0]
    assert all(one.inclusion_probability == one.core_probability for one in others)


def test_what_evidence_found_and_what_has_a_case_is_drawn_for_its_risk_whatever_was_decided(session):
    first, second, third = (report(session, f"C{number:02d}") for number in (1, 2, 3))
    other = report(session, "C11", "cy")
    reason = Reason("speed", 1, "太快", "too fast", {})
    of_ana = staff(session, "ana").id, grid(session, "G11").id, (reason,)
    open_cases(session, month=OCTOBER, cases=[Case(*of_ana), Case(*of_ana, first.id)], now=NOW)
    place = {"staff_id": second.staff_id, "grid_id": second.grid_id, "month": OCTOBER}
    found = {"rule": "speed", "rule_version": 1, "strength": 0.5, "facts": {}, "found_at": NOW}
    session.add(EvidenceFinding(feedback_id=second.id, **place, **found))
    session.flush()
    draw(session)
    risks = {one.feedback_id: one.risk_probability for one in drawn(session)}
    assert risks == {first.id: RISK_SHARE, second.id: RISK_SHARE, third.id: CASE_SHARE, other.id: 0}


def test_another_grid_of_the_branch_asks_and_where_there_is_none_another_branch_does(session):
    report(session, "C01")
    report(session, "C11", "cy")
    report(session, "C15", "dee")
    draw(session)
    asks = {one.grid_id: one.caller_grid_id for one in drawn(session)}
    g11, g12, g21 = (grid(session, code).id for code in ("G11", "G12", "G21"))
    assert (asks[g11], asks[g12]) == (g12, g11)
    assert asks[g21] in (g11, g12)


def test_the_manager_s_own_grid_cannot_ask_whatever_is_written(session):
    report(session, "C01")
    draw(session)
    with pytest.raises(DBAPIError, match="ck_back_checks_outside"):
        session.execute(text("UPDATE back_checks SET caller_grid_id = grid_id"))


def test_of_two_draws_at_once_one_draws(sessions):
    with sessions() as session:
        set_scope(session, scope="all")
        for number in range(1, 11):
            report(session, f"C{number:02d}")
        session.commit()
    together = Barrier(2)

    def one(secret):
        with sessions() as session:
            set_scope(session, scope="all")
            together.wait()
            found = draw(session, secret=secret)
            session.commit()
            return found["looked_at"]

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(one, ["one", "other"])) == [0, 10]
