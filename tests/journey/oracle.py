"""What the best plan of the month would have been: an LP over the whole month with the same scores, owners, capacities and rules.

HiGHS chooses for every customer at most one contact (some offers of different families, one manager, one stretch of days inside
the campaigns' windows). It knows the whole month beforehand and nothing of refusals: no plan can reach more.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array
from sqlalchemy import text
from sqlalchemy.orm import Session

OWNER_SHARE, JOINT_SHARE = 0.2, 0.5  # as SplitRules and arbitrate have them
OPEN_TO_ALL = ("dispatched", "over_capacity", "better_use", "below_cost", "over_budget", "no_active_manager")


@dataclass(frozen=True)
class Offer:
    """A customer of a campaign's list against whom no rule speaks. Days count from the first of the month."""

    customer: int
    grid: int
    owner: int | None
    campaign: int
    family: str
    value: float
    cost: float
    first: int
    last: int
    drawn: bool


@dataclass(frozen=True)
class Facts:
    """The month as the database has it; capacity: of each manager and day."""

    offers: list[Offer]
    capacity: dict[int, np.ndarray]
    grid_of: dict[int, int]
    done: list[tuple[int, int, int, int, date, str]]  # contact, customer, campaign, manager, day, family


def read_facts(session: Session, first: date, last: date) -> Facts:
    """All that the oracle and the checks need."""
    days = (last - first).days + 1
    rows = session.execute(
        text(
            "SELECT t.customer_id, t.grid_id, c.owner_staff_id, t.campaign_id, k.product_family, t.value, p.contact_cost,"
            " k.starts_on, k.ends_on, t.draw = 'explored' FROM campaign_targets t JOIN campaigns k ON k.id = t.campaign_id"
            " JOIN products p ON p.id = k.product_id JOIN customers c ON c.id = t.customer_id"
            " WHERE t.reason = ANY(:reasons) ORDER BY t.customer_id, t.campaign_id"
        ),
        {"reasons": list(OPEN_TO_ALL)},
    ).all()
    offers = [
        Offer(*row[:5], float(row[5]), float(row[6]), (row[7] - first).days, (min(row[8], last) - first).days, row[9])
        for row in rows
    ]
    people = session.execute(
        text("SELECT id, unit_id, daily_capacity FROM staff WHERE role = 'terminal_manager' ORDER BY id")
    ).all()
    capacity = {person: np.full(days, daily) for person, _, daily in people}
    for person, start, end in session.execute(text("SELECT staff_id, from_date, to_date FROM absences ORDER BY id")):
        if person in capacity:
            capacity[person][max((start - first).days, 0) : max((end - first).days + 1, 0)] = 0
    done = session.execute(
        text(
            "SELECT DISTINCT o.contact_id, o.customer_id, o.campaign_id, o.staff_id,"
            " CAST(f.contacted_at AT TIME ZONE 'Asia/Shanghai' AS date), o.product_family FROM work_orders o"
            " JOIN contact_feedback f ON f.work_order_id = o.id WHERE o.state = 'done' ORDER BY 1, 2, 3"
        )
    ).all()
    return Facts(offers, capacity, {person: unit for person, unit, _ in people}, [tuple(row) for row in done])


def worth_of(offers: list[Offer], manager: int) -> float:
    """Money of one contact with these offers by this manager."""
    lead = max(offers, key=lambda offer: offer.value)
    value = lead.value + sum(JOINT_SHARE * (offer.value + offer.cost) for offer in offers if offer is not lead)
    return (value + lead.cost) * (1 + OWNER_SHARE * (manager == lead.owner)) - lead.cost


def reached(facts: Facts) -> float:
    """The worth of the contacts that were made."""
    by_key = {(offer.customer, offer.campaign): offer for offer in facts.offers}
    contacts = defaultdict(list)
    for contact, customer, campaign, manager, _, _ in facts.done:
        contacts[contact, manager].append(by_key[customer, campaign])
    return sum(worth_of(offers, manager) for (_, manager), offers in contacts.items())


