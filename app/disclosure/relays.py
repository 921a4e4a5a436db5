"""How a call to a customer is put through: an adapter by the setting `call_relay`; the default one hands the number out."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from app.settings import SettingsError

DIRECT = "direct"


@dataclass(frozen=True)
class Call:
    """Who calls which customer about which work order: numbers as they are in the house."""

    phone: str
    customer_no: str
    work_order_id: int
    staff_no: str


@dataclass(frozen=True)
class Dial:
    """What the phone dials. `reveals`: it is the customer's own number, which counts as a reveal."""

    number: str
    reveals: bool


# An adapter gets a call and gives what to dial, within two seconds, or raises: then nothing was handed out and nothing is kept.
Relay = Callable[[Call], Dial]


def dial_directly(call: Call) -> Dial:
    """The customer's own number."""
    return Dial(call.phone, reveals=True)


def relay_of(setting: str) -> Relay:
    """The adapter that a setting names: `direct`, or `package.module:function` of one that is installed beside Gridwork.

    Raises SettingsError.
    """
    if setting == DIRECT:
        return dial_directly
    module, _, name = setting.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"GRIDWORK_CALL_RELAY: there is no {name} in {module}: {error}") from error
    if not callable(found):
        raise SettingsError(f"GRIDWORK_CALL_RELAY: {setting} is no function")
    relay: Relay = found
    return relay
