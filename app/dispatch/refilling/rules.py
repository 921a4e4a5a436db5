"""Which places of a campaign are free again, and who is next for them (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Kind = tuple[int, bool]  # (grid, whether its customers are drawn at random)


@dataclass(frozen=True)
class LeftOut:
    """The targets of one campaign for whom there was no capacity; each (n,). `turn`: the random number of the explored."""

    customer_id: NDArray[np.int64]
    grid_id: NDArray[np.int32]
    rank: NDArray[np.int32]
    explored: NDArray[np.bool_]
    turn: NDArray[np.int64]


def open_places(freed: Mapping[Kind, int], refilled: Mapping[Kind, int]) -> dict[Kind, int]:
    """Places that work which ended without a contact has left, without those that refills gave to others."""
    open_ones = {kind: places - refilled.get(kind, 0) for kind, places in freed.items()}
    return {kind: places for kind, places in open_ones.items() if places > 0}


def choose_next(left: LeftOut, places: Mapping[Kind, int]) -> NDArray[np.int64]:
    """The customers whose turn it is: of each grid as many as it has open places of their kind, ranked ones by rank, explored
    ones by their turn alone, so that the ranker has no say in whom of them a refill reaches."""
    order = np.lexsort((left.rank, np.where(left.explored, left.turn, 0), left.explored, left.grid_id))
    chosen = [left.customer_id[:0]]
    for (grid_id, explored), count in sorted(places.items()):
        same = (left.grid_id[order] == grid_id) & (left.explored[order] == explored)
        chosen.append(left.customer_id[order[same][:count]])
    return np.concatenate(chosen)
