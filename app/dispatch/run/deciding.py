"""One run decided: from customers, what speaks against them and the managers' capacity to who contacts whom on which day.

Pure NumPy: the same inputs give the same decisions, in every database and at every repetition (see replay). Of a customer whom
several campaigns of the run could contact, each product family goes to the best use (arbitration.py); the families that are left
are one contact, with one manager on one day, which counts once against capacity.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from app.campaigns.eligibility import REASON_WORDS
from app.campaigns.listing import Customers, judge, take_list
from app.core.draws import draw_key
from app.dispatch.run.arbitration import Arbitration
from app.dispatch.run.choosing import Listed, choose_uses, contacts_of
from app.dispatch.run.terms import REASON_OF, CampaignInput, RunInputs, Worth
from app.dispatch.splitting.shares import Beside
from app.dispatch.splitting.split import NOBODY, Placement, split

__all__ = ["CampaignInput", "Decision", "RunDecision", "RunInputs", "Worth", "decide_run"]

_STABLE = np.array([draw_key(str(word)) for word in REASON_WORDS])  # of a reason whatever others come to stand before it


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
class RunDecision:
    """What a run decided. `worth` is what its contacts are worth together, `bound` the most that any choice could reach: both in
    money, or in places of the ranking where a price is not known. `placed`, `found`: figures of the grids and of the
    arbitration (None where there was nothing to decide between campaigns)."""

    campaigns: list[Decision]
    worth: float
    bound: float
    placed: Placement
    found: Arbitration | None

    def digest(self, staff: NDArray[np.int64]) -> str:
        """SHA-256 of who is on the lists with which reason, manager and day. `staff`: ids of the managers."""
        found = sha256()
        for decision in self.campaigns:
            order = decision.customers.by_id
            manager = np.append(staff, 0)[decision.manager]  # NOBODY is the last
            reason = _STABLE[decision.reason]
            for column in (decision.customers.customer_id, reason, manager, decision.day, decision.customers.explored):
                found.update(np.ascontiguousarray(column[order]).tobytes())
        return found.hexdigest()


def decide_run(inputs: RunInputs, *, without: Collection[str] = (), beside: Beside | None = None) -> RunDecision:
    """Decide every target. `without`: reasons that are not asked; `beside`: who splits half of the grids meanwhile."""
    before = [list_of(source, without) for source in inputs.campaigns]
    lists, found = choose_uses(before, inputs.managers, inputs.rules)
    contacts = contacts_of(lists, found, inputs.places)
    placed = split(contacts.targets, inputs.managers, inputs.rules, beside=beside)
    ends = np.cumsum([len(listed.waiting) for listed in lists])[:-1]
    parts = np.split(contacts.contact, ends)
    decisions = [_decision(listed, mine, placed) for listed, mine in zip(lists, parts, strict=True)]
    if found is not None:
        return RunDecision(decisions, found.objective, found.bound, placed, found)
    worth, bound = (sum(getattr(grid, name) for grid in placed.grids) for name in ("worth", "bound"))
    return RunDecision(decisions, worth, bound, placed, None)


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


def list_of(source: CampaignInput, without: Collection[str] = ()) -> Listed:
    """The list of one campaign before anybody is placed: as it was drawn, or as it would be. `without`: reasons not asked."""
    # Who is a control was asked when the list was drawn; a list of before must not find others now.
    reason = judge(source.customers, source.rule, without={*without, "control"} if source.is_drawn else without)
    customers = source.customers
    if not source.is_drawn:
        customers, reason = take_list(customers, reason, source.rule)
    return Listed(source, customers, reason, source.worth.of(customers.score, customers.uplift))
