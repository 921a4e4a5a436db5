"""What may be asked of training and ranking (pure)."""

from datetime import date

from app.core.errors import Invalid

FIRST_DAY = date(1971, 1, 1)
LONGEST_WINDOW = 365
LARGEST_SEED = 1_000_000
MOST_EXPLAINED = 100_000


def check_day(as_of: date | None, today: date) -> date:
    """The day asked for, or today; raises Invalid for one that is not over."""
    if as_of is None:
        return today
    if not FIRST_DAY <= as_of <= today:
        raise Invalid("as_of", f"a day from {FIRST_DAY} to {today}, today, got {as_of}")
    return as_of


def check_within(field: str, value: int, least: int, most: int) -> None:
    """Raise Invalid, which names the option."""
    if not least <= value <= most:
        raise Invalid(field, f"a whole number from {least} to {most}, got {value}")
