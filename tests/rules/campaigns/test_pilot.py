"""What a pilot may be."""

import pytest

from app.campaigns.pilot import Pilot, check_pilot
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
