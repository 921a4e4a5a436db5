"""Handing out phone numbers, one by one, with purpose and quota; opening a customer elsewhere in an emergency."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import whole_company
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable
from app.core.security import Principal
from app.disclosure import queries
from app.disclosure.queries import SeenCustomer
from app.disclosure.relays import Call, Dial, Relay
from app.disclosure.seeing import keep, see_customer
from app.models.disclosure import Disclosure, DisclosureKind
from app.models.organisation import Role
from app.notices.inbox import Told, put_notices, resolve_notices
from app.notices.kinds import QUOTA_REACHED
from app.notices.outbox import put_event

OPEN_FOR = timedelta(hours=3)
NEWS_FOR = timedelta(days=3)
MOST_OPENINGS = 5  # of one person on one day
LEAST_REASON = 5  # characters
BREAK_GLASS, QUOTA = "break_glass", "reveal_quota"  # kinds of notices
FOR_CALL = "call"

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('disclosure/' || :staff_id, 0))")


class NoPhone(NotFound):
    """No phone number is known of this customer."""

    code = "customer.no_phone"


class Refuses(Forbidden):
    """This customer does not want to be called."""

    code = "customer.do_not_disturb"


class QuotaReached(TooMany):
    """You were given as many phone numbers today as one person may be: your manager knows; tomorrow there are more."""

    code = "reveal.quota_reached"


class TooManyOpenings(TooMany):
    """You opened as many customers today as one person may."""

    code = "break_glass.too_many"


class SeenAlready(Conflict):
    """This customer is yours to see: there is nothing to open."""

    code = "break_glass.not_needed"


class RelayAway(Unavailable):
    """The call could not be put through now: try again in a moment."""

    code = "call.relay_unavailable"


@dataclass(frozen=True)
class Revealed:
    """A phone number, and how many more customers' numbers there are for me today."""

    phone: str
    reveals_left_today: int


def reveal_phone(
    session: Session, *, principal: Principal, customer_no: str, purpose: str, quota: int, now: datetime
) -> Revealed:
    """The phone number of a customer whom the principal may see; kept with its purpose. The same again the same day is kept
    again and does not count again.

    Raises UnknownCustomer, NoPhone, Invalid, QuotaReached; Refuses where a terminal manager would call who does not want it.
    """
    if not purpose.strip():
        raise Invalid("purpose", "what the number is needed for")
    seen = see_customer(session, customer_no=customer_no, principal=principal, now=now)
    phone = _callable(seen, principal, refusing={"all", "call"})
    left = _count_one(session, principal, seen, quota, now)
    keep(session, kind=DisclosureKind.REVEAL, principal=principal, seen=seen, purpose=purpose.strip(), now=now)
    _raise_alarm(session, principal, left, quota, now)
    return Revealed(phone, left)


def put_call_through(
    session: Session, *, principal: Principal, customer_no: str, work_order_id: int, relay: Relay, quota: int, now: datetime
) -> Dial:
    """What to dial for a live work order of one's own; where that is the customer's number it counts as a reveal.

    Raises UnknownCustomer, UnknownOrder, NoPhone, Refuses, QuotaReached, RelayAway.
    """
    seen = see_customer(session, customer_no=customer_no, principal=principal, now=now)
    family = queries.get_live_order(session, work_order_id, customer_id=seen.id, staff_id=principal.staff_id)
    _callable(seen, principal, refusing={"all", "call", family})
    return _dial(session, principal, seen, work_order_id, FOR_CALL, relay, quota, now)


def call_about(
    session: Session,
    *,
    principal: Principal,
    customer_no: str,
    work_order_id: int,
    purpose: str,
    relay: Relay,
    quota: int,
    now: datetime,
) -> Dial:
    """What to dial to ask a customer anywhere about a work order, for a purpose that the caller has checked.

    Never of a customer who refuses calls. Raises UnknownCustomer, NoPhone, Refuses, QuotaReached, RelayAway.
    """
    seen = queries.find_anywhere(session, customer_no=customer_no, today=clock.local_date(now))
    if seen is None:
        raise queries.UnknownCustomer
    if {"all", "call"} & set(seen.refuses):
        raise Refuses
    return _dial(session, principal, seen, work_order_id, purpose, relay, quota, now)


