"""The work orders of a big run as a part of their table: written bare and indexed on a connection of its own, then attached.

Row by row into the keys of a table in use, an order costs several times what it costs in a bare table that is indexed afterwards.
Until the run commits nobody sees the part. A run that ended before leaves a table that belongs to nothing: the next one drops it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.columns import Column, write_columns
from app.core.db import written_beside

PART_FROM = 500_000  # orders; below, a part of its own costs every phone's pull more than it saves its run


@dataclass(frozen=True)
class OrderPart:
    """A part to be: the ids of its work orders, `orders` many from `first_id` on."""

    first_id: int
    orders: int


def may_have_part(session: Session, campaign_ids: Sequence[int], *, orders: int) -> bool:
    """Whether so many work orders are written as a part: they are many, and these campaigns have none already."""
    if orders < PART_FROM:
        return False
    there = text("SELECT EXISTS (SELECT FROM work_orders WHERE campaign_id = ANY(:campaigns))")
    return not session.scalar(there, {"campaigns": list(campaign_ids)})


def take_part(session: Session, orders: int) -> OrderPart:
    """Ids for a part, which nobody else has."""
    first = session.scalar(text("SELECT take_part_ids(:orders)"), {"orders": orders})
    assert first is not None
    return OrderPart(first, orders)


def fill_part(session: Session, part: OrderPart, campaigns: Sequence[Mapping[str, Column]]) -> None:
    """Make the part and write the orders of each campaign, beside the session. Only for who holds the lock of runs."""
    with written_beside(session) as own:
        own.execute(text("SELECT make_order_part(:first, :orders)"), {"first": part.first_id, "orders": part.orders})
        for columns in campaigns:
            write_columns(own, f"work_orders_{part.first_id}", columns, is_new=True)


def index_part(session: Session, part: OrderPart) -> None:
    """Index what was filled, beside the session, which may read the part meanwhile and takes its contacts."""
    with written_beside(session) as own:
        own.execute(text("SELECT index_order_part(:first)"), {"first": part.first_id})


def hold_contacts(session: Session, part: OrderPart) -> None:
    """Take the contact locks of what was filled. Raises IntegrityError where another live work order holds a customer."""
    session.execute(text("SELECT hold_contacts_of_part(:first)"), {"first": part.first_id})


def attach_part(session: Session, part: OrderPart, *, lists: Collection[int]) -> dict[int, int]:
    """Make the part one of the table, in the session's transaction; nobody waits for that. The number of orders by campaign.

    `lists`: campaigns whose targets are a part that is still to be attached. Raises IntegrityError where an order lacks its
    target, its manager or its contact lock.
    """
    values = {"first": part.first_id, "orders": part.orders, "lists": list(lists)}
    counts = session.scalar(text("SELECT attach_order_part(:first, :orders, :lists)"), values)
    return {int(campaign_id): count for campaign_id, count in (counts or {}).items()}


def drop_lost_parts(session: Session) -> int:
    """Drop the tables, of lists too, that killed runs left; how many. Nothing while a run is under way."""
    return session.scalar(text("SELECT drop_lost_parts()")) or 0


def make_joined_part(session: Session, *, parts: int) -> int | None:
    """Copy the oldest so many neighbouring parts in which nothing is live into one, for `put_joined_part`; its first id.

    None where there are not so many that were not joined before, or another does the same at this moment. Nobody waits.
    """
    first_id: int | None = session.scalar(text("SELECT make_joined_part(:parts)"), {"parts": parts})
    return first_id


def put_joined_part(session: Session, first_id: int) -> int:
    """Put what was joined in the place of its parts, as they are now; how many they were.

    0 where somebody was at the table of work orders for half a second: ask again. Who comes meanwhile waits for the commit.
    """
    return session.scalar(text("SELECT put_joined_part(:first)"), {"first": first_id}) or 0