def best_plan(facts: Facts, *, explores: bool) -> float:
    """The worth of the best plan. `explores`: it contacts the drawn customers who were contacted, as we do."""
    cuts = sorted({0, *(offer.first for offer in facts.offers), *(offer.last + 1 for offer in facts.offers)})
    stretches = list(pairwise(cuts))
    rooms = [(manager, start, end) for manager in facts.capacity for start, end in stretches]
    made = {(customer, campaign) for _, customer, campaign, *_ in facts.done}
    by_customer = defaultdict(list)
    for offer in facts.offers:
        by_customer[offer.customer].append(offer)
    worth, of_customer, of_room, of_drawn = [], [], [], []
    for number, offers in enumerate(by_customer.values()):
        for size in range(1, len(offers) + 1):
            for chosen in combinations(offers, size):
                first, last = max(one.first for one in chosen), min(one.last for one in chosen)
                if len({one.family for one in chosen}) < size or first > last:
                    continue
                drawn = [one for one in chosen if one.drawn and (one.customer, one.campaign) in made]
                for place, (manager, start, end) in enumerate(rooms):
                    if facts.grid_of[manager] == chosen[0].grid and first <= start and end - 1 <= last:
                        of_drawn += [(len(worth), one.customer, one.campaign) for one in drawn]
                        worth.append(worth_of(list(chosen), manager))
                        of_customer.append(number)
                        of_room.append(place)
    n, columns = len(by_customer), np.arange(len(worth))
    rows = np.concatenate([np.array(of_customer), n + np.array(of_room)])
    most = coo_array((np.ones(len(rows)), (rows, np.tile(columns, 2))), shape=(n + len(rooms), len(worth)))
    bound = np.concatenate([np.ones(n), [facts.capacity[manager][start:end].sum() for manager, start, end in rooms]])
    equal = {}
    if explores and of_drawn:
        keys = {key: at for at, key in enumerate(sorted({entry[1:] for entry in of_drawn}))}
        places = ([keys[entry[1:]] for entry in of_drawn], [entry[0] for entry in of_drawn])
        equal = {
            "A_eq": coo_array((np.ones(len(of_drawn)), places), shape=(len(keys), len(worth))).tocsr(),
            "b_eq": np.ones(len(keys)),
        }
    found = linprog(-np.array(worth), A_ub=most.tocsr(), b_ub=bound, bounds=(0, 1), method="highs", **equal)
    assert found.success, found.message
    return -float(found.fun)


def overloads(facts: Facts, first: date) -> int:
    """Days on which a manager made more contacts than the capacity of that day."""
    load = Counter(
        (manager, day) for _, manager, day in {(contact, manager, day) for contact, _, _, manager, day, _ in facts.done}
    )
    return sum(count > facts.capacity[manager][(day - first).days] for (manager, day), count in load.items())


def over_limits(session: Session, facts: Facts) -> int:
    """Customers contacted in the month who got more than 2 contacts in some 30 days, or more than 1 for a family in some 14."""
    past = session.execute(
        text(
            "SELECT h.customer_id, CAST(h.contacted_at AT TIME ZONE 'Asia/Shanghai' AS date), p.family FROM contact_history h"
            " JOIN products p ON p.id = h.product_id WHERE h.arm IS DISTINCT FROM 'control'"
        )
    ).all()
    contacts, families = defaultdict(set), defaultdict(set)
    for number, (customer, day, family) in enumerate(past):
        contacts[customer].add((day, -number))
        families[customer, family].add((day, -number))
    ours = set()
    for contact, customer, _, _, day, family in facts.done:
        contacts[customer].add((day, contact))
        families[customer, family].add((day, contact))
        ours.add(contact)
    over = {customer for customer, made in contacts.items() if _too_many(made, 2, 30, ours)}
    return len(over | {customer for (customer, _), made in families.items() if _too_many(made, 1, 14, ours)})


def _too_many(made: set[tuple[date, int]], most: int, days: int, ours: set[int]) -> bool:
    """Whether some window of so many days holds more than `most` contacts, the last of them ours."""
    made_in_order = sorted(made)
    return any(
        contact in ours and sum(day - timedelta(days=days - 1) <= other <= day for other, _ in made_in_order) > most
        for day, contact in made_in_order
    )


def after_refusal(session: Session, refused_at: dict[int, datetime]) -> int:
    """Contacts made with customers after they refused."""
    rows = session.execute(
        text("SELECT o.customer_id, f.contacted_at FROM contact_feedback f JOIN work_orders o ON o.id = f.work_order_id")
    )
    return sum(customer in refused_at and at > refused_at[customer] for customer, at in rows)
