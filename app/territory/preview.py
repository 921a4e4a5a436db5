"""What a handover would do, in figures (pure)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from app.territory.orders import LATER, MOVED, POOL, STAYS, LiveOrder, OrderMove, grids_after
from app.territory.proposal import Move, Situation

MOST_NAMED = 20  # work orders of one reason
_KEPT = {POOL: "no_free_day", STAYS: "call_promised"}


def make_preview(
    situation: Situation,
    moves: Mapping[int, Move],
    orders: Sequence[LiveOrder],
    order_moves: Sequence[OrderMove],
    refused: Mapping[int, str],
) -> dict[str, Any]:
    """Counts, and for each manager what they have before and after; {customers, monthly_value, orders, cannot_move, managers}.

    orders: {moved, later, pool, stays}; those of the pool are those that do not fit. cannot_move: how many and the first of them,
    by reason; `refused`: the gate's reason by work order, which would be withdrawn. managers: in the order of their numbers.
    """
    customers = situation.customers
    cents = dict(zip(customers.ids.tolist(), customers.cents.tolist(), strict=True))
    has, worth, gets, gains = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    for customer_id, owner in zip(customers.ids.tolist(), customers.owner.tolist(), strict=True):
        has[owner] += 1
        worth[owner] += cents[customer_id]
    for move in moves.values():
        for staff_id, sign in ((move.from_staff_id or 0, -1), (move.to_staff_id or 0, 1)):
            gets[staff_id] += sign
            gains[staff_id] += sign * cents[move.customer_id]
    holds = Counter(order.staff_id for order in orders)
    left = Counter(one.order.staff_id for one in order_moves if one.way in (MOVED, POOL))
    came = Counter(one.to_staff_id for one in order_moves if one.way == MOVED)
    grid_after = grids_after(situation)
    return {
        "customers": len(moves),
        "monthly_value": _money(sum(cents[customer_id] for customer_id in moves)),
        "orders": {way: sum(one.way == way for one in order_moves) for way in (MOVED, LATER, POOL, STAYS)},
        "cannot_move": _cannot_move(order_moves, refused),
        "managers": [
            {
                "staff_no": person.staff_no,
                "name": person.name,
                "in_grid_after": grid_after.get(person.staff_id) == situation.grid_id,
                "contacts_a_day": person.daily,
                "customers_before": has[person.staff_id],
                "customers_after": has[person.staff_id] + gets[person.staff_id],
                "monthly_value_before": _money(worth[person.staff_id]),
                "monthly_value_after": _money(worth[person.staff_id] + gains[person.staff_id]),
                "orders_before": holds[person.staff_id],
                "orders_after": holds[person.staff_id] + came[person.staff_id] - left[person.staff_id],
            }
            for person in sorted(situation.people, key=lambda one: one.staff_no)
            if person.grid_id == situation.grid_id
        ],
    }


def _cannot_move(order_moves: Sequence[OrderMove], refused: Mapping[int, str]) -> list[dict[str, Any]]:
    why: defaultdict[str, list[int]] = defaultdict(list)
    for one in order_moves:
        reason = refused.get(one.order.work_order_id) or (None if one.way == POOL and one.order.is_pooled else _KEPT.get(one.way))
        if reason is not None:
            why[reason].append(one.order.work_order_id)
    return [{"reason": reason, "orders": len(ids), "first": ids[:MOST_NAMED]} for reason, ids in sorted(why.items())]


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
