"""What a planner may choose for a campaign, with its defaults (pure). `plan_checks.py` has the bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

CHANNELS = ("call", "visit", "sms")
OBJECTIVES = ("acquire", "upsell", "cross_sell", "retention", "win_back", "care")
FITS = ("refuse", "shrink")
UNFINISHED = ("roll", "expire", "pool")
MOST_TAGS = 20


@dataclass(frozen=True)
class CampaignOptions:
    """A campaign as planned. Shares are 0..1; `list_size` counts customers to contact; None: the product's own, or no bound.

    At least one of `list_size` and `minimum_score` is given. The list is made of those who bear all `required_tags`, one of
    `any_tags` where there are some and none of `excluded_tags`, for whom `list_rule` holds (the grammar of
    `centre/rules.py`), of the grids of `unit_code`. `budget`: money for the contacts; `minimum_volume`: contacts promised;
    `minimum_load`, `maximum_load`: contacts of one manager; `fairness`: how far a manager's load may be from the grid's, as
    a share of capacity. `km_cost`: money that a kilometre to a visit costs (None: the usual). `fit`: what becomes of a plan for
    which there is not enough free capacity. `pilot`: see `pilot.py`.
    `unfinished_rule`, `most_rolls`: what becomes of work whose day passed (None: the company's), see `dispatch/waves.py`.
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
    any_tags: Sequence[str] = ()
    list_rule: Mapping[str, Any] | None = None
    maximum_score: float | None = None
    unit_code: str | None = None
    programme: str | None = None
    objective: str | None = None
    objective_reason: str = ""
    strategy: str = ""
    budget: Decimal | None = None
    minimum_volume: int | None = None
    strategic_weight: Decimal = Decimal(1)
    minimum_load: int | None = None
    maximum_load: int | None = None
    fairness: Decimal | None = None
    km_cost: Decimal | None = None
    fit: str = "refuse"
    unfinished_rule: str | None = None
    most_rolls: int | None = None
    pilot: Mapping[str, Any] | None = None


def seed_of(code: str) -> int:
    """The seed of a campaign that was given none: it follows from its code."""
    return int.from_bytes(sha256(code.encode()).digest()[:7], "big")
