"""One run decided: from customers, what speaks against them and the managers' capacity to who contacts whom on which day.

Pure NumPy: the same inputs give the same decisions, in every database and at every repetition (see replay). Of a customer whom
several campaigns of the run could contact, each product family goes to the best use (arbitration.py); the families that are left
are one contact, with one manager on one day, which counts once against capacity.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.campaigns.listing import Customers, judge, take_list
from app.dispatch.arbitration import Arbitration
from app.dispatch.choosing import Listed, choose_uses, contacts_of
from app.dispatch.run_terms import REASON_OF, CampaignInput, RunInputs, Worth
from app.dispatch.split import NOBODY, Placement, split

__all__ = ["CampaignInput", "Decision", "RunInputs", "Worth", "decide_run", "decide_with_figures"]


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


def decide_run(inputs: RunInputs, *, without: Collection[str] = ()) -> list[Decision]:
    """Decide every target. `without`: reasons that are not asked."""
    return decide_with_figures(inputs, without=without)[0]


def decide_with_figures(
    inputs: RunInputs, *, without: Collection[str] = ()
) -> tuple[list[Decision], Placement, Arbitration | None]:
    """`decide_run`, with how good the split of the grids is, and, where there was something to decide, the arbitration."""
    before = [_list_of(source, without) for source in inputs.campaigns]
    lists, found = choose_uses(before, inputs.managers)
    contacts = contacts_of(lists, found, inputs.places)
    placed = split(contacts.targets, inputs.managers, inputs.rules)
    ends = np.cumsum([len(listed.waiting) for listed in lists])[:-1]
    parts = np.split(contacts.contact, ends)
    decisions = [_decision(listed, mine, placed) for listed, mine in zip(lists, parts, strict=True)]
    return decisions, placed, found


def _decision(listed: Listed, mine: NDArray[np.int64], placed: Placement) -> Decision:
    """`mine`: the contact of each waiting row."""
    rows = listed.waiting
    whole = {name: np.full(len(listed.reason), NOBODY, dtype=np.int64) for name in ("manager", "day", "outcome", "contact")}
    for name, values in (("manager", placed.manager[mine]), ("day", placed.day[mine]), ("outcome", placed.outcome[mine])):
        whole[name][rows] = values
    whole["contact"][rows] = np.where(placed.manager[mine] == NOBODY, NOBODY, mine)
    reason = listed.reason.copy()
    for outcome, code in REASON_OF.items():
        reason[rows[placed.outcome[mine] == outcome]] = code
    return Decision(listed.source.campaign_id, listed.customers, reason, listed.value, **whole)


def _list_of(source: CampaignInput, without: Collection[str]) -> Listed:
    # Who is a control was asked when the list was drawn; a list of before must not find others now.
    reason = judge(source.customers, source.rule, without={*without, "control"} if source.is_drawn else without)
    customers = source.customers
    if not source.is_drawn:
        customers, reason = take_list(customers, reason, source.rule)
    return Listed(source, customers, reason, source.worth.of(customers.score, customers.uplift))
