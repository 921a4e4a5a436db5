"""When a figure is beyond a threshold (pure)."""

from decimal import Decimal

from app.figures.rates import Value

BELOW, ABOVE = "below", "above"


def is_beyond(value: Value, *, side: str, threshold: Decimal, certain: bool) -> bool:
    """Whether the figure is on that side of the threshold; `certain`: its whole 95 % interval, where it has one.

    What nothing is known of is beyond nothing.
    """
    if value.value is None:
        return False
    if side == BELOW:
        nearest = value.high if certain and value.high is not None else value.value
        return nearest < threshold
    nearest = value.low if certain and value.low is not None else value.value
    return nearest > threshold
