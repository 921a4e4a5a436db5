"""From the lists of a run to the contacts that are to be placed (pure NumPy).

Where there are several lists, or a promise to keep, `arbitration` decides which campaign has which customer; the offers that a
customer is left with are one contact. One list without promises is taken as it is: the split finds its best contacts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.campaigns.eligibility import draws_of
from app.campaigns.listing import NO_REASON, Customers
from app.dispatch.run.arbitration import Arbitration, Promises, Use, Uses, arbitrate
from app.dispatch.run.terms import REASON_OF_USE, CampaignInput, Places, Worth
from app.dispatch.splitting.split import Managers, Targets, order_of
from app.dispatch.splitting.worth import SplitRules, likely_factor

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_MONEY = 10_000  # values are whole ten-thousandths


@dataclass(frozen=True)
class Listed:
    """The list of a campaign before it is placed: reasons so far and value of each customer, (n,)."""

    source: CampaignInput
    customers: Customers
    reason: NDArray[np.uint8]
    value: NDArray[np.int64] | None

    @property
    def waiting(self) -> Integers:
        """The rows against which nothing speaks."""
        return np.flatnonzero(self.reason == NO_REASON)

    @property
    def money(self) -> Floats:
        """The value; where no price is known, as if every sale were worth one."""
        value = self.value if self.value is not None else Worth(sale=1.0).of(self.customers.score, self.customers.uplift)
        assert value is not None
        return value / _MONEY


@dataclass(frozen=True)
class Contacts:
    """What is to be placed, and of each waiting row, list after list, which contact it is part of."""

    targets: Targets
    contact: Integers


def choose_uses(lists: Sequence[Listed], managers: Managers, rules: SplitRules) -> tuple[list[Listed], Arbitration | None]:
    """The lists with a reason for who is another's better use, over budget or below cost.

    The arbitration is that of the rows that were waiting, list after list; None where there was nothing to decide.
    """
    sources = [listed.source for listed in lists]
    promised = any(source.minimum_volume or np.isfinite(source.budget) for source in sources)
    if len(lists) == 1 and not promised:
        return list(lists), None
    working = managers.capacity.sum(axis=1) > 0
    grids = np.unique(np.concatenate([managers.grid[working], *(listed.customers.grid_id for listed in lists)]))
    free = np.maximum(managers.capacity - managers.used, 0).sum(axis=1)[working]
    places = np.bincount(np.searchsorted(grids, managers.grid[working]), weights=free, minlength=len(grids)).astype(np.int64)
    uses = _uses(lists, grids, managers, rules)
    volume, budget = np.array([one.minimum_volume for one in sources]), np.array([float(one.budget) for one in sources])
    found = arbitrate(uses, Promises(volume, budget), places)
    outcome = _within_windows(found, uses, *_windows(lists, managers.capacity.shape[1]))
    # Where nobody works that is what the split has to say.
    nobody = ~np.isin(grids, managers.grid[working])[uses.grid]
    outcome[nobody & (outcome == Use.OVER_CAPACITY)] = Use.CHOSEN
    reason = np.array([REASON_OF_USE[use] for use in Use], dtype=np.uint8)[outcome]
    return _with_reasons(lists, reason), replace(found, outcome=outcome)


def contacts_of(lists: Sequence[Listed], found: Arbitration | None, places: Places | None = None) -> Contacts:
    """The contacts of the waiting rows, after `choose_uses`."""
    parts = [listed.customers.only(listed.waiting) for listed in lists]
    names = ("customer_id", "grid_id", "owner", "draw_key", "explored", "rank")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    which = np.repeat(np.arange(len(lists)), [len(part.rank) for part in parts])
    first = contact = np.arange(len(which))  # nobody is on a list twice
    if len(lists) > 1:
        _, first, contact = np.unique(columns["customer_id"], return_index=True, return_inverse=True)
    contacts, lead, rank = len(first), first, columns["rank"][first].astype(np.int64)
    value = None if lists[0].value is None else lists[0].money[lists[0].waiting][first[which[first] == 0]]
    if found is not None:
        chosen = np.flatnonzero(found.outcome == Use.CHOSEN)
        leads = np.flatnonzero(found.lead[chosen])
        lead = np.empty(contacts, dtype=np.int64)
        lead[contact[leads]] = leads
        value = np.bincount(contact, weights=found.priced[chosen], minlength=contacts).astype(np.float64)
        rank = np.empty(contacts, dtype=np.int64)
        rank[np.lexsort((columns["draw_key"][first], -value))] = np.arange(contacts)
    drawn = np.bincount(contact, weights=columns["explored"], minlength=contacts) > 0
    turn = draws_of(lists[0].source.rule.seed, "turn", columns["draw_key"][first])
    earliest, latest = _days(lists, which, contact, contacts)
    targets = Targets(
        grid=columns["grid_id"][first].astype(np.int64),
        owner=columns["owner"][first].astype(np.int64),
        order=order_of(rank, drawn, turn),
        value=value,
        cost=np.array([listed.source.worth.contact_cost for listed in lists])[which[lead]],
        product=np.array([listed.source.product for listed in lists])[which[lead]],
        place=None if places is None else places.of(columns["customer_id"][first]),
        drawn=drawn,
        earliest=earliest,
        latest=latest,
    )
    return Contacts(targets, contact)


def _uses(lists: Sequence[Listed], grids: Integers, managers: Managers, rules: SplitRules) -> Uses:
    waiting = [listed.waiting for listed in lists]
    which = np.repeat(np.arange(len(lists)), [len(rows) for rows in waiting])
    families = sorted({listed.source.family for listed in lists})
    family = np.array([families.index(listed.source.family) for listed in lists])
    cost = np.array([listed.source.worth.contact_cost for listed in lists])

    def column(name: str) -> NDArray[np.int64]:
        return np.concatenate([getattr(listed.customers, name)[rows] for listed, rows in zip(lists, waiting, strict=True)])

    factor = None
    if rules.likely_manager:
        product = np.array([listed.source.product for listed in lists])[which]
        factor = likely_factor(column("grid_id"), column("owner"), product, managers, rules)
    return Uses(
        customer=column("customer_id"),
        campaign=which,
        family=family[which],
        grid=np.searchsorted(grids, column("grid_id")),
        value=np.concatenate([listed.money[rows] for listed, rows in zip(lists, waiting, strict=True)]),
        cost=cost[which],
        drawn=column("explored").astype(np.bool_),
        factor=factor,
    )


def _windows(lists: Sequence[Listed], days: int) -> tuple[Integers, Integers]:
    """(first day, last day) of each campaign."""
    last = [days - 1 if listed.source.last_day is None else listed.source.last_day for listed in lists]
    return np.array([listed.source.first_day for listed in lists]), np.array(last)


def _within_windows(found: Arbitration, uses: Uses, first: Integers, last: Integers) -> Integers:
    """The outcomes, where offers of a contact whose campaigns have no day in common with its lead's come along no more."""
    outcome = found.outcome.copy()
    _, who = np.unique(uses.customer, return_inverse=True)
    leads = np.flatnonzero(found.lead)
    earliest, latest = np.zeros(len(who), dtype=np.int64), np.full(len(who), np.iinfo(np.int64).max)
    earliest[who[leads]], latest[who[leads]] = first[uses.campaign[leads]], last[uses.campaign[leads]]
    for campaign in range(len(first)):
        rows = np.flatnonzero((outcome == Use.CHOSEN) & ~found.lead & (uses.campaign == campaign))
        start, end = np.maximum(earliest[who[rows]], first[campaign]), np.minimum(latest[who[rows]], last[campaign])
        outcome[rows[start > end]] = Use.BETTER_USE
        kept = who[rows[start <= end]]
        earliest[kept], latest[kept] = start[start <= end], end[start <= end]
    return outcome


def _days(lists: Sequence[Listed], which: Integers, contact: Integers, contacts: int) -> tuple[Integers | None, Integers | None]:
    """(first day, last day) of each contact; None where all campaigns have the whole window."""
    if all(listed.source.first_day == 0 and listed.source.last_day is None for listed in lists):
        return None, None
    far = np.iinfo(np.int32).max
    first, last = _windows(lists, far)
    earliest, latest = np.zeros(contacts, dtype=np.int64), np.full(contacts, far - 1)
    np.maximum.at(earliest, contact, first[which])
    np.minimum.at(latest, contact, last[which])
    return earliest, latest


def _with_reasons(lists: Sequence[Listed], reason: NDArray[np.uint8]) -> list[Listed]:
    """The lists with these reasons of their waiting rows, list after list."""
    ends = np.cumsum([len(listed.waiting) for listed in lists])[:-1]
    changed = []
    for listed, mine in zip(lists, np.split(reason, ends), strict=True):
        whole = listed.reason.copy()
        whole[listed.waiting] = mine
        changed.append(replace(listed, reason=whole))
    return changed
