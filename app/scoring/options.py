"""What may be asked of training and ranking (pure)."""

from datetime import date

from app.core.errors import Invalid

FIRST_DAY = date(1971, 1, 1)
LONGEST_WINDOW = 365
LARGEST_SEED = 1_000_000
MOST_EXPLAINED = 100_000
LONGEST_BUDGET = 86_400.0


def check_day(as_of: date | None, today: date) -> date:
    """The day asked for, or today; raises Invalid for one that is not over."""
    if as_of is None:
        return today
    if not FIRST_DAY <= as_of <= today:
        raise Invalid("as_of", f"a day from {FIRST_DAY} to {today}, today, got {as_of}")
    return as_of


def check_budget(seconds: float | None) -> None:
    """Raise Invalid for a time to look for settings that is none, or longer than a day."""
    if seconds is not None and not 0 < seconds <= LONGEST_BUDGET:
        raise Invalid("budget", f"seconds above 0, at most {LONGEST_BUDGET:.0f}, got {seconds}")


def check_within(field: str, value: int, least: int, most: int) -> None:
    """Raise Invalid, which names the option."""
    if not least <= value <= most:
        raise Invalid(field, f"a whole number from {least} to {most}, got {value}")