def _dial(
    session: Session,
    principal: Principal,
    seen: SeenCustomer,
    work_order_id: int,
    purpose: str,
    relay: Relay,
    quota: int,
    now: datetime,
) -> Dial:
    if seen.phone is None:
        raise NoPhone
    call = Call(seen.phone, seen.customer_no, work_order_id, queries.staff_no_of(session, principal.staff_id or 0))
    try:
        dial = relay(call)
    except Exception as error:  # whatever an adapter raises, nothing was handed out
        raise RelayAway(retry_after_seconds=5) from error
    kind = DisclosureKind.CALL if dial.reveals else DisclosureKind.RELAYED_CALL
    left = _count_one(session, principal, seen, quota, now) if dial.reveals else quota
    keep(session, kind=kind, principal=principal, seen=seen, purpose=purpose, now=now, work_order_id=work_order_id)
    _raise_alarm(session, principal, left, quota, now)
    return dial


def break_glass(session: Session, *, principal: Principal, customer_no: str, reason: str, now: datetime) -> Disclosure:
    """Open a customer outside one's territory for three hours; whoever answers for the person and for the customer is told.

    While it is open the same again changes nothing. Raises UnknownCustomer, Invalid, SeenAlready, TooManyOpenings.
    """
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid("reason", f"why this customer must be seen, in at least {LEAST_REASON} characters")
    today = clock.local_date(now)
    if queries.find_seen(session, customer_no=customer_no, principal=principal, today=today) is not None:
        raise SeenAlready
    seen = queries.find_anywhere(session, customer_no=customer_no, today=today)
    if seen is None or principal.staff_id is None:
        raise queries.UnknownCustomer
    session.execute(_ONE_AT_A_TIME, {"staff_id": principal.staff_id})
    before = queries.find_opening(session, staff_id=principal.staff_id, customer_no=customer_no, now=now)
    if before is not None:
        return before
    start = clock.start_of_day(today)
    count = queries.openings_since(session, staff_id=principal.staff_id, since=start) + 1
    if count > MOST_OPENINGS:
        raise TooManyOpenings(retry_after_seconds=_until_tomorrow(now))
    kind = DisclosureKind.OPENING
    made = keep(session, kind=kind, principal=principal, seen=seen, purpose=reason.strip(), now=now, ends_at=now + OPEN_FOR)
    _tell(session, principal, BREAK_GLASS, count, now, customer_grid_id=seen.grid_id)
    return made


def resolve_old_news(session: Session, *, now: datetime) -> int:
    """Take what was told of openings and quotas out of the open notices after three days; what happened stays in the table."""
    return resolve_notices(session, kinds=(BREAK_GLASS, QUOTA), raised_before=now - NEWS_FOR, now=now)


def _callable(seen: SeenCustomer, principal: Principal, refusing: Collection[str]) -> str:
    if seen.phone is None:
        raise NoPhone
    if principal.role == Role.TERMINAL_MANAGER and set(refusing) & set(seen.refuses):
        raise Refuses
    return seen.phone


def _count_one(session: Session, principal: Principal, seen: SeenCustomer, quota: int, now: datetime) -> int:
    """How many customers' numbers are left once this one is given. Two who ask at once for the last one get one."""
    staff_id = principal.staff_id or 0
    session.execute(_ONE_AT_A_TIME, {"staff_id": staff_id})
    given = queries.revealed_since(session, staff_id=staff_id, since=clock.start_of_day(clock.local_date(now)))
    if seen.customer_no not in given and len(given) >= quota:
        raise QuotaReached(retry_after_seconds=_until_tomorrow(now))
    return quota - len(given | {seen.customer_no})


def _raise_alarm(session: Session, principal: Principal, left: int, quota: int, now: datetime) -> None:
    if left > 0:
        return
    overseer = _tell(session, principal, QUOTA, quota, now)
    put_event(session, kind=QUOTA_REACHED, payload={"unit_code": overseer.code, "reveals": quota}, now=now)


def _tell(
    session: Session, principal: Principal, kind: str, count: int, now: datetime, customer_grid_id: int | None = None
) -> queries.Overseer:
    """One notice of a day to whoever answers for the person; where a customer of another grid is concerned, to theirs too."""
    today = clock.local_date(now)
    mine = queries.overseer_of(session, unit_id=principal.unit_id or 0, role=principal.role, today=today)
    told = [mine]
    if customer_grid_id is not None and customer_grid_id != principal.unit_id:
        theirs = queries.overseer_of(session, unit_id=customer_grid_id, role=None, today=today)
        told += [theirs] if (theirs.unit_id, theirs.role) != (mine.unit_id, mine.role) else []
    data = {"rule": kind, "grid_code": mine.code, "orders": count, "since": now.isoformat()}
    subject = f"{kind}/{principal.staff_id}/{today}"
    about = principal.staff_id
    with whole_company(session):
        put_notices(session, [Told(kind, one.unit_id, one.role, subject, data, about) for one in told], now=now)
    return mine


def _until_tomorrow(now: datetime) -> int:
    return int((clock.end_of_day(clock.local_date(now)) - now).total_seconds()) + 1
