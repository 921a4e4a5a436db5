"""Who of a list may be contacted, in which order the reasons against it are asked, and how many are drawn (pure)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import sha256

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
PLACEMENT_REASONS = ("dispatched", "no_active_manager", "over_capacity")
HOLDOUT_SHARE = Decimal("0.01")  # where a company sets no other
HOLDOUT_SALT = "permanent holdout"  # never changed: another one would call the held out and hold out the called
_HASH_RANGE = 2**32


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


def hash_number(seed: int, salt: str, customer_id: int) -> int:
    """A number from 0 to 2^32 - 1, uniform over customers, the same for ever: the first 4 bytes of a SHA-256."""
    return _first_bytes(f"{seed}/{salt}/{customer_id}")


def hash_limit(share: Decimal) -> int:
    """Below this number lie the hash numbers of a share (0..1) of all customers."""
    return int(share * _HASH_RANGE)


def is_control(seed: int, customer_id: int, control_share: Decimal) -> bool:
    """Whether this campaign keeps the customer as a control, now and in every re-run."""
    return hash_number(seed, "control", customer_id) < hash_limit(control_share)


def is_held_out(customer_no: str, holdout_share: Decimal) -> bool:
    """Whether no campaign at all contacts the customer. Whom a small share holds out, every larger one does too."""
    return _first_bytes(f"{HOLDOUT_SALT}/{customer_no}") < hash_limit(holdout_share)


def list_parts(list_size: int, exploration_share: Decimal) -> tuple[int, int]:
    """(customers taken by score, customers drawn at random) of a list of `list_size` customers to contact."""
    ranked = int((list_size * (1 - exploration_share)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    return ranked, list_size - ranked


def _first_bytes(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")
