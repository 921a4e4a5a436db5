"""The setting that says who puts calls through."""

import pytest

from app.disclosure.relays import Call, Dial, dial_directly, relay_of
from app.settings import SettingsError, read_settings

CALL = Call("13800000000", "C01", 7, "ANA")


def through_the_exchange(call):
    """An installation's own adapter."""
    return Dial(f"95000,,{call.work_order_id}#", reveals=False)


def test_directly_the_customers_own_number_is_dialled_and_counts():
    assert relay_of("direct") is dial_directly
    assert dial_directly(CALL) == Dial("13800000000", reveals=True)


def test_an_adapter_is_named_by_module_and_function():
    relay = relay_of(f"{__name__}:through_the_exchange")
    assert relay(CALL) == Dial("95000,,7#", reveals=False)


@pytest.mark.parametrize("setting", ["nowhere.at_all:relay", f"{__name__}:missing", f"{__name__}:CALL"])
def test_an_adapter_that_is_not_there_is_named_at_the_start(setting):
    with pytest.raises(SettingsError, match="GRIDWORK_CALL_RELAY"):
        relay_of(setting)


@pytest.mark.parametrize("setting", ["", "os.system", "os:system('x')", "a b:c", ":x"])
def test_what_is_no_name_of_an_adapter_is_refused(setting):
    with pytest.raises(SettingsError, match="GRIDWORK_CALL_RELAY"):
        read_settings({"GRIDWORK_CALL_RELAY": setting})
