"""Exact numbers: points and money are Decimal, rounded by one rule."""

from decimal import ROUND_HALF_EVEN, Decimal

POINT_STEP = Decimal("0.0001")


def round_points(value: Decimal) -> Decimal:
    """Points to 1/10,000, half to even."""
    return value.quantize(POINT_STEP, rounding=ROUND_HALF_EVEN)


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """`part / whole` as an exact Decimal to 8 places; None where there is no whole."""
    if whole == 0:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.00000001"), rounding=ROUND_HALF_EVEN)
