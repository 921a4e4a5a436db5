"""The waterfall: where every customer of a list ended, and that nobody is lost or counted twice (pure)."""

from collections.abc import Mapping

from app.campaigns.eligibility import PLACEMENT_REASONS, REASONS
from app.core.errors import Conflict

WATERFALL = (*REASONS, *PLACEMENT_REASONS)


class WaterfallUnbalanced(Conflict):
    """The reasons of a list do not add up to its targets, or its dispatched targets not to its work orders."""

    code = "dispatch.unbalanced"


def make_waterfall(counts: Mapping[str, int], *, target_count: int, order_count: int) -> dict[str, int]:
    """Targets by terminal reason, all reasons named. Raises WaterfallUnbalanced, which fails the run."""
    waterfall = {reason: counts.get(reason, 0) for reason in WATERFALL}
    if set(counts) - set(waterfall) or sum(waterfall.values()) != target_count:
        raise WaterfallUnbalanced(f"{target_count} targets, but by reason {dict(counts)}")
    if waterfall["dispatched"] != order_count:
        raise WaterfallUnbalanced(f"{waterfall['dispatched']} targets dispatched, but {order_count} work orders")
    return waterfall
