"""A tag's rule: what it may say, checked with the place named where it says something else, and as a Polars expression (pure).

A rule is JSON. Joined: {"all": [rules]}, {"any": [rules]}, {"not": rule}. Of figures: {"feature": "data_gb", "at_least": 50}
with one or more of at_least, at_most, above, below (numbers), equals, one_of, is_missing. Of what is held, on the day:
{"holds": "BB500"}, {"holds_family": "broadband"}, {"held_before": "BB500"} and {"held_family_before": "broadband"} (held once,
not now), {"lost_within_days": 90, "family": "broadband"} (family may be left out: any that is not held any more). Of the
customer: {"lifecycle_stage": "declining"} or a list of stages, {"segment": "home"} or a list, {"grid": "TB01G01"} or a list of
codes, {"tenure_days": {"at_most": 180}}, {"monthly_value": {"at_least": 150}}.

A missing value fulfils no comparison: "not" of one holds for customers without the figure.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import polars as pl

from app.core.errors import Invalid
from app.scoring.learning.lifecycle import STAGES

DEEPEST, MOST_PARTS, MOST_CHOICES, LONGEST_TEXT, LONGEST_DAYS = 8, 100, 1_000, 200, 36_500
BOUNDS: Mapping[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
    "above": lambda value, bound: value > bound,
    "below": lambda value, bound: value < bound,
}
MATCHES = ("equals", "one_of", "is_missing")
HELD = {
    "holds": "held_products",
    "holds_family": "held_families",
    "held_before": "past_products",
    "held_family_before": "past_families",
}
AMOUNTS = ("tenure_days", "monthly_value")
JOINED = ("all", "any", "not")
LEAVES = ("feature", *HELD, "lost_within_days", "lifecycle_stage", "segment", "grid", *AMOUNTS)
FEATURE = "figure."


class WrongRule(Invalid):
    """The rule of a tag says what no rule can."""

    code = "tag.rule_wrong"


def check_rule(rule: Any) -> dict[str, Any]:
    """The rule, if it is one. Raises WrongRule, which names the place in it and what was expected there."""
    parts = _check(rule, "rule", 1)
    if parts > MOST_PARTS:
        raise WrongRule("rule", f"at most {MOST_PARTS} parts, got {parts}")
    checked: dict[str, Any] = rule
    return checked


def features_of(rule: Mapping[str, Any]) -> dict[str, set[str]]:
    """Features that the rule speaks of, each with the kinds of column (number, text) that would do for all it says."""
    if "not" in rule:
        return features_of(rule["not"])
    if "feature" not in rule:
        parts = [features_of(part) for part in rule.get("all", rule.get("any", []))]
        return reduce(_both, parts, {})
    asked = {name for name in rule if name in BOUNDS}
    matched = [rule["equals"]] if "equals" in rule else rule.get("one_of", [])
    kinds = {"number"} if asked else {"number", "text"}
    for value in matched:
        kinds &= {"text"} if isinstance(value, str) else {"number"}
    return {rule["feature"]: kinds}


def expression_of(rule: Mapping[str, Any]) -> pl.Expr:
    """Never null. Over columns `figure.<feature>`, held_products, held_families, past_products, past_families (lists of text),
    lost (list of {family, days}), lifecycle_stage, segment, grid (its code), tenure_days and monthly_value."""
    if "all" in rule:
        return pl.all_horizontal([expression_of(part) for part in rule["all"]])
    if "any" in rule:
        return pl.any_horizontal([expression_of(part) for part in rule["any"]])
    if "not" in rule:
        return ~expression_of(rule["not"])
    return _leaf(rule).fill_null(False)


def _leaf(rule: Mapping[str, Any]) -> pl.Expr:
    name = next(key for key in LEAVES if key in rule)
    if name == "feature":
        return _compare(pl.col(FEATURE + rule["feature"]), {key: value for key, value in rule.items() if key != "feature"})
    if name in HELD:
        return pl.col(HELD[name]).list.contains(rule[name])
    if name == "lost_within_days":
        lost = pl.element().struct.field("days") <= rule[name]
        if "family" in rule:
            lost = lost & (pl.element().struct.field("family") == rule["family"])
        return pl.col("lost").list.eval(lost).list.any()
    if name in AMOUNTS:
        return _compare(pl.col(name), rule[name])
    return pl.col(name).is_in(_listed(rule[name]))


def _compare(value: pl.Expr, asked: Mapping[str, Any]) -> pl.Expr:
    """All that is asked of the value. Texts are compared with texts and numbers with numbers: `features_of` sees to it."""
    said = []
    for name, wanted in asked.items():
        if name == "is_missing":
            said.append(value.is_null() == wanted)
        elif name in BOUNDS:
            said.append(BOUNDS[name](value, wanted))
        else:
            said.append(value.is_in(_listed(wanted)))
    return pl.all_horizontal(said)


def _listed(wanted: Any) -> list[Any]:
    found = wanted if isinstance(wanted, list) else [wanted]
    return [float(value) if isinstance(value, bool | int) else value for value in found]


def _both(left: dict[str, set[str]], right: dict[str, set[str]]) -> dict[str, set[str]]:
    anything = {"number", "text"}
    return {name: left.get(name, anything) & right.get(name, anything) for name in sorted(left.keys() | right.keys())}


def _check(rule: Any, place: str, depth: int) -> int:
    """Number of parts, if it is a rule."""
    if not isinstance(rule, dict):
        raise WrongRule(place, 'an object such as {"feature": "data_gb", "at_least": 50}, got ' + _kind(rule))
    if depth > DEEPEST:
        raise WrongRule(place, f"at most {DEEPEST} levels")
    named = [key for key in (*JOINED, *LEAVES) if key in rule]
    if len(named) != 1:
        got = " and ".join(named) if named else ", ".join(sorted(map(_printable, rule))[:5]) or "nothing"
        raise WrongRule(place, f"exactly one of {', '.join((*JOINED, *LEAVES))}, got {got}"[:600])
    name = named[0]
    allowed = {name, *BOUNDS, *MATCHES} if name == "feature" else {name, "family"} if name == "lost_within_days" else {name}
    for key in rule:
        if key not in allowed:
            raise WrongRule(f"{place}.{_printable(key)}", f"nothing beside {name}, which takes {', '.join(sorted(allowed))}")
    return _check_named(name, rule, f"{place}.{name}", depth)


def _check_named(name: str, rule: dict[str, Any], place: str, depth: int) -> int:
    value = rule[name]
    if name == "not":
        return 1 + _check(value, place, depth + 1)
    if name in JOINED:
        if not isinstance(value, list) or not 1 <= len(value) <= MOST_PARTS:
            raise WrongRule(place, f"a list of 1 to {MOST_PARTS} rules, got {_kind(value)}")
        return 1 + sum(_check(part, f"{place}[{i}]", depth + 1) for i, part in enumerate(value))
    if name == "feature":
        _check_text(value, place)
        _check_asked({key: rule[key] for key in rule if key != "feature"}, place.removesuffix(".feature"), (*BOUNDS, *MATCHES))
    elif name == "lost_within_days":
        _check_days(value, place)
        if "family" in rule:
            _check_text(rule["family"], place.removesuffix("lost_within_days") + "family")
    elif name in AMOUNTS:
        if not isinstance(value, dict):
            raise WrongRule(place, f"an object of {', '.join(BOUNDS)}, got {_kind(value)}")
        _check_asked(value, place, (*BOUNDS, "is_missing"))
    else:
        _check_choice(value, place, STAGES if name == "lifecycle_stage" else None, alone=name in HELD)
    return 1


def _check_asked(asked: dict[str, Any], place: str, known: tuple[str, ...]) -> None:
    if not asked:
        raise WrongRule(place, f"at least one of {', '.join(known)}")
    for name, value in asked.items():
        here = f"{place}.{_printable(name)}"
        if name not in known:
            raise WrongRule(here, f"one of {', '.join(known)}")
        if name in BOUNDS:
            _check_number(value, here)
        elif name == "is_missing":
            if not isinstance(value, bool):
                raise WrongRule(here, f"true or false, got {_kind(value)}")
        elif name == "one_of":
            if not isinstance(value, list) or not 1 <= len(value) <= MOST_CHOICES:
                raise WrongRule(here, f"a list of 1 to {MOST_CHOICES} values, got {_kind(value)}")
            for i, one in enumerate(value):
                _check_value(one, f"{here}[{i}]")
            if len({isinstance(one, str) for one in value}) > 1:
                raise WrongRule(here, "texts or numbers, not both")
        else:
            _check_value(value, here)


def _check_choice(value: Any, place: str, known: tuple[str, ...] | None, *, alone: bool) -> None:
    many = isinstance(value, list) and not alone
    if many and not 1 <= len(value) <= MOST_CHOICES:
        raise WrongRule(place, f"a text, or a list of 1 to {MOST_CHOICES} texts")
    for i, one in enumerate(value if many else [value]):
        here = f"{place}[{i}]" if many else place
        _check_text(one, here)
        if known is not None and one not in known:
            raise WrongRule(here, f"one of {', '.join(known)}, got {one}")


def _check_value(value: Any, place: str) -> None:
    if isinstance(value, str):
        _check_text(value, place)
    elif not isinstance(value, bool):
        _check_number(value, place)


def _check_number(value: Any, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 <= value <= 1e15:
        raise WrongRule(place, f"a number, got {_kind(value)}")


def _check_days(value: Any, place: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_DAYS:
        raise WrongRule(place, f"a whole number of days from 1 to {LONGEST_DAYS}, got {_kind(value)}")


def _check_text(value: Any, place: str) -> None:
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT or not value.isprintable():
        raise WrongRule(place, f"a text of 1 to {LONGEST_TEXT} printable characters, got {_kind(value)}")


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return _printable(value)


def _printable(value: Any) -> str:
    """What was sent, short, and without what no answer can carry."""
    return "".join(character if character.isprintable() else "?" for character in str(value)[:40])
