"""Who of a list may be contacted, in which order the reasons against it are asked, and how many are drawn (pure)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.core.draws import DRAW_RANGE, draw_key, draw_numbers

# The first that holds is the reason. Holdout and control come last: only somebody who would have been contacted can be one.
REASONS = (
    "invalid",
    "do_not_disturb",
    "complaint_open",
    "already_owns",
    "resting_after_refusal",
    "resting_after_success",
    "contacted_too_recently",
    "locked_by_other_campaign",
    "contact_limit",
    "quiet_day",
    "negative_uplift",
    "permanent_holdout",
    "control",
)
PLACEMENT_REASONS = (
    "dispatched",
    "no_active_manager",
    "over_capacity",
    "better_use",
    "over_budget",
    "below_cost",
    "outside_pilot",
)
REASON_WORDS = (None, *REASONS, *PLACEMENT_REASONS)  # a reason's code is its place: 0 is not decided yet
HOLDOUT_SHARE = Decimal("0.01")  # where a company sets no other
HOLDOUT_SALT = "permanent holdout"  # never changed: another one would call the held out and hold out the called


@dataclass(frozen=True)
class Facts:
    """What is known against contacting one customer; the names are those of REASONS."""

    invalid: bool = False
    do_not_disturb: bool = False
    complaint_open: bool = False
    already_owns: bool = False
    resting_after_refusal: bool = False
    resting_after_success: bool = False
    contacted_too_recently: bool = False
    locked_by_other_campaign: bool = False
    contact_limit: bool = False
    quiet_day: bool = False
    negative_uplift: bool = False
    permanent_holdout: bool = False
    control: bool = False


def first_reason(facts: Facts) -> str | None:
    """The one reason for not contacting the customer; None where there is none."""
    return next((reason for reason in REASONS if getattr(facts, reason)), None)


def hash_limit(share: Decimal) -> int:
    """Below this number lie the draws of a share (0..1) of all customers."""
    return int(share * DRAW_RANGE)


def draws_of(seed: int, salt: str, draw_keys: ArrayLike) -> NDArray[np.int64]:
    """A number from 0 to 2^32 - 1 for each customer, uniform over customers. `draw_keys`: draws.draw_key of their numbers."""
    return draw_numbers(f"{seed}/{salt}", draw_keys)


def are_controls(seed: int, draw_keys: ArrayLike, control_share: Decimal) -> NDArray[np.bool_]:
    """Whether this campaign keeps each customer as a control, now and in every re-run."""
    return draws_of(seed, "control", draw_keys) < hash_limit(control_share)


def are_held_out(draw_keys: ArrayLike, holdout_share: Decimal) -> NDArray[np.bool_]:
    """Whether no campaign at all contacts each customer. Whom a small share holds out, every larger one does too."""
    return draw_numbers(HOLDOUT_SALT, draw_keys) < hash_limit(holdout_share)


def is_control(seed: int, customer_no: str, control_share: Decimal) -> bool:
    """`are_controls` of one customer."""
    return bool(are_controls(seed, draw_key(customer_no), control_share)[0])


def is_held_out(customer_no: str, holdout_share: Decimal) -> bool:
    """`are_held_out` of one customer."""
    return bool(are_held_out(draw_key(customer_no), holdout_share)[0])


def list_parts(list_size: int, exploration_share: Decimal) -> tuple[int, int]:
    """(customers taken by score, customers drawn at random) of a list of `list_size` customers to contact."""
    ranked = int((list_size * (1 - exploration_share)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    return ranked, list_size - ranked
