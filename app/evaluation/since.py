"""What changed since the version before (pure): sales that came late, and sales that are none any more."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
MAIN = (
    ("success", "successes"),
    ("success", "rate"),
    ("effect", "difference"),
    ("effect", "low"),
    ("effect", "high"),
    ("effect", "sales"),
    ("money", "margin"),
)


def difference_since(
    before: Mapping[str, Any], wins_before: Integers, now: Mapping[str, Any], wins_now: Integers, *, number: int
) -> dict[str, Any]:
    """{number: of the version before, late: sales that count now and did not, gone: the other way round (cancelled, or taken
    back by billing), figures: [{name, before, now}] of those main figures that differ}. Wins: ids of orders, of all targets."""
    return {
        "number": number,
        "late": len(np.setdiff1d(wins_now, wins_before)),
        "gone": len(np.setdiff1d(wins_before, wins_now)),
        "figures": [
            {"name": f"{part}.{name}", "before": before[part].get(name), "now": now[part].get(name)}
            for part, name in MAIN
            if before[part].get(name) != now[part].get(name)
        ],
    }
