"""A pilot: a small random share of a campaign goes first, and a stop rule says whether the rest follows (pure).

{"share": 0.1, "by": "customers", "minimum_contacts": 200, "minimum_success_rate": 0.02, "maximum_complaint_share": 0.01,
"maximum_refusal_share": 0.2}: `by` is customers or grids; at least one bound is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from app.core.errors import Invalid

BY = ("customers", "grids")
BOUNDS = ("minimum_success_rate", "maximum_complaint_share", "maximum_refusal_share")
LARGEST_SHARE = 0.5
MOST_CONTACTS = 1_000_000


@dataclass(frozen=True)
class Pilot:
    """A pilot as planned. Shares and rates are 0..1; the stop rule is asked from `minimum_contacts` contacted customers on."""

    share: float
    by: str
    minimum_contacts: int
    minimum_success_rate: float | None = None
    maximum_complaint_share: float | None = None
    maximum_refusal_share: float | None = None


@dataclass(frozen=True)
class PilotFigures:
    """What a pilot has brought: customers contacted, of them those whose orders had the time to come (`matured`) with their
    successes, and those contacted who complained or refused since."""

    contacted: int
    matured: int
    successes: int
    complaints: int
    refusals: int


def decide_pilot(pilot: Pilot, figures: PilotFigures) -> tuple[str, str] | None:
    """(grown or stopped, why); None while too few were contacted. Complaints and refusals stop at once.

    Success wants its time.
    """
    if figures.contacted < pilot.minimum_contacts:
        return None
    for name, count in (("complaint", figures.complaints), ("refusal", figures.refusals)):
        bound: float | None = getattr(pilot, f"maximum_{name}_share")
        if bound is not None and count / figures.contacted > bound:
            return "stopped", f"{name}s of {count} in {figures.contacted} contacted, above {bound}"
    if pilot.minimum_success_rate is not None:
        if figures.matured < pilot.minimum_contacts:
            return None
        if figures.successes < pilot.minimum_success_rate * figures.matured:
            return "stopped", f"successes of {figures.successes} in {figures.matured} matured, below {pilot.minimum_success_rate}"
    return "grown", f"{figures.contacted} contacted, and every bound is kept"


def check_pilot(plan: Mapping[str, Any]) -> Pilot:
    """The pilot of a plan. Raises Invalid, which names what is wrong in it."""
    if not isinstance(plan, Mapping):
        raise Invalid("pilot", 'an object such as {"share": 0.1, "by": "customers", "minimum_contacts": 200}')
    for name in plan:
        if name not in Pilot.__dataclass_fields__:
            raise Invalid("pilot", f"nothing but {', '.join(Pilot.__dataclass_fields__)}")
    share = _number(plan, "share")
    if share is None or not 0 < share <= LARGEST_SHARE:
        raise Invalid("pilot.share", f"a share above 0, at most {LARGEST_SHARE}")
    if plan.get("by", "customers") not in BY:
        raise Invalid("pilot.by", f"one of {', '.join(BY)}")
    contacts = plan.get("minimum_contacts")
    if isinstance(contacts, bool) or not isinstance(contacts, int) or not 1 <= contacts <= MOST_CONTACTS:
        raise Invalid("pilot.minimum_contacts", f"a whole number from 1 to {MOST_CONTACTS}")
    bounds = {name: _number(plan, name) for name in BOUNDS}
    if all(bound is None for bound in bounds.values()):
        raise Invalid("pilot", f"a stop rule: at least one of {', '.join(BOUNDS)}")
    for name, bound in bounds.items():
        if bound is not None and not 0 <= bound <= 1:
            raise Invalid(f"pilot.{name}", "a share from 0 to 1")
    return Pilot(share, plan.get("by", "customers"), contacts, **bounds)


def _number(plan: Mapping[str, Any], name: str) -> float | None:
    value = plan.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Invalid(f"pilot.{name}", "a number")
    return float(value)
