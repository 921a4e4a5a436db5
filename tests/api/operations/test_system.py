"""Feeds, jobs, settings, health, and who did what: for administrators."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.access.job_requests import note_times, take_requests
from app.core import clock
from app.core.db import set_scope
from app.models.operations import ImportBatch, JobOutcome, JobRun, RejectedRow
from app.reports.administration.settings import HIDDEN, settings_shown
from app.settings import Settings
from tests.factories import NOW, TODAY, make_work_order

BASE = "/operations/v1"


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def ada(client_as):
    return client_as("ada")


def commit(company):
    company.commit()
    set_scope(company, scope="all")


@pytest.fixture
def imports(company):
    """A clean file of orders, and one of which two rows were put aside."""
    for number, rejected in enumerate((0, 2), start=1):
        counts = {"rows": 5, "inserted": 5 - rejected, "rejected": rejected}
        facts = {"header": ["order_no", "ordered_at"], "ignored_columns": [], "counts": counts, "imported_at": NOW}
        company.add(ImportBatch(feed="orders", file_name=f"orders{number}.csv", sha256=str(number), **facts))
        company.flush()
    batch = company.query(ImportBatch).filter_by(sha256="2").one().id
    for line in (3, 7):
        facts = {"column_name": "ordered_at", "code": "instant", "reason": "expected an instant", "cells": [f"O{line}", "soon"]}
        company.add(RejectedRow(batch_id=batch, line=line, **facts))
    commit(company)
    return batch


def test_a_feed_shows_its_last_file_and_the_rows_put_aside_are_read(ada, imports):
    feeds = {one["feed"]: one for one in ada.get(f"{BASE}/feeds").json()["items"]}
    assert len(feeds) == 14
    orders = feeds["orders"]
    assert (orders["file_name"], orders["counts"]["rejected"], orders["has_days"]) == ("orders2.csv", 2, True)
    assert (feeds["ties"]["import_id"], feeds["ties"]["has_days"]) == (None, False)
    found = ada.get(f"{BASE}/imports", params={"feed": "orders", "rejected": True}).json()["items"]
    assert [one["id"] for one in found] == [imports]
    first = ada.get(f"{BASE}/imports/{imports}/rejected", params={"limit": 1}).json()
    second = ada.get(f"{BASE}/imports/{imports}/rejected", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [one["line"] for one in first["items"] + second["items"]] == [3, 7]
    assert (first["header"], first["items"][0]["cells"]) == (["order_no", "ordered_at"], ["O3", "soon"])
    assert ada.get(f"{BASE}/imports/999/rejected").status_code == 404


def test_complete_days_are_declared_by_a_person_and_shown_by_feed(ada):
    first, last = TODAY - timedelta(days=3), TODAY - timedelta(days=1)
    body = {"first": str(first), "last": str(last)}
    assert ada.post(f"{BASE}/feeds/calls/complete", json=body).json() == {"feed": "calls", "days": 3}
    assert ada.post(f"{BASE}/feeds/calls/complete", json=body).json()["days"] == 0
    shown = ada.get(f"{BASE}/feeds/calendar").json()
    days = {one["feed"]: one["days"] for one in shown["items"]}
    assert (days["calls"], days["orders"], shown["last_over"]) == ([str(first + timedelta(n)) for n in range(3)], [], str(last))
    assert ada.post(f"{BASE}/feeds/calls/complete", json=body | {"last": str(TODAY)}).status_code == 422
    assert ada.post(f"{BASE}/feeds/ties/complete", json=body).status_code == 422
    assert ada.post(f"{BASE}/feeds/luck/complete", json=body).status_code == 404
    assert ada.get(f"{BASE}/feeds/calendar", params={"first": "2020-01-01"}).status_code == 422
    (entry, *_) = ada.get(f"{BASE}/audit", params={"about": "feed:calls"}).json()["items"]
    assert (entry["login"], entry["act"]) == ("ada", "feed.declared")


def test_a_job_shows_its_last_success_and_its_last_failure_with_the_message(ada, company):
    rows = [("verify-feedback", "minute */15", NOW + timedelta(minutes=5), True), ("rank-customers", "hour 3", None, False)]
    note_times(company, rows=rows, now=NOW)
    for n, (outcome, error) in enumerate(((JobOutcome.FAILED, "orders.gone: no"), (JobOutcome.DONE, None))):
        at = {"started_at": NOW + timedelta(minutes=n), "finished_at": NOW + timedelta(minutes=n, seconds=30)}
        company.add(JobRun(job="verify-feedback", outcome=outcome, counts={"n": n}, error=error, **at))
        company.flush()
    commit(company)
    shown = {one["job"]: one for one in ada.get(f"{BASE}/jobs/timetable").json()["items"]}
    verify = shown["verify-feedback"]
    assert (verify["last_outcome"], verify["last_error"], verify["last_seconds"]) == ("done", "orders.gone: no", 30.0)
    assert (shown["rank-customers"]["last_outcome"], shown["rank-customers"]["may_ask"]) == (None, False)
    failed = ada.get(f"{BASE}/jobs", params={"failed": True}).json()["items"]
    assert [one["error"] for one in failed] == ["orders.gone: no"]
    note_times(company, rows=rows[:1], now=NOW)
    commit(company)
    assert [one["job"] for one in ada.get(f"{BASE}/jobs/timetable").json()["items"]] == ["verify-feedback"]


def test_a_job_is_asked_for_once_by_name_where_that_is_safe_and_given_out_once(ada, company):
    note_times(company, rows=[("purge", "hour 4", None, True), ("rank-customers", "hour 3", None, False)], now=NOW)
    commit(company)
    assert ada.post(f"{BASE}/jobs/purge/run").status_code == 202
    assert ada.post(f"{BASE}/jobs/purge/run").json()["code"] == "job.asked"
    assert ada.post(f"{BASE}/jobs/rank-customers/run").json()["code"] == "job.not_on_request"
    assert ada.post(f"{BASE}/jobs/luck/run").status_code == 404
    assert ada.get(f"{BASE}/jobs/timetable").json()["items"][0]["waiting_since"] is not None
    assert (take_requests(company, now=NOW), take_requests(company, now=NOW)) == (["purge"], [])
    commit(company)
    assert ada.post(f"{BASE}/jobs/purge/run").status_code == 202


def test_settings_are_read_and_their_secrets_are_not(ada, tmp_path):
    shown = {one["variable"]: one["value"] for one in ada.get(f"{BASE}/settings").json()["items"]}
    assert shown["GRIDWORK_QUIET_HOURS"] == "21-8"
    assert "postgres" in shown["GRIDWORK_DATABASE_URL"]
    secret = "k" * 43
    told = {"database_url": "postgresql://me:sesame@db:5432/x", "mail": "smtp://u:sesame@host:587", "payroll_key": secret}
    told |= {"storage": "s3://bucket/x?access_key_id=sesame", "secret": "sesame" * 6, "sms": "https://u:sesame@host/?key=sesame"}
    values = {one.variable: one.value for one in settings_shown(Settings(home=tmp_path, **told))}
    assert [name for name, value in values.items() if "sesame" in value or secret in value] == []
    assert (values["GRIDWORK_SECRET"], values["GRIDWORK_WEBHOOK_KEY"]) == (HIDDEN, "")
    assert values["GRIDWORK_DATABASE_URL"] == f"postgresql://{HIDDEN}@db:5432/x"


def test_health_says_what_is_wrong_and_what_to_do(ada, company):
    found = {one["check"]: one for one in ada.get(f"{BASE}/health").json()["checks"]}
    assert (found["worker"]["well"], found["overdue_jobs"]["well"], found["outbox"]["well"]) == (False, True, True)
    note_times(company, rows=[("purge", "hour 4", NOW - timedelta(hours=1), True)], now=NOW)
    company.add(JobRun(job="purge", outcome=JobOutcome.FAILED, counts={}, error="x", started_at=NOW, finished_at=NOW))
    commit(company)
    answer = ada.get(f"{BASE}/health").json()
    found = {one["check"]: one for one in answer["checks"]}
    assert (found["overdue_jobs"]["found"], found["failed_jobs"]["found"], answer["well"]) == ("purge", "purge", False)
    assert answer["database_bytes"] > 1_000_000


def test_what_was_done_is_found_by_person_object_and_time(ada, client_as, company):
    order = make_work_order(company)
    commit(company)
    chen = client_as("chen")
    action = {"verb": "reassign", "to_staff_nos": ["BO"], "reason": "she is ill"}
    moved = chen.post("/dashboard/v1/work-orders/bulk", json={"action": action, "ids": [order.id]})
    assert moved.json()["items"][0]["code"] is None, moved.text
    assert chen.post("/dashboard/v1/customers/C01/reveal", json={"purpose": "a back-check"}).status_code == 200
    ada.post(f"{BASE}/accounts/bo/disable", json={"reason": "left the company"})

    def acts(**sought):
        return [one["act"] for one in ada.get(f"{BASE}/audit", params=sought).json()["items"]]

    assert acts(who="chen") == acts(who="CHEN") == ["disclosure.reveal", "work_order.reassigned"]
    assert acts(about="customer:C01") == ["disclosure.reveal"]
    assert acts(about=f"work_order:{order.id}") == ["work_order.reassigned"]
    assert acts(who="ada", about="account:bo") == ["account.disabled"]
    assert acts(since=(NOW + timedelta(days=1)).isoformat()) == acts(until=(NOW - timedelta(days=1)).isoformat()) == []
    (entry,) = ada.get(f"{BASE}/audit", params={"about": "account:bo"}).json()["items"]
    assert (entry["login"], entry["reason"]) == ("ada", "left the company")
    first = ada.get(f"{BASE}/audit", params={"limit": 2}).json()
    second = ada.get(f"{BASE}/audit", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    numbers = [one["id"] for one in first["items"] + second["items"]]
    assert len(numbers) == len(set(numbers)) == 3
    assert ada.get(f"{BASE}/audit", params={"who": "nobody"}).json()["errors"][0]["field"] == "who"
    assert ada.get(f"{BASE}/audit", params={"who": "ada", "cursor": first["next_cursor"]}).status_code == 422


def test_nobody_adds_to_the_record_or_takes_from_it_and_a_manager_reads_none_of_it(ada, company):
    ada.post(f"{BASE}/accounts/bo/disable", json={"reason": "left the company"})
    set_scope(company, scope="grids", grid_ids=[1, 2, 3])
    assert company.scalar(text("SELECT count(*) FROM audit_entries")) == 0
    for statement in (
        "INSERT INTO audit_entries (happened_at, act, object) VALUES (now(), 'x', 'y')",
        "UPDATE audit_entries SET act = 'x'",
        "DELETE FROM audit_entries",
        "SELECT write_audit('{}', '{}')",
    ):
        set_scope(company, scope="all")
        assert company.scalar(text("SELECT count(*) FROM audit_entries")) == 1
        with pytest.raises(DBAPIError, match="permission denied"):
            company.execute(text(statement))
        company.rollback()


def test_each_search_is_answered_from_an_index(session: Session):
    session.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"))
    searches = {
        "ix_audit_entries_account_id_happened_at_id": "account_id = 1",
        "ix_audit_entries_object_happened_at_id": "object = 'customer:C01'",
        "ix_audit_entries_happened_at_id": f"happened_at < '{date(2026, 10, 1)}'",
    }
    for index, condition in searches.items():
        asked = f"EXPLAIN SELECT * FROM audit_entries WHERE {condition} ORDER BY happened_at DESC, id DESC LIMIT 101"
        plan = "\n".join(session.scalars(text(asked)))
        assert index in plan, plan
        assert "Sort" not in plan, plan


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "lin", "payroll", None])
def test_all_of_it_is_for_administrators(client_as, login):
    client = client_as(login)
    paths = ("feeds", "feeds/calendar", "imports/1/rejected", "jobs/timetable", "settings", "health", "audit")
    answers = [client.get(f"{BASE}/{path}").status_code for path in paths]
    answers.append(client.post(f"{BASE}/jobs/purge/run").status_code)
    answers.append(client.post(f"{BASE}/feeds/calls/complete", json={"first": "2026-10-01", "last": "2026-10-01"}).status_code)
    assert set(answers) == {401 if login is None else 403}
