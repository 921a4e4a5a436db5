"""A plan as JSON: what a version keeps, what a file may say, and what changed between two (pure)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.campaigns.options import CampaignOptions
from app.core.errors import Invalid

FIXED = ("code",)  # a plan never changes these
_DAYS = ("starts_on", "ends_on")
_AMOUNTS = ("control_share", "exploration_share", "fairness", "km_cost", "budget", "strategic_weight")
_NUMBERS = (
    "list_size",
    "rest_days",
    "attribution_days",
    "maturity_days",
    "seed",
    "minimum_volume",
    "minimum_load",
    "maximum_load",
    "most_rolls",
)
_SCORES = ("minimum_score", "maximum_score")
_LISTS = ("required_tags", "excluded_tags", "any_tags")
_OBJECTS = ("list_rule", "pilot")
_NULLABLE = frozenset(
    field.name for field in fields(CampaignOptions) if "None" in str(field.type)
)  # the annotation says which may be left open


@dataclass(frozen=True)
class Change:
    """A field of the plan that differs between two versions, as JSON has it."""

    field: str
    before: Any
    after: Any


def content_of(options: CampaignOptions) -> dict[str, Any]:
    """The plan as JSON: days as YYYY-MM-DD, amounts and shares as text, so that no decimal is lost."""
    return {name: _json_of(name, value) for name, value in asdict(options).items()}


def options_from(content: Mapping[str, Any], base: CampaignOptions) -> CampaignOptions:
    """`base` with what `content` says. Raises Invalid, which names a field that is unknown, fixed, or of a wrong kind."""
    known = {field.name for field in fields(CampaignOptions)}
    for name, value in content.items():
        if name not in known:
            raise Invalid(_printable(name), f"a field of a plan: {', '.join(sorted(known))}")
        if name in FIXED and value != getattr(base, name):
            raise Invalid(name, f"{getattr(base, name)}, which never changes")
    return replace(base, **{name: _value_of(name, value) for name, value in content.items()})


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs, in the order of the plan's fields. A field that a version does not know yet is null there."""
    names = [field.name for field in fields(CampaignOptions)]
    return [Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _json_of(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _DAYS:
        return value.isoformat()
    if name in _AMOUNTS:
        return format(value.normalize() if value else Decimal(0), "f")
    return list(value) if name in _LISTS else value


def _value_of(name: str, value: Any) -> Any:
    if value is None:
        if name not in _NULLABLE:
            raise Invalid(name, "a value")
        return None
    if name in _DAYS:
        return _day(name, value)
    if name in _AMOUNTS:
        return _amount(name, value)
    if name in _NUMBERS:
        return _checked(name, value, int, "a whole number")
    if name in _SCORES:
        return float(_checked(name, value, (int, float), "a number"))
    if name in _LISTS:
        return tuple(_checked(name, one, str, "a list of texts") for one in _checked(name, value, list, "a list of texts"))
    return _checked(name, value, dict if name in _OBJECTS else str, "an object" if name in _OBJECTS else "text")


def _checked(name: str, value: Any, kinds: Any, expected: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise Invalid(name, expected)
    return value


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Invalid(name, "a day as YYYY-MM-DD") from error


def _amount(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Invalid(name, "a number, or a number as text")
    try:
        return Decimal(str(value))
    except InvalidOperation as error:
        raise Invalid(name, "a number, or a number as text") from error


def _printable(name: object) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in str(name)[:40]) or "(empty)"
