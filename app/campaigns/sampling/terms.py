"""The columns of the planner's sample (pure)."""

RESTS = (7, 14, 30, 60, 90, 180)  # days within which it is known whether somebody was contacted for a family


def score_column(product_code: str) -> str:
    """Scores of a product's newest ranking."""
    return f"score.{product_code}"


def uplift_column(product_code: str) -> str:
    """Uplift by a product's newest ranking."""
    return f"uplift.{product_code}"


def against_column(product_code: str, channel: str) -> str:
    """What speaks against a contact, as bits of `Customers.against`, but the rest since the last contact."""
    return f"against.{channel}.{product_code}"


def rested_column(family: str) -> str:
    """The fewest of RESTS days within which the customer was contacted for a family; 0: in none."""
    return f"rested.{family}"


def rest_of(days: int) -> int:
    """Which of RESTS stands for a rest of so many days: the next longer one, or the longest; 0: no rest is wanted."""
    return 0 if days == 0 else next((rest for rest in RESTS if rest >= days), RESTS[-1])
