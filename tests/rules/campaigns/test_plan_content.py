"""A plan as JSON and back, and what differs between two."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.campaigns.options import CampaignOptions
from app.campaigns.plan_content import Change, changes_between, content_of, options_from
from app.core.errors import Invalid

PLAN = CampaignOptions("K-1", "Autumn", "FTTH1", date(2026, 10, 5), date(2026, 10, 21), list_size=10)
FULL = replace(
    PLAN,
    budget=Decimal("1200.50"),
    required_tags=("vip",),
    list_rule={"segment": "home"},
    pilot={"share": 0.1, "minimum_contacts": 5, "minimum_success_rate": 0.1},
    maximum_score=0.5,
    objective="care",
    fairness=Decimal("0.2"),
    km_cost=Decimal("2.5"),
)


@pytest.mark.parametrize("plan", [PLAN, FULL])
def test_a_plan_survives_its_json(plan):
    content = json.loads(json.dumps(content_of(plan)))
    assert options_from(content, replace(PLAN, name="x", list_size=1)) == replace(
        plan, required_tags=tuple(plan.required_tags), excluded_tags=(), any_tags=()
    )


def test_the_same_amount_is_the_same_text():
    assert (
        content_of(PLAN)["control_share"]
        == content_of(replace(PLAN, control_share=Decimal("0.05000")))["control_share"]
        == "0.05"
    )
    assert content_of(replace(PLAN, budget=Decimal("1E+3")))["budget"] == "1000"
    assert content_of(replace(PLAN, control_share=Decimal("0.00000")))["control_share"] == "0"


def test_what_changed_is_named_with_both_values():
    before, after = content_of(PLAN), content_of(FULL)
    changed = {change.field: (change.before, change.after) for change in changes_between(before, after)}
    assert changed["budget"] == (None, "1200.5")
    assert set(changed) == {"budget", "required_tags", "list_rule", "pilot", "maximum_score", "objective", "fairness", "km_cost"}
    assert changes_between(before, before) == []
    del before["fit"]  # a field that an old version did not know
    assert changes_between(before, content_of(PLAN)) == [Change("fit", None, "refuse")]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"": 1}, "(empty)"),
        ({"code": "K-2"}, "code"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"starts_on": "soon"}, "starts_on"),
        ({"ends_on": 5}, "ends_on"),
        ({"list_size": "many"}, "list_size"),
        ({"list_size": True}, "list_size"),
        ({"list_size": 1.5}, "list_size"),
        ({"minimum_score": "high"}, "minimum_score"),
        ({"budget": "much"}, "budget"),
        ({"budget": []}, "budget"),
        ({"budget": False}, "budget"),
        ({"required_tags": "vip"}, "required_tags"),
        ({"required_tags": [5]}, "required_tags"),
        ({"list_rule": "all"}, "list_rule"),
        ({"pilot": []}, "pilot"),
        ({"control_share": None}, "control_share"),
    ],
)
def test_what_a_file_says_wrongly_is_named(content, field):
    with pytest.raises(Invalid) as caught:
        options_from(content, PLAN)
    assert caught.value.field == field
