"""Live work follows its customer when the customers feed alone gives them another grid or owner: by the rule of handovers."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.campaigns.gate import Act, order_refusals
from app.core import clock
from app.dispatch.by_hand.placing import Room, lock_room
from app.dispatch.handing_over import Said, hand_over, put_in_pool, withdraw
from app.dispatch.moves import HeldOrder, Move
from app.dispatch.moving import move_many, note_once
from app.ingest.ownership import forget_news, try_to_follow
from app.territory import feed_queries as queries
from app.territory.following import Fate, FeedContact, FeedOrder, contacts_of, decide_fate
from app.territory.planning import FURTHEST

MOST_AT_ONCE = 5_000  # customers
KEPT = "kept_after_feed"  # noted of work that its manager has begun and finishes, although its customer went to another grid
ANOTHER_GRID = Said("customers feed: another grid", None)
ANOTHER_OWNER = Said("customers feed: another owner", None)
_MOVING = frozenset({Fate.ALONG, Fate.TO_OWNER, Fate.TO_POOL, Fate.TO_OWNER_IF_ROOM})


def follow_feed(session: Session, *, now: datetime) -> dict[str, int]:
    """Let live work follow the customers of whom the feed said something new. {moved, pooled, kept, withdrawn}, work orders.

    What somebody else holds, what is lent and whom a handover is planned for comes a later time; while owners change, all does.
    """
    counts = Counter(moved=0, pooled=0, kept=0, withdrawn=0)
    today = clock.local_date(now)
    customer_ids = queries.customers_in_the_news(session, today=today, limit=MOST_AT_ONCE) if try_to_follow(session) else []
    if not customer_ids:
        return dict(counts)
    orders = queries.lock_their_orders(session, customer_ids)
    works_in = queries.grids_of_managers(session, day=today)
    fates = [(contact, decide_fate(contact, works_in)) for contact in contacts_of(orders)]
    asked = [one.work_order_id for contact, fate in fates if fate in _MOVING for one in contact.orders]
    refused = order_refusals(session, asked, act=Act.MOVE, now=now) if asked else {}
    moves = _moves(session, fates, refused, now, counts)
    move_many(session, moves, now=now)
    kept = [one.work_order_id for contact, fate in fates if fate is Fate.KEPT for one in contact.orders]
    note_once(session, kept, event=KEPT, reason=ANOTHER_GRID.reason, now=now)
    counts["kept"] = len(kept)
    forget_news(session, customer_ids, followed=[one.work_order_id for one in orders])
    return dict(counts)


def _moves(
    session: Session,
    fates: Sequence[tuple[FeedContact, Fate]],
    refused: Mapping[int, str],
    now: datetime,
    counts: Counter[str],
) -> list[Move]:
    room = _room(session, fates, clock.local_date(now))
    result: list[Move] = []
    for contact, fate in fates:
        said = ANOTHER_OWNER if fate is Fate.TO_OWNER_IF_ROOM else ANOTHER_GRID
        against = [one for one in contact.orders if one.work_order_id in refused]
        result += [withdraw(_held(one), because=refused[one.work_order_id], said=said) for one in against]
        counts["withdrawn"] += len(against)
        going = [one for one in contact.orders if one.work_order_id not in refused]
        if going and fate in _MOVING:
            result += _go(FeedContact(tuple(going)), fate, room, said, now, counts)
    return result


def _go(contact: FeedContact, fate: Fate, room: Room | None, said: Said, now: datetime, counts: Counter[str]) -> list[Move]:
    one, today = contact.first, clock.local_date(now)
    staff_id, day = one.staff_id, one.day
    if fate in (Fate.TO_OWNER, Fate.TO_OWNER_IF_ROOM):
        assert room is not None
        assert one.owner_id is not None
        free = _take_room(room, one, one.owner_id, today)
        if free is None and fate is Fate.TO_OWNER_IF_ROOM:
            return []
        fate = Fate.TO_POOL if free is None else fate
        staff_id, day = one.owner_id, free or day
    grid_id = one.customer_grid_id
    if fate is Fate.TO_POOL:
        counts["pooled"] += len(contact.orders)
        return [put_in_pool(_held(each), to_grid_id=grid_id, said=said, now=now) for each in contact.orders]
    counts["moved"] += len(contact.orders)
    place = {"to_grid_id": grid_id, "to_staff_id": staff_id}
    return [hand_over(_held(each), **place, to_day=day, today=today, said=said) for each in contact.orders]


def _take_room(room: Room, one: FeedOrder, owner_id: int, today: date) -> date | None:
    wanted = max(one.day, today)
    day = room.find_day(owner_id, wanted=wanted, last=one.last_day, not_before=wanted)
    if day is not None:
        room.take(owner_id, day)
    return day


def _room(session: Session, fates: Collection[tuple[FeedContact, Fate]], today: date) -> Room | None:
    """Room of the owners, from whom nobody else takes it until the end of the transaction."""
    wanted = [contact.first for contact, fate in fates if fate in (Fate.TO_OWNER, Fate.TO_OWNER_IF_ROOM)]
    owners = {one.owner_id for one in wanted if one.owner_id is not None}
    if not owners:
        return None
    last = min(max(today, *(one.last_day for one in wanted)), today + FURTHEST)
    return lock_room(session, owners, first=today, last=last)


def _held(one: FeedOrder) -> HeldOrder:
    """As the moves of handovers know it."""
    return HeldOrder(one.work_order_id, one.state, one.staff_id, one.grid_id, one.day, one.last_day, one.rolls, one.pooled_at)
