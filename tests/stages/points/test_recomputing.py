"""A closed month is computed again from what was stored at its close: the same bytes, wherever and in whatever order."""

import os
import random
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import delete, select, update

from app.core.db import set_scope, sqlalchemy_url
from app.models.organisation import Staff
from app.models.points import BasePoints, PayrollFile, PointsEntry
from app.models.work_order import WorkOrder
from app.points.closing.close import close_month
from app.points.payroll import recompute
from app.points.payroll.file_format import read_file
from app.points.payroll.recompute import InputsNotKept, RecomputedDiffers, recompute_month
from app.points.payroll.recomputing import first_difference, recompute_file
from app.points.statement_queries import MonthNotClosed
from tests.factories import staff
from tests.stages.points.test_plans import approved
from tests.truth import CLOSING, OCTOBER, make_anas_october, make_orders, make_sale


@pytest.fixture
def october(session):
    """Ana's October, closed; gives the SHA-256 of payroll's file."""
    make_anas_october(session)
    close_month(session, month=OCTOBER, now=CLOSING)
    return session.get_one(PayrollFile, OCTOBER).sha256


def test_it_is_the_file_that_payroll_pulled_though_what_it_came_from_has_changed(session, october):
    session.execute(update(WorkOrder).values(score=0.9))
    session.execute(update(Staff).values(staff_no=Staff.staff_no + "X"))
    session.execute(delete(BasePoints))
    found = recompute_month(session, month=OCTOBER, now=CLOSING)
    assert (found["sha256"], found["rows"]) == (october, 12)


def test_it_does_not_depend_on_the_order_of_what_it_is_given(session, october):
    inputs = recompute._inputs(session, OCTOBER)
    given = {name: list(getattr(inputs, name)) for name in ("work_orders", "feedback", "base_points", "posted")}
    chance = random.Random(5)
    for _ in range(20):
        for each in given.values():
            chance.shuffle(each)
        managers = dict(chance.sample(sorted(inputs.managers.items()), len(inputs.managers)))
        assert recompute_file(replace(inputs, **given, managers=managers)).sha256 == october


def test_evidence_that_says_otherwise_gives_another_file_and_the_first_difference_is_named(session, october, monkeypatch):
    inputs = recompute._inputs(session, OCTOBER)
    work_orders = [fact._replace(counted="success") for fact in inputs.work_orders]
    feedback = list(inputs.feedback)
    monkeypatch.setattr(recompute, "_inputs", lambda *_: replace(inputs, work_orders=work_orders, feedback=feedback))
    with pytest.raises(RecomputedDiffers, match=r"2026-10: row 2: ANA success 11\.6667 is computed as ANA 20\.0000"):
        recompute_month(session, month=OCTOBER, now=CLOSING)


def test_a_row_too_many_or_too_few_is_a_difference(session, october):
    lines = read_file(session.get_one(PayrollFile, OCTOBER).content)
    assert first_difference(lines, lines) == ""
    assert first_difference(lines, lines[:-1]) == "12 rows are stored, 11 computed"


def test_an_open_month_is_not_recomputed(session):
    with pytest.raises(MonthNotClosed):
        recompute_month(session, month=OCTOBER, now=CLOSING)


@pytest.mark.parametrize("statement", ["DELETE FROM points_inputs", "UPDATE points_evidence SET score = NULL"])
def test_a_month_closed_before_its_inputs_were_kept_says_so(company, database, statement):
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    with psycopg.connect(sqlalchemy_url(database).set(drivername="postgresql").render_as_string(hide_password=False)) as owner:
        owner.execute("SELECT set_config('gridwork.scope', 'all', false), override_ledger('as a release before left it')")
        owner.execute(statement)
    set_scope(company, scope="all")
    with pytest.raises(InputsNotKept):
        recompute_month(company, month=OCTOBER, now=CLOSING)


def test_the_command_gives_the_same_bytes_in_another_zone_locale_and_hash_seed(company, database, tmp_path):
    make_anas_october(company)
    close_month(company, month=OCTOBER, now=CLOSING)
    company.commit()
    set_scope(company, scope="all")
    expected = company.get_one(PayrollFile, OCTOBER).sha256
    for zone, locale, seed in (("America/New_York", "C", "1"), ("Pacific/Kiritimati", "tr_TR.UTF-8", "77")):
        here = {"DATABASE_URL": database, "GRIDWORK_HOME": str(tmp_path / "home"), "GRIDWORK_STORAGE": str(tmp_path / "files")}
        there = {"TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed, "PGTZ": zone}
        done = subprocess.run([sys.executable, "-m", "app.cli", "recompute-month", "2026-10"], env=os.environ | here | there,
                              capture_output=True, text=True, timeout=120)  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout


def test_it_is_the_same_where_a_branch_pays_no_success_and_the_company_pays_its_index(session):
    """The company's ratio, of which the index is made, comes from all managers: also from those whose plan pays no success, of
    whose work orders there is no evidence."""
    existing = {"component": "existing_scheme", "weight": "100", "floor": "0", "target": "100", "cap": "1", "fallback": "0"}
    before = {"now": OCTOBER.previous.starts_at, "effective_from": str(OCTOBER)}
    approved(session, pays="success_index", **before)
    approved(session, code="north", unit_code="B1", components=[existing], **before)
    make_anas_october(session)  # of branch B1: 1 success where 1.6 were expected
    won, *_ = make_orders(session, "dee", ["C11", "C12", "C13", "C14"])
    make_sale(session, won)
    close_month(session, month=OCTOBER, now=CLOSING)
    dee, ana = staff(session, "dee").id, staff(session, "ana").id
    entries = {(one.staff_id, one.component.value): one for one in session.scalars(select(PointsEntry))}
    assert (ana, "success") not in entries
    assert entries[dee, "success"].explanation["figures"]["company_ratio"] == "0.83333333"  # 2 of 2.4, hers alone 1.25
    found = recompute_month(session, month=OCTOBER, now=CLOSING)
    assert found["sha256"] == session.get_one(PayrollFile, OCTOBER).sha256
