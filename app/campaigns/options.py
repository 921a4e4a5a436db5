"""What a planner may choose for a campaign, with its defaults and bounds (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from math import isfinite

from app.core.errors import Invalid

CHANNELS = ("call", "visit", "sms")
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2098, 12, 31)
LONGEST_WINDOW = 366
LARGEST_LIST = 100_000_000
MOST_TAGS, LONGEST_TAG = 20, 200
_CODE_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")


@dataclass(frozen=True)
class CampaignOptions:
    """A campaign as planned. Shares are 0..1; `list_size` counts customers to contact; None: the product's own days.

    Exactly one of `list_size` and `minimum_score` is given. The list is made of those who bear all `required_tags` and none
    of `excluded_tags`.
    """

    code: str
    name: str
    product_code: str
    starts_on: date
    ends_on: date
    list_size: int | None = None
    minimum_score: float | None = None
    control_share: Decimal = Decimal("0.05")
    exploration_share: Decimal = Decimal("0.02")
    rest_days: int = 30
    attribution_days: int | None = None
    maturity_days: int | None = None
    channel: str = "call"
    talk_track: str = ""
    seed: int | None = None
    required_tags: Sequence[str] = ()
    excluded_tags: Sequence[str] = ()


def check_options(options: CampaignOptions) -> None:
    """Raise Invalid, which names the first option that is out of its bounds."""
    _check_texts(options)
    _check_window(options)
    if (options.list_size is None) == (options.minimum_score is None):
        raise Invalid("list_size", "either a list size or a minimum score, not both")
    if options.list_size is not None:
        _check_number("list_size", options.list_size, 1, LARGEST_LIST)
    score = options.minimum_score
    if score is not None and not (isfinite(score) and 0 <= score <= 1):
        raise Invalid("minimum_score", "a number from 0 to 1")
    for name in ("control_share", "exploration_share"):
        share: Decimal = getattr(options, name)
        if not (share.is_finite() and 0 <= share < 1):
            raise Invalid(name, "a share from 0 to below 1")
    for name in ("required_tags", "excluded_tags"):
        _check_tags(name, getattr(options, name))
    _check_number("rest_days", options.rest_days, 0, 3_650)
    if options.seed is not None:
        _check_number("seed", options.seed, 0, 2**63 - 1)
    if options.channel not in CHANNELS:
        raise Invalid("channel", f"one of {', '.join(CHANNELS)}")


def check_maturity(ends_on: date, *, attribution_days: int, maturity_days: int) -> None:
    """Raise Invalid unless the orders of a campaign mature in a month that can be counted."""
    _check_number("attribution_days", attribution_days, 0, 730)
    _check_number("maturity_days", maturity_days, 0, 730)
    if ends_on + timedelta(days=attribution_days + maturity_days) > LAST_DAY:
        raise Invalid("ends_on", f"a day whose orders mature by {LAST_DAY}")


def seed_of(code: str) -> int:
    """The seed of a campaign that was given none: it follows from its code."""
    return int.from_bytes(sha256(code.encode()).digest()[:7], "big")


def _check_texts(options: CampaignOptions) -> None:
    if not (1 <= len(options.code) <= 64 and set(options.code) <= _CODE_LETTERS):
        raise Invalid("code", "1 to 64 letters, digits, '_', '.' or '-'")
    for name, longest in (("name", 200), ("product_code", 200), ("talk_track", 4_000)):
        value: str = getattr(options, name)
        if len(value) > longest or "\0" in value or _has_surrogate(value):
            raise Invalid(name, f"text of at most {longest} characters")
    if not options.name.strip():
        raise Invalid("name", "a name")


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
