"""Who is on a list, and who of it may be contacted (pure NumPy): for millions of customers at once.

A list is walked from the best customer down. Those taken by score are `ranked`, with everybody passed on the way and the first
reason against him; then some are drawn at random among the eligible left over, `explored`, with the probability of it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.campaigns.eligibility import REASON_WORDS, REASONS, are_controls, are_held_out, draws_of, hash_limit, list_parts

NO_REASON = 0
_OUTSIDE_PILOT = REASON_WORDS.index("outside_pilot")


@dataclass(frozen=True)
class ListRule:
    """What decides a list. At least one of `list_size` and `minimum_score` is given; shares are 0..1.

    While a pilot lasts, of those to contact only a share of the customers, or those of `pilot_grids`, are contacted.
    """

    seed: int
    control_share: Decimal
    holdout_share: Decimal
    exploration_share: Decimal
    list_size: int | None = None
    minimum_score: float | None = None
    pilot_share: Decimal = Decimal(1)
    pilot_grids: Sequence[int] | None = None


@dataclass(frozen=True)
class Customers:
    """Customers of a ranking from the best down, or of a list; each (n,). `owner` is 0 and `uplift` NaN where not known.

    `against` has bit i set where REASONS[i] speaks against the customer, of the reasons that are sets. `explored` and
    `probability` are those of a list that was drawn before.
    """

    customer_id: NDArray[np.int64]
    grid_id: NDArray[np.int32]
    owner: NDArray[np.int32]
    draw_key: NDArray[np.int64]
    rank: NDArray[np.int32]
    score: NDArray[np.float32]
    uplift: NDArray[np.float32]
    against: NDArray[np.int64]
    explored: NDArray[np.bool_]
    probability: NDArray[np.float32]

    @cached_property
    def by_id(self) -> NDArray[np.int64]:
        """The rows in the order of the customers' ids: so are the keys of tables filled from their left to their right."""
        return Positions(self.customer_id).by_id()

    def only(self, rows: NDArray[Any]) -> "Customers":
        """Those of these rows, in their order."""
        return Customers(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


class Positions:
    """Where each customer stands in an array of unique ids."""

    def __init__(self, customer_ids: NDArray[np.int64]) -> None:
        self._sorter: NDArray[np.int64] | None = None
        largest = int(customer_ids.max(initial=0))
        if largest <= 8 * len(customer_ids) + 1_000_000:
            self._table: NDArray[Any] = np.full(largest + 2, -1, dtype=np.int32)
            self._table[customer_ids] = np.arange(len(customer_ids), dtype=np.int32)
        else:
            self._sorter = np.argsort(customer_ids)
            self._table = customer_ids[self._sorter]

    def of(self, customer_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The position of each of these; -1 for one who is not there."""
        if self._sorter is None:
            return self._table[np.minimum(customer_ids, len(self._table) - 1)].astype(np.int64)
        if len(self._table) == 0:
            return np.full(len(customer_ids), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self._table, customer_ids), len(self._table) - 1)
        return np.where(self._table[place] == customer_ids, self._sorter[place], -1)

    def by_id(self) -> NDArray[np.int64]:
        """The positions in the order of the ids."""
        return self._table[self._table >= 0].astype(np.int64) if self._sorter is None else self._sorter


def gather_against(customer_ids: NDArray[np.int64], sets: Mapping[str, NDArray[np.int64]]) -> NDArray[np.int64]:
    """`Customers.against` from the ids of each reason's set."""
    positions, against = Positions(customer_ids), np.zeros(len(customer_ids), dtype=np.int64)
    for reason, members in sets.items():
        found = positions.of(members)
        hit = np.zeros(len(customer_ids), dtype=np.bool_)
        hit[found[found >= 0]] = True
        against |= hit.astype(np.int64) << REASONS.index(reason)
    return against


def judge(customers: Customers, rule: ListRule, *, without: Collection[str] = ()) -> NDArray[np.uint8]:
    """For each customer NO_REASON, or 1 + the place in REASONS of the first that holds. `without`: reasons not asked."""
    draws = {
        "negative_uplift": customers.uplift < 0,
        "permanent_holdout": are_held_out(customers.draw_key, rule.holdout_share),
        "control": are_controls(rule.seed, customers.draw_key, rule.control_share),
    }
    reason = np.full(len(customers.rank), NO_REASON, dtype=np.uint8)
    for place in reversed(range(len(REASONS))):
        name = REASONS[place]
        if name not in without:
            reason[draws[name] if name in draws else (customers.against >> place) & 1 != 0] = place + 1
    return reason


def take_list(customers: Customers, reason: NDArray[np.uint8], rule: ListRule) -> tuple[Customers, NDArray[np.uint8]]:
    """Walk `customers`, judged, from the best down, and draw the explored: those on the list, and their reasons."""
    eligible = reason == NO_REASON
    # Of a customer at this place of the list, before it was asked who is held out and who is a control.
    chance = (1 - rule.holdout_share) * (1 - rule.control_share)
    if rule.list_size is not None:
        ranked, wanted = list_parts(rule.list_size, rule.exploration_share)
        taken = np.cumsum(eligible) - eligible < ranked
    else:
        taken = customers.score >= np.float32(rule.minimum_score)
        wanted = _explored_of(int((taken & eligible).sum()), rule.exploration_share)
    left_over = np.flatnonzero(eligible & ~taken)
    explored = _draw(left_over, customers.draw_key, wanted, rule.seed)
    probability = float(chance) * len(explored) / max(len(left_over), 1)
    walked = np.flatnonzero(taken)
    rows, parts = np.concatenate([walked, explored]), [len(walked), len(explored)]
    listed = replace(
        customers.only(rows),
        explored=np.repeat([False, True], parts),
        probability=np.repeat(np.array([chance, probability], dtype=np.float32), parts),
    )
    return listed, _keep_to_pilot(listed, reason[rows], rule)


def last_rank_of(listed: Customers) -> int | None:
    """The last rank that the walk of a list reached; None where it took nobody."""
    walked = listed.rank[~listed.explored]
    return int(walked.max()) if len(walked) else None


def _keep_to_pilot(listed: Customers, reason: NDArray[np.uint8], rule: ListRule) -> NDArray[np.uint8]:
    """Whom a small share takes, every larger one does too; holdout and control were asked before, so growth contacts none."""
    if rule.pilot_grids is not None:
        inside = np.isin(listed.grid_id, np.asarray(rule.pilot_grids, dtype=np.int64))
    elif rule.pilot_share < 1:
        inside = draws_of(rule.seed, "pilot", listed.draw_key) < hash_limit(rule.pilot_share)
    else:
        return reason
    return np.where((reason == NO_REASON) & ~inside, _OUTSIDE_PILOT, reason).astype(np.uint8)


def _explored_of(ranked: int, exploration_share: Decimal) -> int:
    """So many that they are the exploration share of the whole list."""
    explored = ranked * exploration_share / (1 - exploration_share)
    return int(explored.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _draw(rows: NDArray[np.int64], draw_key: NDArray[np.int64], wanted: int, seed: int) -> NDArray[np.int64]:
    if wanted == 0 or len(rows) == 0:
        return rows[:0]
    by_chance: NDArray[np.int64] = rows[np.lexsort((draw_key[rows], draws_of(seed, "explore", draw_key[rows])))]
    return by_chance[:wanted]
