"""A few words of who leads managers, on the managers' phones: shown until they have seen them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import clock
from app.core.db import whole_company
from app.core.errors import Invalid, NotFound
from app.core.security import Principal
from app.devices import message_queries
from app.models.live import ManagerMessage
from app.notices.kinds import MESSAGE
from app.notices.outbox import put_pushes

MOST_UNSEEN = 5  # of one manager: who does not look is not helped by more
MOST_AT_ONCE = 50


class UnknownMessage(NotFound):
    """There is no such message to you."""

    code = "message.unknown"


def send_messages(
    session: Session, *, staff_nos: Sequence[str], body: str, principal: Principal, grid_ids: Collection[int], now: datetime
) -> list[ManagerMessage]:
    """Say the same to these managers of these grids; those with a subscribed phone are pushed to. Raises Invalid."""
    today = clock.local_date(now)
    people = message_queries.managers_here(session, staff_nos, grid_ids=grid_ids, today=today)
    if missing := sorted(set(staff_nos) - {person.staff_no for person in people}):
        raise Invalid("staff_nos", f"terminal managers of your grids, {missing[0]} is none")
    unseen = message_queries.unseen_counts(session, [person.id for person in people])
    if full := [person.staff_no for person in people if unseen.get(person.id, 0) >= MOST_UNSEEN]:
        raise Invalid(
            "staff_nos", f"managers with fewer than {MOST_UNSEEN} messages that they have not seen, {full[0]} has as many"
        )
    name = message_queries.find_name(session, principal.staff_id) or principal.login
    said = {"from_account_id": principal.account_id, "from_name": name, "body": body, "sent_at": now}
    made = [ManagerMessage(staff_id=person.id, grid_id=person.unit_id, **said) for person in people]
    session.add_all(made)
    session.flush()  # the answer has their ids
    with whole_company(session):  # what is on its way is nobody's to see, and is put by anybody
        phones = message_queries.phones_to_push(session, [person.id for person in people])
        put_pushes(session, kind=MESSAGE, told=[([number], {}) for number in phones], now=now)
    return made


def see_message(session: Session, *, message_id: int, principal: Principal, now: datetime) -> None:
    """I have seen what was said to me; again changes nothing. Raises UnknownMessage."""
    if message_queries.find_mine(session, message_id, staff_id=principal.staff_id) is None:
        raise UnknownMessage
    mine = update(ManagerMessage).where(ManagerMessage.id == message_id, ManagerMessage.seen_at.is_(None))
    session.execute(mine.values(seen_at=now))
