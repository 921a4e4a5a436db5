"""One run decided: from customers, what speaks against them and the managers' capacity to who contacts whom on which day.

Pure NumPy: the same inputs give the same decisions, in every database and at every repetition (see replay). Of a customer whom
several campaigns of the run could contact, each product family goes to the campaign of the best value; the families that are
left are one contact, with one manager on one day, which counts once against capacity.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.campaigns.eligibility import PLACEMENT_REASONS, REASONS, draws_of
from app.campaigns.listing import NO_REASON, Customers, ListRule, judge, take_list
from app.dispatch.split import NOBODY, Managers, Outcome, Targets, order_of, split

_FIRST = 1 + len(REASONS)
DISPATCHED, NO_ACTIVE_MANAGER, OVER_CAPACITY, BETTER_USE, BELOW_COST = (
    _FIRST + PLACEMENT_REASONS.index(name)
    for name in ("dispatched", "no_active_manager", "over_capacity", "better_use", "below_cost")
)
_REASON_OF = {
    Outcome.OWNER: DISPATCHED,
    Outcome.BEST_VALUE: DISPATCHED,
    Outcome.NO_ACTIVE_MANAGER: NO_ACTIVE_MANAGER,
    Outcome.OVER_CAPACITY: OVER_CAPACITY,
    Outcome.BELOW_COST: BELOW_COST,
}


@dataclass(frozen=True)
class Worth:
    """What a sale of the product is worth in money, capped; None where no price is known. See offers/priority.py."""

    sale: float | None = None
    weight: float = 1.0
    contact_cost: float = 0.0

    def of(self, score: NDArray[np.float32], uplift: NDArray[np.float32]) -> NDArray[np.int64] | None:
        """incremental x sale x weight - contact cost of each customer, in ten-thousandths; None where no price is known."""
        if self.sale is None:
            return None
        incremental = np.where(np.isnan(uplift), score, uplift).astype(np.float64)
        value: NDArray[np.int64] = np.rint((incremental * self.sale * self.weight - self.contact_cost) * 10_000).astype(np.int64)
        return value


@dataclass(frozen=True)
class CampaignInput:
    """A campaign of a run. `customers`: those of its list that are undecided (`is_drawn`), or all that were ranked."""

    campaign_id: int
    code: str
    family: str
    rule: ListRule
    worth: Worth
    is_drawn: bool
    customers: Customers
    scoring_run_id: int | None = None


@dataclass(frozen=True)
class RunInputs:
    """All that decides a run. Days count from `first`."""

    first: date
    campaigns: Sequence[CampaignInput]
    managers: Managers


@dataclass(frozen=True)
class Decision:
    """What a run decided of one campaign: its list; each (n,).

    `reason`: codes of target_rows.REASON_WORDS; `manager`: positions among the managers, NOBODY for none; `day`: of the window;
    `outcome`: of those placed, how; `value`: ten-thousandths of money, None where unknown; `contact`: equal for the targets of
    one contact, NOBODY for none.
    """

    campaign_id: int
    customers: Customers
    reason: NDArray[np.uint8]
    value: NDArray[np.int64] | None
    manager: NDArray[np.int64]
    day: NDArray[np.int64]
    outcome: NDArray[np.int64]
    contact: NDArray[np.int64]


@dataclass(frozen=True)
class _Listed:
    """The list of a campaign before it is placed."""

    source: CampaignInput
    customers: Customers
    reason: NDArray[np.uint8]
    value: NDArray[np.int64] | None


def decide_run(inputs: RunInputs, *, without: Collection[str] = ()) -> list[Decision]:
    """Decide every target. `without`: reasons that are not asked."""
    lists = _let_the_best_use_win([_list_of(source, without) for source in inputs.campaigns])
    waiting = [np.flatnonzero(listed.reason == NO_REASON) for listed in lists]
    customer_id = np.concatenate([listed.customers.customer_id[rows] for listed, rows in zip(lists, waiting, strict=True)])
    _, lead, contact = np.unique(customer_id, return_index=True, return_inverse=True)
    targets = _contacts(lists, waiting, lead, contact)
    placed = split(targets, inputs.managers)
    ends = np.cumsum([len(rows) for rows in waiting])[:-1]
    decisions = []
    for listed, rows, mine in zip(lists, waiting, np.split(contact, ends), strict=True):
        whole = {name: np.full(len(listed.reason), NOBODY, dtype=np.int64) for name in ("manager", "day", "outcome", "contact")}
        for name, values in (("manager", placed.manager[mine]), ("day", placed.day[mine]), ("outcome", placed.outcome[mine])):
            whole[name][rows] = values
        whole["contact"][rows] = np.where(placed.manager[mine] == NOBODY, NOBODY, mine)
        reason = listed.reason.copy()
        for outcome, code in _REASON_OF.items():
            reason[rows[placed.outcome[mine] == outcome]] = code
        decisions.append(Decision(listed.source.campaign_id, listed.customers, reason, listed.value, **whole))
    return decisions


def _list_of(source: CampaignInput, without: Collection[str]) -> _Listed:
    # Who is a control was asked when the list was drawn; a list of before must not find others now.
    reason = judge(source.customers, source.rule, without={*without, "control"} if source.is_drawn else without)
    customers = source.customers
    if not source.is_drawn:
        customers, reason = take_list(customers, reason, source.rule)
    return _Listed(source, customers, reason, source.worth.of(customers.score, customers.uplift))


def _let_the_best_use_win(lists: list[_Listed]) -> list[_Listed]:
    """Of the campaigns of one family that could contact a customer, the one of the best value; of equal ones the first."""
    if len(lists) == 1:
        return lists
    waiting = [np.flatnonzero(listed.reason == NO_REASON) for listed in lists]
    which = np.repeat(np.arange(len(lists)), [len(rows) for rows in waiting])
    families = {listed.source.family: number for number, listed in enumerate(lists)}
    family = np.array([families[listed.source.family] for listed in lists])[which]
    customer_id = np.concatenate([listed.customers.customer_id[rows] for listed, rows in zip(lists, waiting, strict=True)])
    value = np.concatenate([_comparable(listed)[rows] for listed, rows in zip(lists, waiting, strict=True)])
    order = np.lexsort((which, -value, family, customer_id))
    same = (customer_id[order][1:] == customer_id[order][:-1]) & (family[order][1:] == family[order][:-1])
    beaten = np.zeros(len(order), dtype=np.bool_)
    beaten[order[1:][same]] = True
    reasons = [listed.reason.copy() for listed in lists]
    for number, rows in enumerate(waiting):
        reasons[number][rows[beaten[which == number]]] = BETTER_USE
    return [_Listed(one.source, one.customers, reason, one.value) for one, reason in zip(lists, reasons, strict=True)]


def _comparable(listed: _Listed) -> NDArray[np.float64]:
    """The value; where no price is known, as if every sale were worth one."""
    value = listed.value if listed.value is not None else Worth(sale=1.0).of(listed.customers.score, listed.customers.uplift)
    assert value is not None
    return value.astype(np.float64)


def _contacts(
    lists: list[_Listed], waiting: list[NDArray[np.int64]], lead: NDArray[np.int64], contact: NDArray[np.int64]
) -> Targets:
    """The contacts to be placed: in the order of the ranking where there is one list, by their value where there are several."""
    parts = [listed.customers.only(rows) for listed, rows in zip(lists, waiting, strict=True)]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("grid_id", "owner", "draw_key", "explored", "rank")
    }
    rank = columns["rank"][lead].astype(np.int64)
    explored = np.bincount(contact, weights=columns["explored"], minlength=len(lead)) > 0
    turn = draws_of(lists[0].source.rule.seed, "turn", columns["draw_key"][lead])
    if len(lists) > 1:
        values = np.concatenate([_comparable(listed)[rows] for listed, rows in zip(lists, waiting, strict=True)])
        total = np.bincount(contact, weights=values, minlength=len(lead))
        rank = np.empty(len(lead), dtype=np.int64)
        rank[np.lexsort((columns["draw_key"][lead], -total))] = np.arange(len(lead))
    return Targets(
        grid=columns["grid_id"][lead].astype(np.int64),
        owner=columns["owner"][lead].astype(np.int64),
        order=order_of(rank, explored, turn),
        value=_money(lists, waiting, contact, len(lead)),
        cost=_cost(lists, waiting, contact, len(lead)),
        drawn=explored,
    )


def _money(
    lists: list[_Listed], waiting: list[NDArray[np.int64]], contact: NDArray[np.int64], contacts: int
) -> NDArray[np.float64] | None:
    """What each contact brings, its cost taken off; None where the price of a product is not known."""
    if any(listed.value is None for listed in lists):
        return None
    values = [_comparable(listed)[rows] / 10_000 for listed, rows in zip(lists, waiting, strict=True)]
    return np.bincount(contact, weights=np.concatenate(values), minlength=contacts).astype(np.float64)


def _cost(
    lists: list[_Listed], waiting: list[NDArray[np.int64]], contact: NDArray[np.int64], contacts: int
) -> NDArray[np.float64]:
    costs = np.repeat([listed.source.worth.contact_cost for listed in lists], [len(rows) for rows in waiting])
    return np.bincount(contact, weights=costs, minlength=contacts).astype(np.float64)
