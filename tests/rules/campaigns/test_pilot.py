"""What a pilot may be."""

import pytest

from app.campaigns.pilot import Pilot, PilotFigures, check_pilot, decide_pilot
from app.core.errors import Invalid

GOOD = {"share": 0.1, "by": "customers", "minimum_contacts": 200, "minimum_success_rate": 0.02}


def test_a_pilot_says_its_share_and_its_stop_rule():
    assert check_pilot(GOOD) == Pilot(0.1, "customers", 200, 0.02)
    assert check_pilot({"share": 0.5, "minimum_contacts": 1, "maximum_refusal_share": 0}).by == "customers"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"share": None}, "pilot.share"),
        ({"share": 0}, "pilot.share"),
        ({"share": 0.6}, "pilot.share"),
        ({"share": "much"}, "pilot.share"),
        ({"share": float("nan")}, "pilot.share"),
        ({"by": "weather"}, "pilot.by"),
        ({"minimum_contacts": 0}, "pilot.minimum_contacts"),
        ({"minimum_contacts": True}, "pilot.minimum_contacts"),
        ({"minimum_contacts": 1.5}, "pilot.minimum_contacts"),
        ({"minimum_success_rate": None}, "pilot"),
        ({"minimum_success_rate": 1.1}, "pilot.minimum_success_rate"),
        ({"maximum_complaint_share": "few"}, "pilot.maximum_complaint_share"),
        ({"colour": "red"}, "pilot"),
    ],
)
def test_what_is_wrong_in_a_pilot_is_named(change, field):
    with pytest.raises(Invalid) as caught:
        check_pilot(GOOD | change)
    assert caught.value.field == field


def test_something_else_is_no_pilot():
    with pytest.raises(Invalid, match="pilot"):
        check_pilot([])


RULE = Pilot(0.1, "customers", 100, minimum_success_rate=0.05, maximum_complaint_share=0.02, maximum_refusal_share=0.3)


@pytest.mark.parametrize(
    ("figures", "outcome"),
    [
        (PilotFigures(99, 99, 0, 99, 99), None),
        (PilotFigures(100, 99, 0, 2, 30), None),
        (PilotFigures(100, 0, 0, 3, 0), "stopped"),
        (PilotFigures(100, 0, 0, 0, 31), "stopped"),
        (PilotFigures(120, 100, 4, 0, 0), "stopped"),
        (PilotFigures(120, 100, 5, 2, 36), "grown"),
    ],
)
def test_a_pilot_grows_or_stops_once_enough_is_known(figures, outcome):
    decided = decide_pilot(RULE, figures)
    assert (None if decided is None else decided[0]) == outcome


def test_a_pilot_without_a_bound_on_success_waits_for_none():
    assert decide_pilot(Pilot(0.1, "grids", 10, maximum_refusal_share=0.5), PilotFigures(10, 0, 0, 0, 5)) is not None
