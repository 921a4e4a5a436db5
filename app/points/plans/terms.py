"""A points plan as a planner writes it, and the bounds of what may be written (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.core.errors import Invalid
from app.points.formula import ACCURACY, EXISTING_SCHEME, SUCCESS, ZERO, ComponentRule, Pays, Plan

COMPONENTS = (SUCCESS, ACCURACY, EXISTING_SCHEME)
LONGEST_NOTE = 1_000
LONGEST_CODE = 64
MOST_WEIGHT, MOST_CAP, MOST_VALUE, MOST_PRIOR = Decimal(10_000), Decimal(5), Decimal(100_000), Decimal(1_000)
MOST_MINIMUM = 100_000
_FIELDS = {"code", "unit_code", "effective_from", "effective_to", "pays", "index_prior", "minimum_matured", "minimum_judged"}
_OPTIONAL = {"unit_code", "effective_to", "note"}
_RULE_FIELDS = {"component", "weight", "floor", "target", "cap", "fallback"}
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")


@dataclass(frozen=True)
class PlanTerms:
    """What is to be a new version. Months are text, YYYY-MM; `unit_code`: a branch; None: the company; `plan.version` is 0."""

    plan: Plan
    unit_code: str | None
    effective_from: str
    effective_to: str | None
    note: str


def read_terms(written: Any) -> PlanTerms:
    """The terms of a plan from what stands in a file or a request; exact numbers are text or whole.

    Raises Invalid with the first field that is wrong, and what was expected.
    """
    if not isinstance(written, Mapping):
        raise Invalid("plan", "an object with code, effective_from, pays, components ...")
    _check_names("", written, needed=(_FIELDS | {"components"}) - _OPTIONAL, allowed=_FIELDS | _OPTIONAL | {"components"})
    components = written["components"]
    if not isinstance(components, list) or not 1 <= len(components) <= len(COMPONENTS):
        raise Invalid("components", f"a list of 1 to {len(COMPONENTS)} components")
    pays = _one_of("pays", written["pays"], tuple(Pays))
    rules = tuple(_read_rule(f"components[{n}]", each, pays) for n, each in enumerate(components))
    if len({rule.component for rule in rules}) < len(rules):
        raise Invalid("components", "each component once")
    plan = Plan(
        code=_read_code(written["code"]),
        version=0,
        pays=pays,
        index_prior=_number("index_prior", written["index_prior"], ZERO, MOST_PRIOR, places=4),
        minimum_matured=_whole("minimum_matured", written["minimum_matured"]),
        minimum_judged=_whole("minimum_judged", written["minimum_judged"]),
        components=rules,
    )
    return PlanTerms(
        plan=plan,
        unit_code=_text("unit_code", written.get("unit_code"), LONGEST_CODE),
        effective_from=_text("effective_from", written["effective_from"], 20) or "",
        effective_to=_text("effective_to", written.get("effective_to"), 20),
        note=_text("note", written.get("note"), LONGEST_NOTE) or "",
    )


def _read_rule(place: str, written: Any, pays: str) -> ComponentRule:
    if not isinstance(written, Mapping):
        raise Invalid(place, "an object with component, weight, floor, target, cap and fallback")
    _check_names(f"{place}.", written, needed=_RULE_FIELDS, allowed=_RULE_FIELDS)
    component = _one_of(f"{place}.component", written["component"], COMPONENTS)
    is_share = component == ACCURACY or (component == SUCCESS and pays == Pays.SUCCESS_RATE)
    most = Decimal(1) if is_share else MOST_VALUE
    weight = _number(f"{place}.weight", written["weight"], Decimal("0.0001"), MOST_WEIGHT, places=4)
    floor = _number(f"{place}.floor", written["floor"], ZERO, most)
    target = _number(f"{place}.target", written["target"], floor, most)
    cap = _number(f"{place}.cap", written["cap"], Decimal("0.01"), MOST_CAP)
    return ComponentRule(component, weight, floor, target, cap, _number(f"{place}.fallback", written["fallback"], ZERO, cap))


def _check_names(place: str, written: Mapping[str, Any], *, needed: set[str], allowed: set[str]) -> None:
    for name in sorted(needed - written.keys()):
        raise Invalid(place + name, "to be there")
    for name in sorted(map(str, written.keys() - allowed)):
        raise Invalid((place + name)[:200], "no field of this name; known are " + ", ".join(sorted(allowed)))


def _read_code(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_CODE or set(value) - _LETTERS:
        raise Invalid("code", f"1 to {LONGEST_CODE} letters, digits, dots, dashes or underscores")
    return value


def _one_of(field: str, value: Any, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise Invalid(field, "one of " + ", ".join(choices))
    return str(value)


def _whole(field: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_MINIMUM:
        raise Invalid(field, f"a whole number from 1 to {MOST_MINIMUM}")
    return value


def _number(field: str, value: Any, least: Decimal, most: Decimal, *, places: int = 8) -> Decimal:
    expected = f"an exact number from {least} to {most}, with {places} places at most, as text"
    if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal) or len(str(value)) > 30:
        raise Invalid(field, expected)
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise Invalid(field, expected) from error
    if not number.is_finite() or not least <= number <= most or number != round(number, places):
        raise Invalid(field, expected)
    return number


def _text(field: str, value: Any, longest: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or any(ord(c) < 32 or "\ud800" <= c <= "\udfff" for c in value):
        raise Invalid(field, f"a text of at most {longest} characters")
    return value
