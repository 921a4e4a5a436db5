"""Clients of earlier releases go on working: what they sent is sent again, and they understand every answer.

The file of a release is never changed. To record one for a new release, copy the newest, add what the phone now sends, and run
`GRIDWORK_RECORD=1 pytest tests/api/mobile/test_recorded_clients.py`, which writes the status and shape of steps that have none.
"""

import json
import os
from pathlib import Path

import pytest

from app.core import clock
from app.core.db import set_scope
from app.models.customer import ContactPreference, PreferenceStatus
from tests.factories import NOW, customer, make_campaign, make_scores, make_work_order
from tests.phones import Phone
from tests.recording import fits, play, shape_of

RECORDED = sorted((Path(__file__).parents[2] / "recorded").glob("*.json"))


@pytest.fixture(autouse=True)
def at_ten_in_the_morning():
    with clock.shifted_to(NOW):
        yield


@pytest.fixture
def town(company):
    """Ana's orders on C01 to C07, the first with reasons, one in the pool; the ids by name."""
    run = make_scores(company, ["C01"])
    campaign = make_campaign(company, scoring_run_id=run.id, channel="visit")
    made = [make_work_order(company, campaign=campaign, customer_no=f"C0{n}") for n in range(1, 8)]
    make_work_order(company, campaign=campaign, customer_no="C08", state="planned", pooled_at=NOW)
    company.commit()
    set_scope(company, scope="all")
    return {f"order{n}": order.id for n, order in enumerate(made, 1)}


def refuse(company):
    """Between two pulls a customer says no."""
    refusal = {"scope": "all", "status": PreferenceStatus.REFUSED, "recorded_at": NOW}
    company.add(ContactPreference(customer_id=customer(company, "C07").id, **refusal))
    company.commit()


def words_of(said):
    return [[one["id"], one["status"], one["code"]] for one in said["items"]]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_client_understands_every_answer(path, client_as, town, company):
    client, known, phone = client_as(None), dict(town), Phone(None)
    recorded = json.loads(path.read_text(encoding="utf-8"))
    for step in recorded["steps"]:
        if step.get("meanwhile") == "refusal":
            refuse(company)
        answer = play(client, step, known)
        said = answer.json() if answer.content else None
        if step["path"] == "/mobile/v1/work-orders" and answer.status_code == 200:
            phone.apply(said)
            known |= {"cursor": phone.cursor, "set_hash": phone.set_hash}
        if os.environ.get("GRIDWORK_RECORD") and "shape" not in step:
            step |= {"status": answer.status_code, "shape": shape_of(said)}
            if answer.status_code == 207:
                step["said"] = words_of(said)
        assert answer.status_code == step["status"], (step["path"], said)
        assert fits(step["shape"], said), (step["path"], step["shape"], said)
        assert "said" not in step or words_of(said) == step["said"], said
    if os.environ.get("GRIDWORK_RECORD"):
        steps = ",\n".join(json.dumps(step, ensure_ascii=False) for step in recorded["steps"])
        path.write_text(f'{{"release": "{recorded["release"]}", "steps": [\n{steps}\n]}}\n', encoding="utf-8")


def test_there_is_a_recorded_client():
    assert RECORDED


def test_an_answer_that_lost_or_changed_something_is_not_understood():
    answer = {"items": [{"id": 7, "state": "open", "note": None, "place": {"x": 1.5}}, {"id": 8, "gone": True}], "more": False}
    shape = shape_of(answer)
    assert fits(shape, answer)
    first, second = answer["items"]
    assert fits(shape, {**answer, "new": 1, "items": [first, second, {"id": 9, "gone": True, "why": "x"}]})
    assert fits(shape, {**answer, "items": [first, second, {**first, "state": "begun"}]})  # one word more
    for worse in (
        {"items": answer["items"]},
        {**answer, "more": "no"},
        {**answer, "items": None},
        {**answer, "items": [first]},
        {**answer, "items": [first, second, {"id": 9}]},
        {**answer, "items": [second, {**first, "id": "7"}]},
        {**answer, "items": [second, {**first, "state": "begun"}]},
        {**answer, "items": [second, {**first, "place": None}]},
        {**answer, "items": [second, {name: value for name, value in first.items() if name != "note"}]},
    ):
        assert not fits(shape, worse), worse
