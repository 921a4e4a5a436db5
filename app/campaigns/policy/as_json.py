"""A contact policy as JSON, to and fro (pure)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, time
from typing import Any

from app.campaigns.policy.rules import KINDS, MOST_RULES, Rule, WrongPolicy
from app.core.errors import Invalid

_DATES, _TIMES = {"from_day", "to_day"}, {"begins", "ends"}
_TEXTS = {"channel", "family", "outcome", "objection"}


def rules_of_json(content: bytes | str) -> tuple[Rule, ...]:
    """The rules of a policy's file: {"rules": [{"kind": ..., ...}, ...]}. Raises WrongPolicy, which names the place."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WrongPolicy("file", "JSON text") from error
    if not isinstance(found, dict) or set(found) != {"rules"}:
        raise WrongPolicy("file", 'an object with "rules" alone')
    return read_rules(found["rules"])


def read_rules(entries: Any) -> tuple[Rule, ...]:
    """Rules from what JSON gives, in their order. Raises WrongPolicy, which names the place."""
    if not isinstance(entries, list) or len(entries) > MOST_RULES:
        raise WrongPolicy("rules", f"a list of at most {MOST_RULES} rules")
    rules = tuple(_rule(entry, f"rules[{nth}]") for nth, entry in enumerate(entries))
    if len(set(rules)) < len(rules):
        raise WrongPolicy("rules", "each rule once")
    return rules


def rules_as_json(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The rules as JSON holds them; `read_rules` gives them back."""
    return [{"kind": rule.kind, **{field.name: _written(getattr(rule, field.name)) for field in fields(rule)}} for rule in rules]


def _rule(entry: Any, place: str) -> Rule:
    if not isinstance(entry, Mapping):
        raise WrongPolicy(place, "an object with its kind")
    kind = KINDS.get(entry.get("kind", "")) if isinstance(entry.get("kind"), str) else None
    if kind is None:
        raise WrongPolicy(f"{place}.kind", f"one of {', '.join(KINDS)}")
    known = [field.name for field in fields(kind)]
    for name in entry:
        if name not in ("kind", *known):
            raise WrongPolicy(f"{place}.{str(name)[:50]}", f"one of {', '.join(known)}")
    try:
        return kind(**{name: _read(name, value) for name, value in entry.items() if name != "kind"})
    except Invalid as error:
        raise WrongPolicy(f"{place}.{error.field}", error.expected) from error


def _read(name: str, value: Any) -> Any:
    if name in _DATES:
        return None if value is None else _day(name, value)
    if name in _TIMES:
        return _time(name, value)
    if name in ("dates", "topics", "weekdays"):
        if not isinstance(value, list):
            raise WrongPolicy(name, "a list")
        return tuple(_day(name, one) for one in value) if name == "dates" else tuple(value)
    if name == "holidays" and not isinstance(value, bool):
        raise WrongPolicy(name, "true or false")
    if name in _TEXTS and not isinstance(value, str) and not (name == "objection" and value is None):
        raise WrongPolicy(name, "a text")
    return value


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise WrongPolicy(name, "a day as YYYY-MM-DD") from error


def _time(name: str, value: Any) -> time:
    try:
        found = time.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise WrongPolicy(name, "a time as HH:MM") from error
    if found.tzinfo is not None or found.second or found.microsecond:
        raise WrongPolicy(name, "a time as HH:MM")
    return found


def _written(value: Any) -> Any:
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    return [_written(one) for one in value] if isinstance(value, tuple) else value
