"""The one gate: whether a customer may be contacted, asked by every path that makes, releases, moves or reopens a work order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaigns.gate_queries import AskedOrder, orders_asked
from app.campaigns.gate_sets import GATE_REASONS, gate_statement
from app.campaigns.policy.queries import policy_terms, term_parameters
from app.core import clock
from app.core.db import set_scope
from app.core.errors import AppError, Unavailable
from app.scoring.learning.purposes import PURPOSES

_SCOPE = ("gridwork.scope", "gridwork.grid_ids", "gridwork.staff_id")
MOST_TURNS = 500  # locks of one transaction are few
MOST_ASKED = 20_000  # by one statement
_NO_RUN = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended('dispatch', 0))"
_RUN_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('dispatch', 0))"
_TURNS = (
    "SELECT pg_try_advisory_xact_lock(hashtextextended('contact/' || customer_id, 0))"
    " FROM unnest(CAST(:ids AS bigint[])) AS t (customer_id)"
)
NEW = 0  # instead of a contact's id: one that is not there yet


class Act(StrEnum):
    """What is to become of a work order."""

    MOVE = "move"  # live before and after: another manager, another day
    RELEASE = "release"  # it goes to the phone today
    EXTEND = "extend"  # it may be contacted on days on which it could not
    CLAIM = "claim"  # it was not live, or not there: it asks for room like a new one


# What may speak against each. An order that the customer gave does not take from a manager what is being worked on: that is
# whose success it may be. Only a release is for one day.
_STANDING = ("do_not_disturb", "complaint_open", "resting_after_refusal", "contact_limit")
_CLAIMING = (*_STANDING, "resting_after_success")
REASONS_AGAINST = {Act.MOVE: _STANDING, Act.RELEASE: GATE_REASONS, Act.EXTEND: _CLAIMING, Act.CLAIM: _CLAIMING}


class RunChoosing(Unavailable):
    """A run is choosing customers at this moment: try again when it is done."""

    code = "gate.run_choosing"


@dataclass(frozen=True)
class _Asked:
    """One contact that is asked about."""

    customer_id: int
    contact: int
    is_new: bool
    is_begun: bool


def contact_refusals(
    session: Session,
    customer_ids: Collection[int],
    *,
    channel: str,
    family: str,
    day: date,
    until: date | None = None,
    keeps: bool = False,
) -> dict[int, str]:
    """Why each of these customers may not get a new contact on some day from `day` to `until` (None: on `day`); the others not.

    `keeps`: for holders, to keep what they have. One statement over all the company's rows, whoever asks. Takes the customers'
    turn until the end of the transaction, as `order_refusals` does; raises RunChoosing.
    """
    asked = [_Asked(customer_id, NEW, is_new=True, is_begun=False) for customer_id in sorted(set(customer_ids))]
    terms = {"channel": channel, "family": family, "first": day, "last": until or day, "keeps": keeps}
    session.flush()
    with _sight_of_the_company(session):
        _take_turns(session, set(customer_ids))
        return {customer_id: reason for customer_id, _, reason in _ask(session, asked, REASONS_AGAINST[Act.CLAIM], **terms)}


def order_refusals(
    session: Session,
    work_order_ids: Collection[int],
    *,
    act: Act,
    day: date | None = None,
    until: date | None = None,
    now: datetime,
) -> dict[int, str]:
    """Why each of these work orders may not be moved so, by its id; those against which nothing speaks are not there.

    `day`: the first on which its customer may be contacted; None: for a move of planned work its own day, which no phone has
    before, else today. `until`: the last day that it gets. One statement for each campaign and last day among them, or more for
    very many, and for what waits. A claim takes the customers' turn first, so that two cannot both find the last room; raises
    RunChoosing while a run may find it.
    """
    today = clock.local_date(now)
    session.flush()
    with _sight_of_the_company(session):
        orders = orders_asked(session, work_order_ids)
        if act in (Act.CLAIM, Act.EXTEND):
            _take_turns(session, {order.customer_id for order in orders})
        found = _refused_on(session, orders, act, lambda _: day or today, until)
        if act is Act.MOVE and day is None:  # on a later day no more speaks against it than today
            waits = {order.id: order.waits_until for order in orders if order.waits_until and order.waits_until > today}
            again = [order for order in orders if order.id in waits and order.id in found]
            on_its_day = _refused_on(session, again, act, lambda order: waits[order.id], until)
            found = {id_: why for id_, why in (found | on_its_day).items() if id_ not in waits or id_ in on_its_day}
    return found


def _refused_on(
    session: Session, orders: Sequence[AskedOrder], act: Act, first: Callable[[AskedOrder], date], until: date | None
) -> dict[int, str]:
    found: dict[int, str] = {}
    alike = sorted(orders, key=lambda order: (order.campaign_id, order.due_on, first(order), order.id))
    for (_, _, begins), group in groupby(alike, key=lambda order: (order.campaign_id, order.due_on, first(order))):
        same = list(group)
        for start in range(0, len(same), MOST_ASKED):
            found |= _refused_of(session, same[start : start + MOST_ASKED], act, begins, until)
    return found


def _refused_of(session: Session, orders: Sequence[AskedOrder], act: Act, first: date, until: date | None) -> dict[int, str]:
    one = orders[0]
    makes_room = act in (Act.CLAIM, Act.EXTEND)
    asked = [_Asked(order.customer_id, order.contact, makes_room, order.is_begun) for order in orders]
    last = first if act is Act.RELEASE else max(until or one.due_on, first)
    terms = {"channel": one.channel, "family": one.family, "first": first, "last": last, "keeps": PURPOSES[one.kind].must_hold}
    refused = {
        (customer_id, contact): reason for customer_id, contact, reason in _ask(session, asked, REASONS_AGAINST[act], **terms)
    }
    keys = {order.id: (order.customer_id, order.contact) for order in orders}
    return {order_id: refused[key] for order_id, key in keys.items() if key in refused}


def _ask(session: Session, asked: Sequence[_Asked], reasons: Sequence[str], **terms: Any) -> list[tuple[int, int, str]]:
    if not asked:
        return []
    parameters: Mapping[str, Any] = {
        **term_parameters(policy_terms(session, **terms)),
        "channel": terms["channel"],
        "family": terms["family"],
        "day": terms["first"],
        "asked_customers": [one.customer_id for one in asked],
        "asked_contacts": [one.contact for one in asked],
        "asked_new": [one.is_new for one in asked],
        "asked_begun": [one.is_begun for one in asked],
    }
    rows = session.execute(text(gate_statement(reasons)), parameters)
    return [(customer_id, contact, reason) for customer_id, contact, reason in rows]


def _take_turns(session: Session, customer_ids: Collection[int]) -> None:
    """Nobody waits here, so that nobody waits in a circle. Of many customers at once the turn is taken as a run takes it."""
    many = len(customer_ids) > MOST_TURNS
    got = [session.scalar(text(_RUN_ALONE if many else _NO_RUN))]
    if not many:
        got += session.scalars(text(_TURNS), {"ids": sorted(customer_ids)})
    if not all(got):
        raise RunChoosing


@contextmanager
def _sight_of_the_company(session: Session) -> Iterator[None]:
    """See every contact of a customer, also those of other grids: only a reason is given away."""
    columns = ", ".join(f"coalesce(current_setting('{name}', true), '')" for name in _SCOPE)
    before = session.execute(text(f"SELECT {columns}")).one()
    set_scope(session, scope="all")
    try:
        yield
    except AppError:  # of any other error the transaction knows, and is over
        _see_again(session, before)
        raise
    _see_again(session, before)


def _see_again(session: Session, before: Sequence[str]) -> None:
    settings = ", ".join(f"set_config('{name}', :v{nth}, true)" for nth, name in enumerate(_SCOPE))
    session.execute(text(f"SELECT {settings}"), {f"v{nth}": value for nth, value in enumerate(before)})
