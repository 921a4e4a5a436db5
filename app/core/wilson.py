"""The 95 % interval of a share by E. B. Wilson (1927); it keeps its coverage where little was counted."""

from decimal import Decimal

Z = Decimal("1.959963985")  # the 97.5 % point of the normal distribution
ONE, ZERO = Decimal(1), Decimal(0)


def wilson(rate: Decimal, n: Decimal) -> tuple[Decimal, Decimal]:
    """Between which shares the true one is, where `rate` was seen among `n` > 0 independent ones (n need not be whole).

    Unrounded, in Decimal, so that it is the same everywhere.
    """
    spread = Z * Z / n
    centre = rate + spread / 2
    half = (spread * (rate * (ONE - rate) + spread / 4)).sqrt()
    return max(centre - half, ZERO) / (ONE + spread), min((centre + half) / (ONE + spread), ONE)
