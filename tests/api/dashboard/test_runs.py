"""Dispatch runs over HTTP."""

import pytest
from sqlalchemy import select

from app.dispatch.service import dispatch_campaign
from app.models.work_order import DispatchRun
from tests.factories import NOW
from tests.stages.dispatch.test_dispatching import make_list

PATH = "/dashboard/v1/runs"


@pytest.mark.parametrize(("method", "path"), [("get", PATH), ("get", f"{PATH}/1"), ("post", f"{PATH}/1/replay")])
def test_runs_are_for_planners_alone(client_as, method, path):
    body = {"json": {}} if method == "post" else {}
    assert getattr(client_as(None), method)(path, **body).status_code == 401
    for login in ("ana", "chen", "bea", "lin", "payroll"):
        assert getattr(client_as(login), method)(path, **body).status_code == 403, login


@pytest.fixture
def made(company):
    """A run of two customers."""
    dispatch_campaign(company, campaign_code=make_list(company, ["C01", "C02"]).code, now=NOW)
    run = company.scalars(select(DispatchRun)).one()
    found = run.id
    company.commit()
    return found


def test_a_planner_sees_runs_and_what_other_rules_would_have_made_of_one(client_as, made):
    pia = client_as("pia")
    (item,) = pia.get(PATH).json()["items"]
    assert pia.get(f"{PATH}/{made}").json() == item
    assert (item["waterfall"]["dispatched"], item["can_be_replayed"]) == (2, True)
    found = pia.post(f"{PATH}/{made}/replay", json={"manager_cap": 0}).json()
    assert found["identical"]
    assert found["campaigns"][0]["before"] == {"dispatched": 2}
    assert found["campaigns"][0]["moved"] == [{"before": "dispatched", "after": "no_active_manager", "customers": 2}]
    for body in ({"capacity": "-1"}, {"manager_cap": -1}, {"without": ["weather"]}, {"unknown": 1}):
        assert pia.post(f"{PATH}/{made}/replay", json=body).status_code == 422, body
    assert pia.get(f"{PATH}/999999").status_code == pia.post(f"{PATH}/999999/replay", json={}).status_code == 404
