"""What was run, as an administrator sees it."""

from datetime import timedelta

import pytest

from app.models.operations import JobOutcome, JobRun
from tests.factories import NOW

RUNS = "/operations/v1/jobs"


@pytest.fixture
def three_runs(company):
    for number, (job, outcome) in enumerate([("verify", "done"), ("adjust", "failed"), ("verify", "running")]):
        company.add(
            JobRun(
                job=job,
                started_at=NOW + timedelta(hours=number),
                due_at=NOW if number == 0 else None,
                outcome=JobOutcome(outcome),
                counts={"judged": number},
                error="conflict: no" if outcome == "failed" else None,
            )
        )
        company.flush()
    company.commit()


def test_runs_are_shown_newest_first_with_counts_and_errors(client_as, three_runs):
    shown = client_as("ada").get(RUNS).json()
    assert [(run["job"], run["outcome"]) for run in shown["items"]] == [
        ("verify", "running"),
        ("adjust", "failed"),
        ("verify", "done"),
    ]
    assert shown["items"][1]["error"] == "conflict: no"
    assert shown["items"][2]["counts"] == {"judged": 0}
    assert shown["next_cursor"] is None


def test_runs_are_leafed_through_by_cursor_and_picked_by_job(client_as, three_runs):
    client = client_as("ada")
    first = client.get(RUNS, params={"limit": 2}).json()
    rest = client.get(RUNS, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [run["counts"]["judged"] for run in first["items"] + rest["items"]] == [2, 1, 0]
    assert rest["next_cursor"] is None
    of_one = client.get(RUNS, params={"job": "verify"}).json()["items"]
    assert [run["counts"]["judged"] for run in of_one] == [2, 0]
    borrowed = client.get(RUNS, params={"job": "verify", "cursor": first["next_cursor"]})
    assert (borrowed.status_code, borrowed.json()["code"]) == (422, "cursor.wrong")


@pytest.mark.parametrize("login", ["ana", "chen", "bea", "pia", "lin", "payroll"])
def test_runs_are_for_administrators(client_as, login):
    assert client_as(login).get(RUNS).status_code == 403


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "job=%00", "cursor=abc"])
def test_a_wrong_question_is_a_problem(client_as, query):
    answer = client_as("ada").get(f"{RUNS}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
