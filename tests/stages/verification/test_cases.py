"""Cases that people decide."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.core.db import set_scope
from app.models.evidence import CaseKind, EvidenceRuleState, ReviewCase
from app.verification.cases import open_cases
from app.verification.pleading import Case, Reason
from tests.factories import NOW, grid, make_work_order, staff
from tests.truth import OCTOBER, make_feedback

WHY = Reason("call_missing", 1, "话单中没有", "not in the calls feed", {"reports": 4})


def _case(session, feedback_id=None):
    return Case(staff(session, "ana").id, grid(session, "G11").id, (WHY,), feedback_id)


def _open(session, *cases):
    return open_cases(session, month=OCTOBER, cases=cases, now=NOW)


def test_a_manager_s_month_and_each_report_have_one_case_however_often_it_is_opened(session):
    feedback = make_feedback(session, make_work_order(session))
    assert _open(session, _case(session), _case(session, feedback.id)) == 2
    assert _open(session, _case(session), _case(session, feedback.id)) == 0
    kept = session.scalars(select(ReviewCase).order_by(ReviewCase.kind)).all()
    assert [case.kind for case in kept] == [CaseKind.FEEDBACK, CaseKind.MANAGER]
    assert kept[0].reasons == [{"rule": "call_missing", "version": 1, "zh": WHY.zh, "en": WHY.en, "facts": {"reports": 4}}]


def test_nobody_sees_a_case_about_themselves_but_those_who_manage_the_grid_do(session):
    _open(session, _case(session))
    g11, ana = grid(session, "G11").id, staff(session, "ana").id
    for scope, seen in (("grids", 1), ("own", 0)):
        set_scope(session, scope=scope, grid_ids=[g11], staff_id=ana)
        assert session.scalar(text("SELECT count(*) FROM review_cases")) == seen, scope


@pytest.mark.parametrize(
    ("wrong", "guard"),
    [
        ("decision = 'upheld', decided_at = now()", "decided_whole"),
        ("seconded_at = now(), seconded_by_account_id = 1", "seconded_after"),
        (
            "decision = 'upheld', decision_reason = 'x', decided_at = now(), decided_by_account_id = 1,"
            " seconded_at = now(), seconded_by_account_id = 1",
            "two_persons",
        ),
        (
            "decision = 'upheld', decision_reason = 'x', decided_at = now(), decided_by_account_id = 1, seconded_at = now()",
            "seconded_whole",
        ),
        ("kind = 'feedback'", "about"),
        ("decision = 'perhaps'", "case_decision"),
    ],
)
def test_a_half_made_decision_is_refused_by_the_table(session, wrong, guard):
    _open(session, _case(session))
    with pytest.raises(DBAPIError, match=f"ck_review_cases_{guard}"):
        session.execute(text(f"UPDATE review_cases SET {wrong}"))


@pytest.mark.parametrize(
    ("wrong", "guard"),
    [
        ({"floor": 1.1}, "floor"),
        ({"decided": 3, "upheld": 4}, "upheld"),
        ({"switched_off_at": NOW}, "switched_off_whole"),
    ],
)
def test_the_state_of_a_rule_is_whole(session, wrong, guard):
    session.add(EvidenceRuleState(**{"rule": "call_missing", "version": 1, "floor": 0.5, "decided": 0, "upheld": 0} | wrong))
    with pytest.raises(DBAPIError, match=f"ck_evidence_rule_states_{guard}"):
        session.flush()
