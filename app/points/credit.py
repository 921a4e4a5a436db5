"""Who has the success or failure of a work order that more than one manager worked on (pure; decision 36).

| who spoke with the customer, before the sale where there is one, else before the work order matured | credit |
|---|---|
| nobody | whoever has the work order: 1 |
| one manager | that one, whoever has the work order now: 1 |
| several | who did so last: 0.6; the others 0.4 in equal parts, cut to 8 places, and what the cut leaves is the last one's |

`app/points/credit_queries.py` says the same in SQL for a whole month; a test holds the two together.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

LAST_SHARE = Decimal("0.6")
SHARE_STEP = Decimal("0.00000001")
WHOLE = Decimal(1)


class Talk(NamedTuple):
    """A report, not corrected since, of a manager who spoke with the customer."""

    staff_id: int
    contacted_at: datetime


def split_credit(talks: Iterable[Talk], *, holder: int, until: datetime) -> dict[int, Decimal]:
    """Share of each manager, who comes last first; they sum to exactly 1.

    `holder`: who has the work order. `until`: when the sale was made, or, without one, when the work order matured.
    """
    last: dict[int, datetime] = {}
    for staff_id, contacted_at in talks:
        if contacted_at <= until:
            last[staff_id] = max(last.get(staff_id, contacted_at), contacted_at)
    if not last:
        return {holder: WHOLE}
    first, *others = sorted(last, key=lambda staff_id: (-last[staff_id].timestamp(), staff_id))
    if not others:
        return {first: WHOLE}
    each = earlier_share(len(others))
    return {first: WHOLE - each * len(others), **dict.fromkeys(others, each)}


def earlier_share(others: int) -> Decimal:
    """What each of the others has who spoke with the customer before the last one did."""
    return ((WHOLE - LAST_SHARE) / others).quantize(SHARE_STEP, rounding=ROUND_DOWN)
