"""The other campaigns beside those that are previewed: whom they reach too, and what of their work is displaced."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.campaigns.membership import RuleNotComputable
from app.campaigns.service import NoScores
from app.core import clock
from app.dispatch.preview import queries
from app.dispatch.preview.figures import amount
from app.dispatch.run.deciding import Decision, decide_run, list_of
from app.dispatch.run.inputs import combine_inputs, read_sources, window_of
from app.dispatch.run.terms import DISPATCHED, CampaignInput
from app.models.campaign import Campaign

MOST_OTHERS = 20  # campaigns that are run beside it, to see what it displaces
MOST_CUSTOMERS = 6_000_000  # of all of their lists together: half a gigabyte


@dataclass(frozen=True)
class Other:
    """Another live campaign. `contacts`: whom it contacts or is to contact, by its list, or without one by its rule.

    `source`: what it brings into a run; None where it has nothing to place, or comes after MOST_OTHERS and MOST_CUSTOMERS.
    """

    campaign: Campaign
    contacts: NDArray[np.int64]
    source: CampaignInput | None


@dataclass
class Beside:
    """The other campaigns, and what those of them that are to be run together would place without those previewed."""

    others: list[Other]
    alone: dict[tuple[int, ...], dict[int, Decision]] = field(default_factory=dict)


def read_beside(session: Session, chosen: Sequence[Campaign], *, within: int, now: datetime) -> Beside:
    """The others that are approved and not over, and share a day with one of the chosen, moved by up to `within` days."""
    found: list[Other] = []
    sources = customers = 0
    move = timedelta(days=within)
    first, last = min(one.starts_on for one in chosen) - move, max(one.ends_on for one in chosen) + move
    for other in queries.live_between(session, first, last, today=clock.local_date(now), without=[one.id for one in chosen]):
        source = _source_of(session, other, now) if queries.has_undecided(session, other) else None
        contacts = queries.contacts_of(session, other.id)
        if source is not None and not source.is_drawn:
            listed = list_of(source)
            contacts = listed.customers.customer_id[listed.waiting]
        if source is not None:
            sources, customers = sources + 1, customers + len(source.customers.rank)
        kept = source if sources <= MOST_OTHERS and customers <= MOST_CUSTOMERS else None
        found.append(Other(other, contacts, kept))
    return Beside(found)


def overlap_of(decision: Decision, campaign: Campaign, beside: Beside) -> list[dict[str, Any]]:
    """How many of those that a campaign would contact each other campaign of the same days has, too."""
    mine = decision.customers.customer_id[decision.reason == DISPATCHED]
    found = []
    for other in beside.others:
        shared = len(np.intersect1d(mine, other.contacts)) if _meet(campaign, other.campaign) else 0
        if shared:
            one = other.campaign
            found.append({"campaign": one.code, "family": one.product_family, "status": one.status.value, "customers": shared})
    return found


def displaced_by(
    session: Session,
    chosen: Sequence[Campaign],
    sources: Sequence[CampaignInput],
    beside: Beside,
    *,
    later: int = 0,
    now: datetime,
) -> list[dict[str, Any]]:
    """What each other campaign would place in one run with the others, and does not where the chosen, moved by `later` days,
    are in that run."""
    meeting = [
        other for other in beside.others if other.source is not None and any(_meet(one, other.campaign, later) for one in chosen)
    ]
    if not meeting:
        return []
    moves = [later] * len(chosen) + [0] * len(meeting)
    together = [*chosen, *(other.campaign for other in meeting)]
    joint = combine_inputs(
        session, together, [*sources, *(other.source for other in meeting if other.source)], later=moves, now=now
    )
    key = tuple(other.campaign.id for other in meeting)
    if key not in beside.alone:
        found = decide_run(replace(joint, campaigns=joint.campaigns[len(chosen) :])).campaigns
        beside.alone[key] = {decision.campaign_id: decision for decision in found}
    with_them = decide_run(joint).campaigns[len(chosen) :]
    rows = (_lost(other, beside.alone[key][other.campaign.id], now) for other, now in zip(meeting, with_them, strict=True))
    return [row for row in rows if row is not None]


def _lost(other: Other, alone: Decision, beside: Decision) -> dict[str, Any] | None:
    placed = [decision.customers.customer_id[decision.reason == DISPATCHED] for decision in (alone, beside)]
    lost = np.setdiff1d(*placed)
    if not len(lost):
        return None
    value = None if alone.value is None else alone.value[np.isin(alone.customers.customer_id, lost)].sum()
    money = None if value is None else amount(Decimal(int(value)) / 10_000)
    return {"campaign": other.campaign.code, "contacts": len(lost), "value": money}


def _meet(one: Campaign, other: Campaign, later: int = 0) -> bool:
    move = timedelta(days=later)
    return one.starts_on + move <= other.ends_on and other.starts_on <= one.ends_on + move


def _source_of(session: Session, other: Campaign, now: datetime) -> CampaignInput | None:
    try:
        return read_sources(session, [other], now=now)[0]
    except (NoScores, RuleNotComputable):  # the other has no list to lose
        return None


def is_over(chosen: Sequence[Campaign], later: int, *, now: datetime) -> bool:
    """Whether, moved by so many days, the window of one of them would be over."""
    windows: list[tuple[date, date]] = [window_of(campaign, later, now=now) for campaign in chosen]
    return any(first > last for first, last in windows)
