"""The bounds of what a planner may choose (pure)."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from app.campaigns.options import CHANNELS, FITS, MOST_TAGS, OBJECTIVES, UNFINISHED, CampaignOptions
from app.campaigns.pilot import check_pilot
from app.centre.rules import WrongRule, check_rule
from app.core.errors import Invalid

FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2098, 12, 31)
LONGEST_WINDOW = 366
LARGEST_LIST = 100_000_000
LONGEST_TAG = 200
LARGEST_SUM = Decimal(1_000_000_000)  # of money
LARGEST_WEIGHT = Decimal(1_000)
LARGEST_KM_COST = Decimal(10_000)  # of money
MOST_CONTACTS = 1_000_000  # of one manager
_CODE_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_TEXTS = {"name": 200, "product_code": 200, "talk_track": 4_000, "strategy": 4_000, "objective_reason": 1_000}
_SHORT_TEXTS = {"unit_code": 200, "programme": 64}
_NUMBERS = {
    "list_size": (1, LARGEST_LIST),
    "rest_days": (0, 3_650),
    "seed": (0, 2**63 - 1),
    "minimum_volume": (0, LARGEST_LIST),
    "minimum_load": (0, MOST_CONTACTS),
    "maximum_load": (1, MOST_CONTACTS),
    "most_rolls": (0, 100),
}
_SCORES = ("minimum_score", "maximum_score")
_CHOICES = {"channel": CHANNELS, "objective": (*OBJECTIVES, None), "fit": FITS, "unfinished_rule": (*UNFINISHED, None)}


def check_options(options: CampaignOptions) -> None:
    """Raise Invalid, which names the first option that is out of its bounds."""
    _check_texts(options)
    _check_window(options)
    if options.list_size is None and options.minimum_score is None:
        raise Invalid("list_size", "a list size, a minimum score, or both")
    _check_numbers(options)
    for name in ("control_share", "exploration_share", "fairness"):
        share: Decimal | None = getattr(options, name)
        if share is not None and not (share.is_finite() and 0 <= share < 1):
            raise Invalid(name, "a share from 0 to below 1")
    for name in ("required_tags", "excluded_tags", "any_tags"):
        _check_tags(name, getattr(options, name))
    for name, choices in _CHOICES.items():
        if getattr(options, name) not in choices:
            raise Invalid(name, f"one of {', '.join(choice for choice in choices if choice)}")
    _check_rule(options.list_rule)
    if options.pilot is not None:
        check_pilot(options.pilot)


def check_maturity(ends_on: date, *, attribution_days: int, maturity_days: int) -> None:
    """Raise Invalid unless the orders of a campaign mature in a month that can be counted."""
    _check_number("attribution_days", attribution_days, 0, 730)
    _check_number("maturity_days", maturity_days, 0, 730)
    if ends_on + timedelta(days=attribution_days + maturity_days) > LAST_DAY:
        raise Invalid("ends_on", f"a day whose orders mature by {LAST_DAY}")


def check_objective(objective: str, kind: str, reason: str) -> None:
    """Raise Invalid where the objective is not what the product is for, and nobody says why it serves all the same."""
    if objective != kind and not reason.strip():
        raise Invalid("objective_reason", f"why a product of the kind {kind} serves the objective {objective}")


def _check_texts(options: CampaignOptions) -> None:
    if not (1 <= len(options.code) <= 64 and set(options.code) <= _CODE_LETTERS):
        raise Invalid("code", "1 to 64 letters, digits, '_', '.' or '-'")
    for name, longest in _TEXTS.items():
        _check_text(name, getattr(options, name), longest)
    for name, longest in _SHORT_TEXTS.items():
        value: str | None = getattr(options, name)
        if value is not None:
            _check_text(name, value, longest)
            if not value.strip():
                raise Invalid(name, f"text of 1 to {longest} characters, or nothing")
    if not options.name.strip():
        raise Invalid("name", "a name")


def _check_text(name: str, value: str, longest: int) -> None:
    if len(value) > longest or "\0" in value or _has_surrogate(value):
        raise Invalid(name, f"text of at most {longest} characters")


def _check_numbers(options: CampaignOptions) -> None:
    for name, (lowest, highest) in _NUMBERS.items():
        number: int | None = getattr(options, name)
        if number is not None:
            _check_number(name, number, lowest, highest)
    for name in _SCORES:
        score: float | None = getattr(options, name)
        if score is not None and not (isfinite(score) and 0 <= score <= 1):
            raise Invalid(name, "a number from 0 to 1")
    if options.minimum_score is not None and options.maximum_score is not None and options.maximum_score < options.minimum_score:
        raise Invalid("maximum_score", "a number not below minimum_score")
    if options.minimum_load is not None and options.maximum_load is not None and options.maximum_load < options.minimum_load:
        raise Invalid("maximum_load", "a number not below minimum_load")
    _check_amount("budget", options.budget, LARGEST_SUM)
    _check_amount("strategic_weight", options.strategic_weight, LARGEST_WEIGHT)
    _check_amount("km_cost", options.km_cost, LARGEST_KM_COST)


def _check_amount(name: str, amount: Decimal | None, highest: Decimal) -> None:
    if amount is not None and not (amount.is_finite() and 0 <= amount <= highest and amount == round(amount, 4)):
        raise Invalid(name, f"an amount from 0 to {highest} with at most 4 decimals")


def _check_rule(rule: Any) -> None:
    if rule is None:
        return
    try:
        check_rule(rule)
    except WrongRule as error:
        raise Invalid(f"list_{error.field}", error.expected) from error


def _check_tags(name: str, tags: Sequence[str]) -> None:
    bad = any(not 1 <= len(tag) <= LONGEST_TAG or "\0" in tag or _has_surrogate(tag) for tag in tags)
    if bad or len(tags) > MOST_TAGS:
        raise Invalid(name, f"at most {MOST_TAGS} tags, each of 1 to {LONGEST_TAG} characters")


def _has_surrogate(value: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in value)


def _check_window(options: CampaignOptions) -> None:
    for name in ("starts_on", "ends_on"):
        if not FIRST_DAY <= getattr(options, name) <= LAST_DAY:
            raise Invalid(name, f"a day from {FIRST_DAY} to {LAST_DAY}")
    days = (options.ends_on - options.starts_on).days + 1
    if not 1 <= days <= LONGEST_WINDOW:
        raise Invalid("ends_on", f"a day on or after starts_on, at most {LONGEST_WINDOW} days in all")


def _check_number(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise Invalid(name, f"a whole number from {lowest} to {highest}")
