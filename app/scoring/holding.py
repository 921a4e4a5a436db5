"""What counts as owned, lost and refused, as SQL over sources named `s` (pure: it only writes text).

Said once, for lists of campaigns and for offers alike. Parameters: `:owning_ids` (products that count as the same),
`:owned_since` (instant), `:day`, and for refusals `:family`.
"""

OWNED_DAYS = 365  # an order this recent counts as owned even where no holding was fed yet

HELD = (
    "FROM holdings s WHERE s.product_id = ANY(:owning_ids) AND s.from_date <= :day AND (s.to_date IS NULL OR s.to_date >= :day)"
)
ENDED = "FROM holdings s WHERE s.product_id = ANY(:owning_ids) AND s.to_date < :day"
ORDERED = "FROM orders s WHERE s.product_id = ANY(:owning_ids) AND s.cancelled_at IS NULL AND s.ordered_at >= :owned_since"


def refused(scopes: str) -> str:
    """Refusals in force of any of `scopes`, an SQL list."""
    return (
        "FROM contact_preferences s WHERE s.status = 'refused' AND (s.until IS NULL OR s.until >= :day)"
        f" AND s.scope IN ({scopes})"
    )
